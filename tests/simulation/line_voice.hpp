// A voice provider of one line per message, the second proof that bridge/call knows no provider:
//   "ready CHAT" · "audio UTTERANCE INDEX MS" (8 kHz tone) · "user TEXT" · "interim TEXT" ·
//   "assistant UTTERANCE TEXT" · "turn_end" · "interrupted" · "hang_up" · "error SEVERITY CODE" ·
//   "nudged" · "speech on|off" · "going_away MS" · "tool ID NAME [ARGUMENTS]" · "typed TEXT" ·
//   "defect WHY" ·
//   "bad"
// and back: "audio BYTES" · "say TEXT" · "context TEXT" · "text TEXT" · "pause" · "resume" ·
//   "greet" · "nudge" · "heard UTTERANCE MS OF_MS" · "tool_ok ID" · "tool_error ID" · "history N" ·
//   "brief TEXT"
#pragma once

#include <fmt/format.h>

#include <cmath>
#include <sstream>
#include <vector>

#include "bridge/call/voice.hpp"

namespace tandem::simulation {

class LineVoice final : public call::VoiceProvider {
 public:
  LineVoice() { capabilities_.can_resume = true; }
  explicit LineVoice(call::VoiceCapabilities capabilities) : capabilities_(capabilities) {}

  std::string_view name() const noexcept override { return "line"; }
  const call::VoiceCapabilities& capabilities() const noexcept override { return capabilities_; }

  call::VoiceEndpoint open(bool resume) override {
    call::VoiceEndpoint endpoint;
    core::parse_url(resume ? "ws://voice.test/?resume=1" : "ws://voice.test/", endpoint.url);
    return endpoint;
  }
  void set_brief(std::string_view text) override { brief_ = text; }
  void set_history(std::vector<call::SpokenLine> lines) override { history_ = lines.size(); }
  void adopt(core::ChatGroupId) override {}
  void encode_opening(std::vector<std::string>& messages) override {
    if (!brief_.empty()) messages.push_back("brief " + brief_);
    if (history_ > 0) messages.push_back(fmt::format("history {}", history_));
    history_ = 0;
  }

  core::Result<core::Done, call::VoiceFailure> decode(
      std::string_view text, std::vector<call::VoiceEvent>& events) override {
    std::istringstream line{std::string(text)};
    std::string word;
    line >> word;
    if (word == "bad") return core::Failure{call::VoiceFailure{call::VoiceWireError::not_json, 0}};
    if (word == "ready")
      events.emplace_back(call::VoiceReady{core::ChatId(rest(line)), core::ChatGroupId("group")});
    if (word == "audio") events.emplace_back(decode_audio(line));
    if (word == "user" || word == "interim" || word == "typed") {
      call::VoiceText user;
      user.is_final = word != "interim";
      user.is_typed = word == "typed";
      user.text = rest(line);
      events.emplace_back(std::move(user));
    }
    if (word == "assistant") {
      call::VoiceText said;
      said.speaker = core::Speaker::assistant;
      line >> said.utterance;
      said.text = rest(line);
      events.emplace_back(std::move(said));
    }
    if (word == "turn_end") events.emplace_back(call::VoiceTurnEnded{});
    if (word == "interrupted") events.emplace_back(call::VoiceInterrupted{});
    if (word == "hang_up") events.emplace_back(call::VoiceHangUp{});
    if (word == "nudged") events.emplace_back(call::VoiceNudged{});
    if (word == "speech") events.emplace_back(call::VoiceCallerSpeech{rest(line) == "on"});
    if (word == "going_away")
      events.emplace_back(call::VoiceGoingAway{std::chrono::milliseconds(std::stoi(rest(line)))});
    if (word == "tool") events.emplace_back(decode_tool(line));
    if (word == "defect") events.emplace_back(call::VoiceDefect{rest(line)});
    if (word == "error") events.emplace_back(decode_error(line));
    return core::Done{};
  }

  void encode_audio(std::span<const std::uint8_t> ulaw, std::string& out) override {
    out += fmt::format("audio {}", ulaw.size());
  }
  void encode_say(std::string_view text, std::string& out) override {
    out += fmt::format("say {}", text);
  }
  void encode_context(std::string_view text, std::string& out) override {
    out += fmt::format("context {}", text);
  }
  void encode_text(std::string_view text, std::string& out) override {
    out += fmt::format("text {}", text);
  }
  void encode_greeting(std::string& out) override {
    if (!capabilities_.greets_by_itself) out += "greet";
  }
  void encode_nudge(std::string& out) override { out += "nudge"; }
  void encode_heard(std::string_view utterance, std::chrono::milliseconds heard,
                    std::chrono::milliseconds length, std::string& out) override {
    if (capabilities_.can_truncate)
      out += fmt::format("heard {} {} {}", utterance, heard.count(), length.count());
  }
  void encode_pause(bool paused, std::string& out) override { out += paused ? "pause" : "resume"; }
  void encode_tool_result(const call::VoiceToolCall& call, bool ok, std::string_view,
                          std::string& out) override {
    out += fmt::format("{} {}", ok ? "tool_ok" : "tool_error", call.id);
  }

  call::VoiceVerdict classify_refusal(int status) const override {
    if (status == 401) return {call::VoiceSeverity::fatal, "auth"};
    return {call::VoiceSeverity::retry, "unreachable"};
  }
  call::VoiceVerdict classify_close(std::uint16_t code, std::string_view) const override {
    if (code == 1000) return {call::VoiceSeverity::ended, "closed_normal"};
    return {call::VoiceSeverity::retry, "lost"};
  }

 private:
  static std::string rest(std::istringstream& line) {
    std::string text;
    std::getline(line >> std::ws, text);
    return text;
  }

  call::VoiceEvent decode_audio(std::istringstream& line) {
    int ms = 0;
    call::VoiceAudio audio;
    line >> utterance_ >> audio.index >> ms;
    samples_.resize(static_cast<std::size_t>(ms) * 8);
    for (std::size_t i = 0; i < samples_.size(); ++i) {
      samples_[i] = static_cast<std::int16_t>(8000 * std::sin(static_cast<double>(i) * 0.4));
    }
    audio.utterance = utterance_;
    audio.samples = samples_;
    audio.sample_rate_hz = 8000;
    return audio;
  }

  static call::VoiceEvent decode_tool(std::istringstream& line) {
    call::VoiceToolCall tool;
    line >> tool.id >> tool.name;
    tool.arguments = rest(line);
    tool.response_required = true;
    return tool;
  }

  static call::VoiceEvent decode_error(std::istringstream& line) {
    std::string severity;
    call::VoiceError error;
    line >> severity >> error.code;
    if (severity == "retry_fresh") error.severity = call::VoiceSeverity::retry_fresh;
    if (severity == "retry") error.severity = call::VoiceSeverity::retry;
    if (severity == "fatal") error.severity = call::VoiceSeverity::fatal;
    if (severity == "ended") error.severity = call::VoiceSeverity::ended;
    return error;
  }

  call::VoiceCapabilities capabilities_;
  std::string brief_;
  std::size_t history_ = 0;
  std::string utterance_;
  std::vector<std::int16_t> samples_;
};

}  // namespace tandem::simulation
