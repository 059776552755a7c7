#include "bridge/live_board.hpp"

#include <simdjson.h>

#include <algorithm>
#include <cmath>

#include "bridge/call/call_state.hpp"
#include "bridge/call/end_reason.hpp"

namespace tandem {

namespace {

using call::State;

constexpr std::string_view operator_prefix = "operator_";
constexpr int looks_missed_max = 2;

/// The members of an event; those that are not there are empty, 0 or false.
class EventData {
 public:
  explicit EventData(const core::CallEvent& event) {
    is_object_ = parser_.parse(event.json).get(object_) == simdjson::SUCCESS;
  }
  [[nodiscard]] std::string_view text(std::string_view name) const {
    return get<std::string_view>(name);
  }
  [[nodiscard]] std::int64_t number(std::string_view name) const { return get<std::int64_t>(name); }
  [[nodiscard]] bool fact(std::string_view name) const { return get<bool>(name); }

 private:
  template <class T>
  [[nodiscard]] T get(std::string_view name) const {
    T value{};
    if (is_object_ && object_[name].get(value) != simdjson::SUCCESS) value = {};
    return value;
  }

  simdjson::dom::parser parser_;
  simdjson::dom::object object_;
  bool is_object_ = false;
};

std::string cut(std::string_view text) {
  if (text.size() <= LiveBoard::line_bytes_max) return std::string(text);
  std::size_t end = LiveBoard::line_bytes_max;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80) --end;
  return std::string(text.substr(0, end)) + "…";
}

std::int64_t whole_dbfs(float level) {
  return std::clamp<std::int64_t>(std::lround(level), -99, 3);
}

web::FrameStats stats_of(const call::Snapshot& snapshot) {
  return {.audio = snapshot.audio,
          .caller_dbfs = whole_dbfs(snapshot.caller_dbfs),
          .agent_dbfs = whole_dbfs(snapshot.agent_dbfs),
          .uplink_p99_us = snapshot.uplink_transit.p99_us,
          .downlink_p99_us = snapshot.downlink_transit.p99_us,
          .voice_outbox_bytes = static_cast<std::int64_t>(snapshot.voice_outbox_bytes),
          .carrier_outbox_bytes = static_cast<std::int64_t>(snapshot.carrier_outbox_bytes)};
}

core::TurnLatency turn_of(const core::CallEvent& event) {
  const EventData data(event);
  return {.turn = static_cast<std::int32_t>(data.number("turn")),
          .to_last_audio_sent_us = data.number("to_last_audio_sent_us"),
          .to_text_final_us = data.number("to_text_final_us"),
          .to_first_audio_us = data.number("to_first_audio_us"),
          .to_carrier_us = data.number("to_carrier_us"),
          .to_audible_us = data.number("to_audible_us"),
          .unexplained_us = data.number("unexplained_us"),
          .gap_us = data.number("gap_us")};
}

}  // namespace

struct LiveBoard::Step {
  Kept& kept;
  core::WallTime wall;
  core::MediaOffset offset;
  Changes changes = {};

  void add(web::LiveNews news) {
    std::optional<core::MediaOffset> at;
    if (kept.call.answered_at) at = offset;
    changes.push_back({kept.call.id, wall, at, std::move(news)});
  }
};

LiveBoard::Changes LiveBoard::note(const core::Record& record) {
  auto found = calls_.find(record.call_id);
  const bool begins = std::holds_alternative<core::CallStarted>(record.body);
  if (begins == (found != calls_.end())) return {};
  if (begins) {
    found = calls_.try_emplace(record.call_id).first;
    found->second.call.id = record.call_id;
  }
  Step step{found->second, record.wall, record.offset};
  std::visit([&](const auto& body) { on(step, body); }, record.body);
  Changes changes = std::move(step.changes);
  if (std::holds_alternative<core::CallEnded>(record.body)) calls_.erase(found);
  return changes;
}

LiveBoard::Changes LiveBoard::note(const std::vector<Seen>& calls, core::WallTime wall) {
  Changes changes;
  for (const auto& [id, snapshot] : calls) {
    const auto found = calls_.find(id);
    if (found == calls_.end()) continue;
    Kept& kept = found->second;
    Step step{kept, wall, snapshot.offset};
    kept.looks_missed = -1;  // end_look() counts it to 0
    kept.has_voice = snapshot.voice_is_ready;
    kept.call.is_paused = snapshot.paused;
    kept.call.stats = stats_of(snapshot);
    set_state(step, to_string(snapshot.state),
              snapshot.end_reason ? to_string(*snapshot.end_reason) : std::string_view());
    step.add(web::StatsTaken{*kept.call.stats});
    std::move(step.changes.begin(), step.changes.end(), std::back_inserter(changes));
  }
  return changes;
}

LiveBoard::Changes LiveBoard::end_look(core::WallTime wall) {
  Changes changes;
  for (auto each = calls_.begin(); each != calls_.end();) {
    if (++each->second.looks_missed < looks_missed_max) {
      ++each;
      continue;
    }
    changes.push_back({each->first, wall, std::nullopt, web::CallOver{}});
    each = calls_.erase(each);
  }
  return changes;
}

