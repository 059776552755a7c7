// The order of the transcript of Gemini Live, through the provider.
#include "tests/unit/gemini/live_script.hpp"

using namespace tandem;
using namespace tandem::gemini::script;
using namespace std::chrono_literals;
using Lines = std::vector<std::string>;

namespace {

/// Deltas of the caller with 300 ms of audio between them.
Events caller_says(gemini::LiveProvider& provider, const Lines& deltas) {
  Events events;
  for (const auto& delta : deltas) {
    pass_time(provider, 300ms);
    for (auto& event : feed(provider, caller(delta))) events.push_back(event);
  }
  return events;
}

}  // namespace

TEST_CASE("what the caller says grows by interims and is final with the reply", "[gemini]") {
  auto provider = make_provider();
  start(provider);
  auto events = caller_says(provider, {" I'd like to come", " on Tuesday."});
  CHECK(finals(events).empty());
  const auto interims = all<call::VoiceText>(events);
  REQUIRE(interims.size() == 2);
  CHECK(interims[1].text == "I'd like to come on Tuesday.");
  CHECK(interims[1].speaker == core::Speaker::user);
  CHECK(finals(feed(provider, audio())).empty());
  pass_time(provider, 1s);
  CHECK(finals(feed(provider, audio())) == Lines{"user: I'd like to come on Tuesday."});
  feed_all(provider, {agent(" At"), agent(" ten.")});
  events = feed(provider, generated);
  CHECK(finals(events) == Lines{"assistant: At ten."});
  CHECK(all<call::VoiceText>(events).at(0).utterance == "gemini-1");
  CHECK(finals(feed(provider, turn_over)).empty());
}

TEST_CASE("a quick answer does not overtake the words that caused it", "[gemini]") {
  auto provider = make_provider();
  start(provider);
  caller_says(provider, {"Are you there?"});
  // Generated within the second in which more words of the caller may still come.
  CHECK(finals(feed_all(provider, {audio(), agent("Yes."), generated})).empty());
  CHECK(finals(feed(provider, caller(" Hello?"))).empty());
  CHECK(finals(feed(provider, turn_over)) ==
        Lines{"user: Are you there? Hello?", "assistant: Yes."});
}

TEST_CASE("words of the caller that come after the whole reply are put before it", "[gemini]") {
  auto provider = make_provider();
  start(provider);
  CHECK(finals(feed_all(provider, {audio(), agent("At ten."), generated})).empty());
  feed(provider, caller("When?"));
  SECTION("at the end of the turn") {
    CHECK(finals(feed(provider, turn_over)) == Lines{"user: When?", "assistant: At ten."});
  }
  SECTION("or after a second without more of them") {
    pass_time(provider, 1s);
    CHECK(finals(feed(provider, "{}")) == Lines{"user: When?", "assistant: At ten."});
  }
}

TEST_CASE("a reply that we asked for waits for no words of the caller", "[gemini]") {
  auto provider = make_provider();
  start(provider);
  std::string out;
  provider.encode_greeting(out);
  CHECK(finals(feed_all(provider, {agent("Good day."), audio(), generated})) ==
        Lines{"assistant: Good day."});
  feed(provider, turn_over);
  // The next one was not asked for.
  CHECK(finals(feed_all(provider, {agent("Hello?"), audio(), generated})).empty());
  CHECK(finals(feed(provider, turn_over)) == Lines{"assistant: Hello?"});
}

TEST_CASE("words over the agent's speech stand after it", "[gemini]") {
  auto provider = make_provider();
  start(provider);
  std::string out;
  provider.encode_greeting(out);
  feed_all(provider, {agent("Good day, this is"), audio()});
  feed(provider, caller("Stop,"));
  CHECK(finals(feed(provider, interrupted)) == Lines{"assistant: Good day, this is"});
  // The turn that was cut is over, the caller's sentence is not.
  CHECK(finals(feed_all(provider, {turn_over, caller(" wait.")})).empty());
  feed(provider, audio());
  pass_time(provider, 1s);
  CHECK(finals(feed(provider, audio())) == Lines{"user: Stop, wait."});
}

TEST_CASE("words during the playback tail begin the next exchange", "[gemini]") {
  auto provider = make_provider();
  start(provider);
  caller_says(provider, {"When?"});
  feed(provider, audio());
  pass_time(provider, 1s);
  CHECK(finals(feed_all(provider, {agent("At ten."), generated})) ==
        Lines{"user: When?", "assistant: At ten."});
  CHECK(finals(feed_all(provider, {caller("Fine,"), turn_over, caller(" thanks.")})).empty());
  CHECK(finals(feed_all(provider, {audio(), agent("Bye."), generated, turn_over})) ==
        Lines{"user: Fine, thanks.", "assistant: Bye."});
}

