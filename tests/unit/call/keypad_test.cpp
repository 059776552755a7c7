#include "bridge/call/keypad.hpp"

#include "tests/unit/call/call_script.hpp"
#include "tests/unit/catch.hpp"

namespace tandem::call::test {

TEST_CASE("keys are complete after a pause, after the hash key, or when there are many") {
  const core::TimePoint start{1h};
  Keypad keypad;
  CHECK_FALSE(keypad.take(start));
  keypad.press('1', start);
  keypad.press('2', start + 100ms);
  CHECK_FALSE(keypad.take(start + 1s));
  CHECK(keypad.take(start + 1600ms) == "1 2");
  CHECK_FALSE(keypad.deadline());
  keypad.press('7', start + 2s);
  keypad.press('#', start + 2s);
  CHECK(keypad.take(start + 2s) == "7");
  for (int i = 0; i < 24; ++i) keypad.press('5', start + 3s);
  CHECK(keypad.take(start + 3s).has_value());
  keypad.press('#', start + 4s);
  CHECK_FALSE(keypad.deadline());  // a hash alone is nothing
}

TEST_CASE("T25: a flood of keys is bounded, and the opt-out key is honoured in the middle of it") {
  CallSettings settings;
  settings.opt_out_digit = '9';
  CallScript script(settings);
  script.talking();
  script.voice("audio u1 0 5000");
  script.pass(1s);
  for (int i = 0; i < 500; ++i) script.carrier("dtmf 4");
  CHECK(script.events("dtmf") == 60);
  script.carrier("dtmf 9");
  CHECK(script.events("opt_out") == 1);
  CHECK(script.call().end_reason() == EndReason::opted_out);
  CHECK(script.sent(Leg::carrier, "clear") == 1);
  CHECK(script.hang_ups_ == 0);  // the carrier asks what to say, and says that it was understood
}

TEST_CASE("keys reach the agent as text when it is to know them") {
  CallSettings settings;
  settings.keys_reach_agent = true;
  CallScript script(settings);
  script.talking();
  script.carrier("dtmf 4");
  script.carrier("dtmf 2");
  script.carrier("dtmf #");
  CHECK(script.sent(Leg::voice, "text (The caller pressed these keys: 4 2)") == 1);
}

}  // namespace tandem::call::test