void LiveBoard::on(Step& step, const core::CallStarted& started) {
  web::LiveCall& live = step.kept.call;
  live.handle = next_handle_++;
  live.direction = started.direction;
  live.from = started.from;
  live.to = started.to;
  live.provider = started.provider;
  live.purpose = started.purpose;
  live.state = to_string(State::announced);
  live.started_at = step.wall;
  step.add(web::CallBegan{live});
}

void LiveBoard::on(Step& step, const core::CallAnswered&) {
  if (!step.kept.call.answered_at) step.kept.call.answered_at = step.wall;
  set_state(step, to_string(step.kept.has_voice ? State::talking : State::connecting));
}

void LiveBoard::on(Step& step, const core::ChatOpened& opened) {
  if (!opened.provider.empty()) step.kept.call.provider = opened.provider;
}

void LiveBoard::on(Step& step, const core::TranscriptEntry& entry) {
  web::LiveLine line{entry.seq, entry.speaker, cut(entry.text), step.offset};
  add_line(step.kept, line);
  step.add(web::LineChanged{std::move(line)});
}

void LiveBoard::on(Step& step, const core::TranscriptHeard& heard) {
  for (web::LiveLine& line : step.kept.call.lines) {
    if (line.seq != heard.seq) continue;
    line.audio_ms = heard.audio_ms;
    line.heard_ms = heard.heard_ms;
    step.add(web::LineChanged{line});
  }
}

/// What an event says of the state is what the call's own table makes of it (call/call_state.hpp);
/// where they differ, the next look is right.
void LiveBoard::on(Step& step, const core::CallEvent& event) {
  Kept& kept = step.kept;
  if (event.type == "turn_completed") return on_turn(step, event);
  if (event.type == "voice_ready") return on_voice_ready(step, event);
  if (event.type.starts_with(operator_prefix))
    return on_operator(step, std::string_view(event.type).substr(operator_prefix.size()), event);
  if (event.type == "voice_closed") {
    kept.has_voice = false;
    if (kept.call.state == to_string(State::talking)) set_state(step, to_string(State::connecting));
  } else if (event.type == "stream_lost") {
    set_state(step, to_string(State::parked));
  } else if (event.type == "stream_resumed") {
    set_state(step, to_string(kept.has_voice ? State::talking : State::connecting));
  } else if (event.type == "call_closing") {
    set_state(step, to_string(State::closing), EventData(event).text("reason"));
  } else if (event.type == "barge_in_rejected") {
    step.add(web::BargeInResolved{false});
  } else if (event.type == "barge_in" && EventData(event).text("by") != "operator") {
    step.add(web::BargeInResolved{true});
  }
}

void LiveBoard::on(Step& step, const core::CallEnded& ended) {
  step.add(web::CallOver{ended.end_reason, ended.duration_ms});
}

void LiveBoard::on_voice_ready(Step& step, const core::CallEvent& event) {
  Kept& kept = step.kept;
  kept.has_voice = true;
  if (++kept.sessions > 1) step.add(web::VoiceBack{std::string(EventData(event).text("provider"))});
  if (kept.call.state == to_string(State::connecting)) set_state(step, to_string(State::talking));
}

void LiveBoard::on_turn(Step& step, const core::CallEvent& event) {
  const auto turn = turn_of(event);
  auto& turns = step.kept.call.turns;
  turns.push_back(turn);
  if (turns.size() > turns_max) turns.pop_front();
  recent_turns_.push_back({step.kept.call.id, step.wall, turn});
  if (recent_turns_.size() > recent_turns_max) recent_turns_.pop_front();
  step.add(web::TurnCompleted{turn});
}

void LiveBoard::on_operator(Step& step, std::string_view action, const core::CallEvent& event) {
  const EventData data(event);
  const std::string by(data.text("by"));
  web::LiveCall& live = step.kept.call;
  std::string done(action);
  if (action == "pause" || action == "resume") live.is_paused = action == "pause";
  if (action == "listen") {
    const bool on = data.fact("on");
    done += on ? "_on" : "_off";
    const auto listener = std::find(live.listeners.begin(), live.listeners.end(), by);
    if (on) {
      live.listeners.push_back(by);
    } else if (listener != live.listeners.end()) {
      live.listeners.erase(listener);
    }
  }
  step.add(web::OperatorActed{by, std::move(done)});
}

void LiveBoard::add_line(Kept& kept, web::LiveLine line) {
  auto& lines = kept.call.lines;
  kept.text_bytes += line.text.size();
  lines.push_back(std::move(line));
  while (lines.size() > lines_max || kept.text_bytes > text_bytes_max) {
    kept.text_bytes -= lines.front().text.size();
    lines.pop_front();
  }
}

void LiveBoard::set_state(Step& step, std::string_view state, std::string_view end_reason) {
  web::LiveCall& live = step.kept.call;
  if (live.state == state) return;
  live.state = state;
  step.add(web::StateChanged{live.state, std::string(end_reason)});
}

const web::LiveCall* LiveBoard::find(const core::CallId& id) const {
  const auto found = calls_.find(id);
  return found == calls_.end() ? nullptr : &found->second.call;
}

std::vector<const web::LiveCall*> LiveBoard::calls() const {
  std::vector<const web::LiveCall*> all;
  for (const auto& [id, kept] : calls_) all.push_back(&kept.call);
  std::sort(all.begin(), all.end(),
            [](const auto* a, const auto* b) { return a->handle < b->handle; });
  return all;
}

}  // namespace tandem
