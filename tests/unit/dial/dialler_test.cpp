#include "bridge/dial/dialler.hpp"

#include <array>

#include "tests/unit/catch.hpp"

namespace tandem::dial {

namespace {

using namespace std::chrono_literals;

const core::CallId one("call-1");
const core::CarrierCallId sid("CA-1");
const core::WallTime placed_at{std::chrono::hours{500'000}};

OpenIntent open_intent(IntentState state, std::chrono::seconds age) {
  OpenIntent intent;
  intent.id = one;
  intent.state = state;
  intent.to = core::PhoneNumber("+12125550123");
  intent.from = core::PhoneNumber("+12125550100");
  intent.placing_at = placed_at;
  intent.age = age;
  return intent;
}

OpenIntent known_intent(bool is_answered) {
  auto intent = open_intent(IntentState::placed, 5s);
  intent.carrier_call_id = sid;
  intent.is_answered = is_answered;
  return intent;
}

/// A node, its clock, and what it wanted last.
struct Node {
  Dialler dialler{DiallerSettings{.calls_per_second = 2, .ring_timeout = 30s, .time_limit = 600s}};
  core::TimePoint now{std::chrono::hours{1}};
  std::vector<Action> wanted;

  Node& poll(bool may_place = true) {
    wanted = dialler.poll(now, may_place);
    return *this;
  }
  Node& pass(core::Duration time) {
    now += time;
    return *this;
  }
  template <class Wish>
  const Wish* find() const {
    for (const auto& action : wanted)
      if (const auto* wish = std::get_if<Wish>(&action)) return wish;
    return nullptr;
  }
  Node& survey(std::vector<OpenIntent> open, std::int64_t queued = 0, bool is_stopped = false,
               int changes = 0) {
    poll();
    dialler.surveyed({is_stopped, placed_at + std::chrono::hours(changes), queued, std::move(open)},
                     now);
    return poll();
  }
  Node& claim(int tries = 1) {
    poll();
    REQUIRE(find<ClaimNext>() != nullptr);
    dialler.claimed({one, {}, tries}, now);
    return poll();
  }
  /// What is written down after the carrier answered so.
  Note note_after(Created created, int tries = 1) {
    claim(tries);
    REQUIRE(find<AskCarrier>() != nullptr);
    dialler.created(one, created, now);
    poll();
    REQUIRE(find<Note>() != nullptr);
    return *find<Note>();
  }
};

Created answered(Answer answer) {
  Created created;
  created.answer = answer;
  return created;
}

}  // namespace

TEST_CASE("an intent ends for good, and goes back to the queue only from placing") {
  for (int i = 0; i < intent_state_count; ++i) {
    const auto state = static_cast<IntentState>(i);
    CHECK(parse_intent_state(to_string(state)) == state);
    CHECK_FALSE(may_become(IntentState::ended, state));
    CHECK_FALSE(may_become(IntentState::refused, state));
    CHECK_FALSE(may_become(state, state));
    CHECK(may_become(state, IntentState::queued) == (state == IntentState::placing));
    CHECK(may_become(state, IntentState::placing) == (state == IntentState::queued));
  }
  CHECK_FALSE(parse_intent_state("dialled"));
}

TEST_CASE(
    "O01: every answer of the carrier has its consequence, and only a certain no is asked again") {
  struct Row {
    Answer answer;
    IntentState becomes;
    bool halts;
  };
  constexpr std::array rows = {
      Row{Answer::accepted, IntentState::placed, false},
      Row{Answer::not_acted, IntentState::queued, false},
      Row{Answer::refused, IntentState::failed, false},
      Row{Answer::misconfigured, IntentState::failed, true},
      Row{Answer::unclear, IntentState::unknown, false},
  };
  for (const auto& row : rows) {
    Node node;
    CHECK(node.note_after(answered(row.answer)).becomes == row.becomes);
    CHECK(node.dialler.is_halted() == row.halts);
    CHECK(node.find<AskCarrier>() == nullptr);
  }
}

TEST_CASE("what the carrier did not act upon waits as long as it asked for, and not for ever") {
  auto created = answered(Answer::not_acted);
  created.retry_after = 7s;
  Node node;
  CHECK(node.note_after(created).not_before == 7s);
  CHECK(node.pass(6s).poll().find<ClaimNext>() == nullptr);
  CHECK(node.pass(1s).poll().find<ClaimNext>() != nullptr);
  created.retry_after = 24h;
  CHECK(Node().note_after(created).not_before == 60s);
  CHECK(Node().note_after(answered(Answer::not_acted), 3).not_before == 8s);
  created.error_code = 20429;
  const auto last = Node().note_after(created, Dialler::tries_max);
  CHECK(last.becomes == IntentState::failed);
  CHECK(last.error_code == 20429);
}

TEST_CASE("a node that halted dials again when the switch was set to go after it") {
  Node node;
  node.claim();
  node.survey({});
  node.dialler.created(one, answered(Answer::misconfigured), node.now);
  node.poll();
  CHECK(node.find<Alarm>()->trouble == Trouble::halted);
  CHECK(node.pass(5s).survey({}, 1).find<ClaimNext>() == nullptr);
  CHECK(node.pass(5s).survey({}, 1, true, 1).find<ClaimNext>() == nullptr);
  CHECK(node.pass(5s).survey({}, 1, false, 2).find<ClaimNext>() != nullptr);
}

TEST_CASE("claims keep the pace, and wait while the node can carry no further call") {
  Node node;
  node.claim();
  CHECK(node.pass(499ms).poll().find<ClaimNext>() == nullptr);
  CHECK(node.pass(1ms).poll(false).find<ClaimNext>() == nullptr);
  CHECK(node.poll().find<ClaimNext>() != nullptr);
  CHECK(node.poll().find<ClaimNext>() == nullptr);  // one at a time
  node.dialler.claimed_nothing();
  CHECK(node.pass(5s).poll().find<ClaimNext>() == nullptr);
  node.dialler.nudge();
  CHECK(node.poll().find<ClaimNext>() != nullptr);
}

TEST_CASE("without work the database is asked every two seconds, with work every second") {
  Node node;
  node.poll();
  node.dialler.claimed_nothing();
  node.dialler.surveyed({}, node.now);
  CHECK(node.dialler.deadline(node.now) == node.now + Dialler::survey_idle);
  CHECK(node.pass(1999ms).poll().find<TakeSurvey>() == nullptr);
  CHECK(node.pass(1ms).poll().find<TakeSurvey>() != nullptr);
  CHECK(node.pass(9s).poll().find<TakeSurvey>() == nullptr);  // one at a time
  node.dialler.survey_failed(node.now);
  CHECK(node.pass(2s).poll().find<TakeSurvey>() != nullptr);
  node.dialler.surveyed({false, {}, 0, {known_intent(true)}}, node.now);
  CHECK(node.pass(1s).poll().find<TakeSurvey>() != nullptr);
}

TEST_CASE("O03: a process that slept after its claim does not ask the carrier any more") {
  Node node;
  REQUIRE(node.poll().find<ClaimNext>() != nullptr);
  node.pass(Dialler::claim_valid + 1ms);
  node.dialler.claimed({one, {}, 1}, node.now);
  node.poll();
  CHECK(node.find<AskCarrier>() == nullptr);
  CHECK(node.find<Note>()->becomes == IntentState::queued);
}

TEST_CASE(
    "O01: an unknown call is looked for in the carrier's list after callbacks had their time") {
  Node node;
  CHECK(node.survey({open_intent(IntentState::unknown, 59s)}).find<LookFor>() == nullptr);
  CHECK(node.pass(2s).survey({open_intent(IntentState::unknown, 61s)}).find<LookFor>() != nullptr);
  const std::vector<Listed> calls = {{core::CarrierCallId("CA-old"), placed_at - 61s},
                                     {core::CarrierCallId("CA-other"), placed_at},
                                     {sid, placed_at - 59s}};
  node.dialler.listed(one, calls, {core::CarrierCallId("CA-other")}, node.now);
  const auto* note = node.poll().find<Note>();
  REQUIRE(note != nullptr);
  CHECK(note->becomes == IntentState::placed);
  CHECK(note->carrier_call_id == sid);
}

TEST_CASE("three empty lists over two minutes say that it was never placed, fewer do not") {
  Node node;
  auto age = 61s;
  for (int look = 1; look <= 3; ++look) {
    REQUIRE(node.survey({open_intent(IntentState::placing, age)}).find<LookFor>() != nullptr);
    node.dialler.listed(one, {}, {}, node.now);
    node.poll();
    CHECK((node.find<Note>() != nullptr) == (look == 3));
    CHECK(node.pass(30s).survey({open_intent(IntentState::placing, age)}).find<LookFor>() ==
          nullptr);
    node.pass(31s);
    age += 61s;
  }
  CHECK(node.find<Note>() == nullptr);
}

TEST_CASE("a list that could not be had says nothing, several calls are an alarm and no verdict") {
  Node node;
  auto age = 61s;
  const std::vector<Listed> several = {{sid, placed_at}, {core::CarrierCallId("CA-2"), {}}};
  for (int look = 1; look <= 6; ++look) {
    REQUIRE(node.survey({open_intent(IntentState::unknown, age)}).find<LookFor>() != nullptr);
    if (look % 2 == 0) {
      node.dialler.list_failed(one, node.now);
    } else {
      node.dialler.listed(one, several, {}, node.now);
    }
    node.poll();
    CHECK(node.find<Note>() == nullptr);
    CHECK((node.find<Alarm>() != nullptr) == (look == 1));
    node.pass(61s);
    age += 61s;
  }
}

TEST_CASE(
    "O05: who must not be called any more is not rung on, and whoever talks says goodbye once") {
  Node node;
  auto ringing = known_intent(false);
  CHECK(node.survey({ringing}).find<CancelCall>() == nullptr);
  ringing.is_on_list = true;
  const auto* cancel = node.pass(1s).survey({ringing}).find<CancelCall>();
  REQUIRE(cancel != nullptr);
  CHECK(cancel->carrier_call_id == sid);
  CHECK(node.pass(1s).survey({ringing}).find<CancelCall>() == nullptr);
  CHECK(node.pass(5s).survey({ringing}).find<CancelCall>() != nullptr);
  auto talking = known_intent(true);
  talking.is_on_list = true;
  CHECK(node.pass(1s).survey({talking}).find<EndPolitely>() != nullptr);
  CHECK(node.find<CancelCall>() == nullptr);
  CHECK(node.pass(1s).survey({talking}).find<EndPolitely>() == nullptr);
}

TEST_CASE("O08: a stop ends what rings, and leaves who talks") {
  Node node;
  CHECK(node.survey({known_intent(false)}, 0, true).find<CancelCall>() != nullptr);
  CHECK(Node().survey({known_intent(true)}, 0, true).wanted.empty());
}

TEST_CASE("a call of which nothing is heard is fetched, whether it rings or talks too long") {
  Node node;
  auto silent = known_intent(false);
  silent.age = 91s;
  CHECK(node.survey({silent}).find<FetchCall>() != nullptr);
  CHECK(node.pass(59s).survey({silent}).find<FetchCall>() == nullptr);
  CHECK(node.pass(1s).survey({silent}).find<FetchCall>() != nullptr);
  silent.is_answered = true;
  CHECK(Node().survey({silent}).find<FetchCall>() == nullptr);
  silent.age = 661s;
  CHECK(Node().survey({silent}).find<FetchCall>() != nullptr);
}

}  // namespace tandem::dial
