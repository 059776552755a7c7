#include "gemini/live_transcript.hpp"

#include <iterator>
#include <utility>

namespace tandem::gemini {

namespace {

using namespace std::chrono_literals;

/// A pause in the deltas of the caller's words that ends them, once the reply runs.
constexpr auto caller_pause = 1000ms;

/// No turn on a telephone is longer; a server that never ends one must not make us grow.
constexpr std::size_t words_bytes_max = 8 * 1024;

constexpr std::size_t unsaved_max = 64;

constexpr std::string_view blanks = " \t\r\n";

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

}  // namespace

void LiveTranscript::caller_typed(std::string_view text) {
  text = trimmed(text);
  if (text.empty()) return;
  keep(core::Speaker::user, text);
  settled_.emplace_back(call::VoiceText{.speaker = core::Speaker::user,
                                        .text = std::string(text),
                                        .utterance = {},
                                        .is_final = true,
                                        .is_typed = true});
}

void LiveTranscript::keep(core::Speaker speaker, std::string_view text) {
  if (unsaved_.size() == unsaved_max) unsaved_.erase(unsaved_.begin());
  unsaved_.push_back({speaker, std::string(text)});
}

void LiveTranscript::caller_said(std::string_view delta, Position at) {
  if (trimmed(caller_).empty()) {
    caller_is_cause_ = reply_runs_ && !reply_has_cause_;
    reply_has_cause_ = reply_has_cause_ || reply_runs_;
  }
  caller_ += delta;
  caller_at_ = at;
  if (caller_.size() > words_bytes_max) return settle_caller();
  add(core::Speaker::user, caller_, {}, false);
}

void LiveTranscript::caller_may_say(std::string_view text) {
  add(core::Speaker::user, caller_ + std::string(text), {}, false);
}

void LiveTranscript::reply_began() noexcept {
  reply_runs_ = true;
  caller_is_cause_ = !caller_.empty();
  const bool was_prompted = std::exchange(prompted_, false);
  reply_has_cause_ = caller_is_cause_ || was_prompted;
}

void LiveTranscript::agent_said(std::string_view delta, std::string_view utterance) {
  agent_.text += delta;
  agent_.utterance = agent_is_complete_ ? std::string_view{} : utterance;
  if (agent_.text.size() > words_bytes_max) return settle_agent();
  add(core::Speaker::assistant, agent_.text, agent_.utterance, false);
}

void LiveTranscript::time_passed(Position at) {
  const bool is_over = reply_runs_ && caller_is_cause_ && at - caller_at_ >= caller_pause;
  if (!is_over || caller_.empty()) return;
  settle_caller();
  settle_waiting();
}

void LiveTranscript::tool_called() { settle_caller(); }

void LiveTranscript::agent_finished(Position at) {
  const bool caller_goes_on = caller_is_cause_ && at - caller_at_ < caller_pause;
  agent_is_complete_ = true;
  if (!reply_has_cause_ || caller_goes_on) {
    settle_waiting();
    waiting_ = std::exchange(agent_, {});
    waits_ = true;
    return;
  }
  if (caller_is_cause_) settle_caller();
  settle_waiting();
  settle_agent();
}

void LiveTranscript::agent_cut() {
  if (caller_is_cause_) settle_caller();
  settle_waiting();
  settle_agent();
  reply_runs_ = false;
  agent_is_complete_ = false;
}

void LiveTranscript::turn_over() {
  // What was said over the reply is the beginning of the next exchange.
  if (caller_is_cause_ || !reply_runs_) settle_caller();
  settle_waiting();
  settle_agent();
  reply_runs_ = false;
  agent_is_complete_ = false;
}

std::vector<call::SpokenLine> LiveTranscript::abandon() {
  auto earlier = std::exchange(unsaved_, {});
  if (caller_is_cause_) settle_caller();
  settle_waiting();
  settle_agent();
  settle_caller();
  reply_runs_ = false;
  agent_is_complete_ = false;
  prompted_ = false;
  auto settled = std::exchange(unsaved_, std::move(earlier));
  for (const auto& line : settled) keep(line.speaker, line.text);
  return settled;
}

void LiveTranscript::take(std::vector<call::VoiceEvent>& events) {
  std::move(settled_.begin(), settled_.end(), std::back_inserter(events));
  settled_.clear();
}

void LiveTranscript::settle_caller() {
  add(core::Speaker::user, std::exchange(caller_, {}), {}, true);
  caller_is_cause_ = false;
}

void LiveTranscript::settle_agent() {
  const Words words = std::exchange(agent_, {});
  add(core::Speaker::assistant, words.text, words.utterance, true);
}

void LiveTranscript::settle_waiting() {
  waits_ = false;
  const Words words = std::exchange(waiting_, {});
  add(core::Speaker::assistant, words.text, words.utterance, true);
}

void LiveTranscript::add(core::Speaker speaker, std::string_view text, std::string_view utterance,
                         bool is_final) {
  text = trimmed(text);
  if (text.empty()) return;
  if (is_final) keep(speaker, text);
  settled_.emplace_back(call::VoiceText{.speaker = speaker,
                                        .text = std::string(text),
                                        .utterance = std::string(utterance),
                                        .is_final = is_final});
}

}  // namespace tandem::gemini
