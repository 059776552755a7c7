// What the model of the Gemini Live stand-in says, and how it is cut off.
#include <fmt/format.h>

#include <algorithm>

#include "encoding.hpp"
#include "gemini_live_session.hpp"

namespace tandem::standins {

namespace {

// Speech for a text that nobody recorded: a soft tone as long as the words would take.
std::shared_ptr<const Samples> hum(const std::string& text) {
  const int ms = std::max<int>(400, static_cast<int>(text.size()) * 60);
  return std::make_shared<const Samples>(tone(300, 0.2, live_rate, ms));
}

constexpr std::int64_t tokens_per_second = 25;

}  // namespace

// The caller's words in deltas: without ids, in no fixed order to the model's turn.
void LiveSession::transcribe(const std::string& text) {
  record_.event("user_turn", {{"text", text}});
  if (!writes_input_) return;
  std::int64_t due = settings_.transcript_delay_ms;
  for (const std::string& delta : deltas_of(text)) {
    after(due, [this, delta] {
      send_content({{"inputTranscription", json::object{{"text", text_value(delta)}}}});
    });
    due += settings_.delta_ms;
  }
}

void LiveSession::answer() {
  owes_answer_ = true;
  if (muted_ || stays_silent() || call_scripted_tool()) return;
  owes_answer_ = false;
  const Answer reply = dialogue_->answer();
  say(reply.clips, reply.hang_up, reply.speed, settings_.think_ms);
}

// A text of the client that wants an answer: the first one asks for the greeting.
void LiveSession::prompt(const std::string& text) {
  if (muted_ || stays_silent()) return;
  if (!std::exchange(memory_.greeted, true)) {
    return say(dialogue_->greeting(), false, 0, settings_.think_ms);
  }
  if (owes_answer_) return answer();
  const std::size_t quoted = text.find(": ");
  if (quoted != std::string::npos) return say_text(text.substr(quoted + 2));
  say({"still_there"}, false, 0, settings_.think_ms);
}

void LiveSession::say(const std::vector<std::string>& clips, bool hangs_up, double speed,
                      std::int64_t delay_ms) {
  std::vector<SpokenClip> spoken;
  for (const std::string& clip : clips) {
    spoken.push_back({speech_.agent_text(clip), speech_.agent_clip(clip, live_rate)});
  }
  start_turn(std::move(spoken), hangs_up, speed, delay_ms);
}

void LiveSession::say_text(const std::string& text) {
  start_turn({{text, hum(text)}}, false, 0, settings_.think_ms);
}

void LiveSession::start_turn(std::vector<SpokenClip> clips, bool hangs_up, double speed,
                             std::int64_t delay_ms) {
  if (turn_ && turn_->began) turn_over();
  turn_ = plan_turn(std::move(clips), settings_, speed > 0 ? speed : settings_.speed, hangs_up,
                    Clock::now() + Milliseconds(delay_ms));
  ++turns_started_;
}

void LiveSession::send_part(LivePart part) {
  using Kind = LivePart::Kind;
  if (!std::exchange(turn_->began, true)) send({{"sessionResumptionUpdate", json::object{}}});
  if (part.kind == Kind::audio) return send_audio(part);
  if (part.kind == Kind::words) {
    record_.event("words", {{"text", part.text}});
    if (!writes_output_) return;
    return send_content({{"outputTranscription", json::object{{"text", text_value(part.text)}}}});
  }
  if (part.kind == Kind::tool_call)
    return call_tool("hang_up", json::object{{"reason", "done"}}, true);
  if (part.kind == Kind::over) return turn_over();
  turn_->generated = true;
  record_.event("generation_complete");
  if (!fault("no_generation_complete")) send_content({{"generationComplete", true}});
  if (fault("late_chunk"))
    send_content({{"modelTurn", json::object{{"parts", audio_parts(Samples(480, 0))}}}});
}

void LiveSession::send_audio(const LivePart& part) {
  send_content(
      {{"modelTurn", json::object{{"role", "model"}, {"parts", audio_parts(part.samples)}}}});
  const std::string id = fmt::format("turn-{}", turns_started_);
  record_.sent(id, turn_->clips.front().text, part.samples, live_rate);
  turn_->has_audio = true;
  ++chunks_sent_;
  faults_after_audio();
}

// Only now, when it believes that everything was heard, does the server end the turn.
void LiveSession::turn_over() {
  const LiveTurn turn = std::move(*turn_);
  turn_.reset();
  std::size_t samples = 0;
  for (const SpokenClip& clip : turn.clips) samples += clip.sound->size();
  const auto spoken = static_cast<std::int64_t>(samples / live_rate) * tokens_per_second;
  tokens_ += spoken;
  const auto audio = [](std::int64_t tokens) {
    json::array details;
    details.push_back(json::object{{"modality", "AUDIO"}, {"tokenCount", tokens}});
    return details;
  };
  json::object message;
  message["serverContent"] = json::object{{"turnComplete", true}, {"interactionStatus", "IDLE"}};
  message["usageMetadata"] = json::object{{"promptTokenCount", tokens_},
                                          {"responseTokenCount", spoken},
                                          {"totalTokenCount", tokens_ + spoken},
                                          {"promptTokensDetails", audio(tokens_)},
                                          {"responseTokensDetails", audio(spoken)}};
  send(std::move(message));
  record_.event("turn_complete");
  offer_handle();
}

void LiveSession::interrupt() {
  if (turn_->generated && fault("silent_tail")) return;
  LiveTurn dead = std::move(*turn_);
  turn_.reset();
  send_content({{"interrupted", true}});
  record_.event("interrupted", {{"generated", dead.generated}});
  std::int64_t late = number_or(settings_.faults, "late_audio", 0);
  for (const LivePart& part : dead.parts) {
    if (part.kind != LivePart::Kind::audio || late-- <= 0) continue;
    send_content({{"modelTurn", json::object{{"parts", audio_parts(part.samples)}}}});
    record_.event("late_audio");
  }
  if (!fault("no_turn_complete")) send_content({{"turnComplete", true}});
  offer_handle();
}

void LiveSession::call_tool(const std::string& name, json::object arguments, bool blocks) {
  std::int64_t copies = 1 + number_or(settings_.faults, "duplicate_calls", 0);
  for (; copies > 0; --copies) {
    const std::string id = "function-call-" + random_hex(12);
    pending_tools_[id] = {name, blocks};
    json::array calls;
    calls.push_back(
        json::object{{"id", text_value(id)}, {"name", text_value(name)}, {"args", arguments}});
    send({{"toolCall", json::object{{"functionCalls", std::move(calls)}}}});
    record_.event("tool_call", {{"id", id}, {"name", name}});
  }
  if (fault("close_during_tool"))
    close(1008, "Operation is not implemented, or supported, or enabled.");
}

// Not while something is generated or a tool is pending: such a moment cannot be resumed.
void LiveSession::offer_handle() {
  if (over_ || !pending_tools_.empty() || fault("no_handle")) return;
  memory_.scenario = dialogue_->scenario();
  memory_.next_turn = dialogue_->next_turn();
  const std::string handle = handles_.issue(memory_);
  send({{"sessionResumptionUpdate",
         json::object{{"newHandle", text_value(handle)}, {"resumable", true}}}});
  record_.set("handle", text_value(handle));
}

}  // namespace tandem::standins