TEST_CASE("a tool call settles what the caller said", "[gemini]") {
  auto provider = make_provider();
  start(provider);
  caller_says(provider, {"Book it."});
  const auto events = feed(provider, tool_call("id-1", "book"));
  CHECK(finals(events) == Lines{"user: Book it."});
  CHECK(std::holds_alternative<call::VoiceToolCall>(events.back()));
}

TEST_CASE("a turn in which the model stays silent settles what the caller said", "[gemini]") {
  auto provider = make_provider();
  start(provider);
  caller_says(provider, {"Hm."});
  CHECK(finals(feed(provider, turn_over)) == Lines{"user: Hm."});
}

TEST_CASE("a hollow interruption does not cut the caller's sentence in two", "[gemini]") {
  auto provider = make_provider();
  start(provider);
  caller_says(provider, {"On"});
  feed_all(provider, {interrupted, turn_over, caller(" Tuesday")});
  CHECK(finals(feed_all(provider, {audio(), turn_over})) == Lines{"user: On Tuesday"});
}

TEST_CASE("interim words of the caller replace each other and never stay", "[gemini]") {
  auto provider = make_provider();
  start(provider);
  const auto interim = [&](const std::string& text) {
    return only<call::VoiceText>(
        feed(provider, content(R"("interimInputTranscription":{"text":")" + text + "\"}")));
  };
  CHECK(interim("I'd like to co").text == "I'd like to co");
  CHECK_FALSE(interim("I'd like to come").is_final);
  feed(provider, caller("I'd like"));
  CHECK(interim(" two").text == "I'd like two");
  CHECK(finals(feed(provider, turn_over)) == Lines{"user: I'd like"});
}

TEST_CASE("words that come after the reply is complete are kept, for no utterance", "[gemini]") {
  auto provider = make_provider();
  start(provider);
  std::string out;
  provider.encode_greeting(out);
  feed_all(provider, {audio(), agent("Good"), generated, agent(" day.")});
  const auto events = feed(provider, turn_over);
  CHECK(finals(events) == Lines{"assistant: day."});
  CHECK(all<call::VoiceText>(events).at(0).utterance.empty());
}

TEST_CASE("blank words make no transcript", "[gemini]") {
  auto provider = make_provider();
  start(provider);
  CHECK(feed_all(provider, {caller(" "), caller("\\n"), agent("  "), turn_over}).size() == 1);
}

TEST_CASE("what a lost Gemini connection left unsettled comes with the next one, in order",
          "[gemini]") {
  auto provider = make_provider();
  start(provider);
  caller_says(provider, {"When?"});
  feed_all(provider, {audio(), agent("At te")});
  const auto events = start(provider, true);
  CHECK(finals(events) == Lines{"user: When?", "assistant: At te"});
  CHECK(std::holds_alternative<call::VoiceReady>(events.back()));
  CHECK(finals(feed_all(provider, {audio(), agent("At ten."), turn_over})) ==
        Lines{"assistant: At ten."});
}

TEST_CASE("what a Gemini session left unsettled is given out when it is over, once", "[gemini]") {
  auto provider = make_provider();
  start(provider);
  caller_says(provider, {"When?"});
  feed_all(provider, {audio(), agent("At te")});
  Events events;
  provider.settle(events);
  CHECK(finals(events) == Lines{"user: When?", "assistant: At te"});
  CHECK(finals(start(provider, true)).empty());
}

TEST_CASE("words without end do not grow without bound", "[gemini]") {
  auto provider = make_provider();
  start(provider);
  std::size_t longest = 0;
  std::size_t entries = 0;
  for (int i = 0; i < 40; ++i) {
    for (const auto& side : {caller(std::string(1000, 'c')), agent(std::string(1000, 'a'))}) {
      for (const auto& text : all<call::VoiceText>(feed(provider, side))) {
        longest = std::max(longest, text.text.size());
        entries += text.is_final ? 1 : 0;
      }
    }
  }
  CHECK(longest < 10'000);
  CHECK(entries == 8);
}

TEST_CASE("words after the close of a Gemini session change nothing that was settled", "[gemini]") {
  auto provider = make_provider();
  start(provider);
  feed_all(provider, {caller("When?"), audio(), agent("At ten."), turn_over});
  provider.classify_close(1006, "");
  const auto late = feed(provider, caller("too late"));
  CHECK(finals(late).empty());
  CHECK(finals(start(provider, true)) == Lines{"user: too late"});
}
