#include "bridge/live_board.hpp"

#include "tests/unit/catch.hpp"

namespace tandem {

namespace {

using namespace std::chrono_literals;

const core::CallId id{"00000000-0000-4000-8000-000000000001"};

template <class Body>
core::Record record(Body body, core::MediaOffset offset = 0ms, core::CallId call = id) {
  return {std::move(call), core::WallTime(1s), offset, std::move(body)};
}

core::CallStarted started() {
  return {.carrier_call_id = core::CarrierCallId("CA1"),
          .direction = core::Direction::outbound,
          .from = core::PhoneNumber("+14155550100"),
          .to = core::PhoneNumber("+14155550123"),
          .provider = "hume",
          .purpose = "reminder",
          .node = "node"};
}

core::CallEvent event(std::string type, std::string json = "{}") {
  return {.seq = 0, .type = std::move(type), .json = std::move(json)};
}

core::TranscriptEntry said(std::int32_t seq, std::string text) {
  return {.seq = seq,
          .speaker = core::Speaker::assistant,
          .text = std::move(text),
          .event_type = "assistant_message"};
}

/// A board with one call that is answered and has its agent.
LiveBoard talking() {
  LiveBoard board;
  board.note(record(started()));
  board.note(record(event("voice_ready", R"({"provider":"hume"})")));
  board.note(record(core::CallAnswered{}));
  return board;
}

/// The only change, which has to be of this kind.
template <class News>
News only(const LiveBoard::Changes& changes) {
  REQUIRE(changes.size() == 1);
  REQUIRE(std::holds_alternative<News>(changes.front().news));
  return std::get<News>(changes.front().news);
}

std::string state_after(LiveBoard& board, core::CallEvent what) {
  board.note(record(std::move(what), 10ms));
  return board.find(id)->state;
}

}  // namespace

TEST_CASE("a call appears with its first record and goes with its last") {
  LiveBoard board;
  const auto began = only<web::CallBegan>(board.note(record(started())));
  CHECK(began.call.handle == 1);
  CHECK(began.call.to.expose() == "+14155550123");
  CHECK(began.call.state == "announced");
  CHECK_FALSE(began.call.answered_at);
  CHECK(board.note(record(started())).empty());
  const core::CallId second("00000000-0000-4000-8000-000000000002");
  CHECK(only<web::CallBegan>(board.note(record(started(), 0ms, second))).call.handle == 2);
  CHECK(board.calls().size() == 2);
  core::CallEnded ended;
  ended.end_reason = "caller_hung_up";
  ended.duration_ms = 7;
  const auto over = only<web::CallOver>(board.note(record(ended, 9ms)));
  CHECK(over.end_reason == "caller_hung_up");
  CHECK(over.duration_ms == 7);
  CHECK(board.find(id) == nullptr);
  CHECK(board.calls().size() == 1);
}

TEST_CASE("records of calls that do not run here change nothing") {
  LiveBoard board;
  CHECK(board.note(record(said(0, "Hello."))).empty());
  CHECK(board.note(record(core::CallEnded{})).empty());
  CHECK(board.note(record(core::CarrierStatus{})).empty());
  CHECK(board.size() == 0);
}

TEST_CASE("a line comes as it is said and again when it is known how much of it was heard") {
  auto board = talking();
  const auto changes = board.note(record(said(4, "Good evening."), 1500ms));
  CHECK(changes.front().offset == 1500ms);
  CHECK_FALSE(only<web::LineChanged>(changes).line.heard_ms);
  const auto heard = only<web::LineChanged>(board.note(
      record(core::TranscriptHeard{.seq = 4, .audio_ms = 900, .heard_ms = 450}, 3000ms)));
  CHECK(heard.line.seq == 4);
  CHECK(heard.line.text == "Good evening.");
  CHECK(heard.line.offset == 1500ms);
  CHECK(heard.line.heard_ms == 450);
  CHECK(board.find(id)->lines.front().audio_ms == 900);
  CHECK(board.note(record(core::TranscriptHeard{.seq = 5})).empty());
}

TEST_CASE("the state follows what the call writes down") {
  auto board = talking();
  CHECK(board.find(id)->state == "talking");
  CHECK(board.find(id)->answered_at);
  CHECK(state_after(board, event("stream_lost")) == "parked");
  CHECK(state_after(board, event("stream_resumed")) == "talking");
  CHECK(state_after(board, event("voice_closed", R"({"why":"reset"})")) == "connecting");
  const auto back = board.note(record(event("voice_ready", R"({"provider":"gemini"})")));
  REQUIRE(back.size() == 2);
  CHECK(std::get<web::VoiceBack>(back[0].news).provider == "gemini");
  CHECK(std::get<web::StateChanged>(back[1].news).state == "talking");
  const auto closing = only<web::StateChanged>(
      board.note(record(event("call_closing", R"({"reason":"operator_hung_up"})"))));
  CHECK(closing.state == "closing");
  CHECK(closing.end_reason == "operator_hung_up");
}

TEST_CASE("a look tells the figures, and puts a state right that a missed record left wrong") {
  auto board = talking();
  call::Snapshot snapshot;
  snapshot.state = call::State::parked;
  snapshot.audio.caller_frames_in = 50;
  snapshot.caller_dbfs = -20.4F;
  snapshot.agent_dbfs = -200;
  snapshot.paused = true;
  const core::CallId stranger("00000000-0000-4000-8000-000000000009");
  const auto changes = board.note({{id, snapshot}, {stranger, snapshot}}, core::WallTime(2s));
  REQUIRE(changes.size() == 2);
  CHECK(std::get<web::StateChanged>(changes[0].news).state == "parked");
  const auto stats = std::get<web::StatsTaken>(changes[1].news).stats;
  CHECK(stats.audio.caller_frames_in == 50);
  CHECK(stats.caller_dbfs == -20);
  CHECK(stats.agent_dbfs == -99);
  CHECK(board.find(id)->is_paused);
  CHECK(board.size() == 1);
}

TEST_CASE("a call that two looks in a row did not show is over") {
  auto board = talking();
  CHECK(board.end_look({}).empty());
  board.note({{id, {}}}, {});
  CHECK(board.end_look({}).empty());
  CHECK(board.end_look({}).empty());
  only<web::CallOver>(board.end_look({}));
  CHECK(board.size() == 0);
}

TEST_CASE("turns are kept: some of each call, more of all calls together") {
  auto board = talking();
  for (int i = 0; i < 300; ++i) {
    const auto turn = only<web::TurnCompleted>(board.note(
        record(event("turn_completed", R"({"turn":)" + std::to_string(i) +
                                           R"(,"gap_us":900,"to_first_audio_us":700})"))));
    CHECK(turn.turn.gap_us == 900);
  }
  CHECK(board.find(id)->turns.size() == LiveBoard::turns_max);
  CHECK(board.find(id)->turns.back().turn == 299);
  REQUIRE(board.recent_turns().size() == LiveBoard::recent_turns_max);
  CHECK(board.recent_turns().front().turn.turn == 100);
  CHECK(board.recent_turns().back().turn.to_first_audio_us == 700);
}

TEST_CASE("what operators do is told with their names, and who listens is known") {
  auto board = talking();
  const auto told = [&](std::string type, std::string json) {
    return only<web::OperatorActed>(board.note(record(event(std::move(type), std::move(json)))));
  };
  CHECK(told("operator_say", R"({"text":"Hello","by":"ada"})").by == "ada");
  CHECK(told("operator_listen", R"({"by":"ada","on":true})").action == "listen_on");
  told("operator_listen", R"({"by":"ben","on":true})");
  CHECK(board.find(id)->listeners == std::vector<std::string>{"ada", "ben"});
  CHECK(told("operator_listen", R"({"by":"ada","on":false})").action == "listen_off");
  CHECK(board.find(id)->listeners == std::vector<std::string>{"ben"});
  CHECK(told("operator_pause", R"({"by":"ben"})").action == "pause");
  CHECK(board.find(id)->is_paused);
  told("operator_resume", R"({"by":"ben"})");
  CHECK_FALSE(board.find(id)->is_paused);
  CHECK(only<web::BargeInResolved>(board.note(record(event("barge_in", R"({"by":"voice"})"))))
            .is_confirmed);
  CHECK(board.note(record(event("barge_in", R"({"by":"operator"})"))).empty());
}

TEST_CASE("a talkative or broken call stays small on the board") {
  auto board = talking();
  for (int i = 0; i < 100; ++i) board.note(record(said(i, "line")));
  CHECK(board.find(id)->lines.size() == LiveBoard::lines_max);
  CHECK(board.find(id)->lines.front().seq == 40);
  std::string umlauts = "x";
  for (int i = 0; i < 500'000; ++i) umlauts += "ü";
  for (int i = 100; i < 120; ++i) board.note(record(said(i, umlauts)));
  std::size_t bytes = 0;
  for (const auto& line : board.find(id)->lines) bytes += line.text.size();
  CHECK(bytes <= LiveBoard::text_bytes_max);
  const auto& last = board.find(id)->lines.back().text;
  CHECK(last.size() == LiveBoard::line_bytes_max - 1 + std::string("…").size());
  CHECK(last.ends_with("ü…"));
  CHECK(board.note(record(event("operator_say", "no json"))).size() == 1);
}

}  // namespace tandem
