#include "bridge/call/conversation.hpp"

#include <algorithm>

#include "bridge/core/limits.hpp"

namespace tandem::call {

std::string_view heard_part(std::string_view text, double share) noexcept {
  if (share >= 1) return text;
  const auto length = static_cast<double>(text.size());
  const auto part = text.substr(0, static_cast<std::size_t>(std::max(share, 0.0) * length));
  const auto gap = part.rfind(' ');
  return gap == std::string_view::npos ? std::string_view{} : part.substr(0, gap);
}

Conversation::Line* Conversation::find(std::string_view utterance) {
  if (utterance.empty()) return nullptr;
  const auto known = std::find_if(lines_.rbegin(), lines_.rend(),
                                  [&](const Line& line) { return line.utterance == utterance; });
  return known == lines_.rend() ? nullptr : &*known;
}

void Conversation::forget_old() {
  while (lines_.size() > limits::history_lines_max) lines_.pop_front();
}

core::TranscriptEntry Conversation::add(core::Speaker speaker, std::string_view text,
                                        std::string_view event_type, std::string_view utterance) {
  const auto seq = next_seq_++;
  Line* known = speaker == core::Speaker::assistant ? find(utterance) : nullptr;
  if (known != nullptr && known->seq < 0) {
    known->seq = seq;
    known->text = text;
  } else {
    Line line;
    line.speaker = speaker;
    line.text = text;
    line.seq = seq;
    if (speaker == core::Speaker::assistant) line.utterance = utterance;
    lines_.push_back(std::move(line));
    forget_old();
  }
  return {seq, speaker, std::string(text), std::string(event_type), "live"};
}

core::TranscriptHeard Conversation::record_of(const Line& line) {
  return {line.seq, line.audio_ms, line.heard_ms, line.was_cut};
}

std::optional<core::TranscriptHeard> Conversation::settle(const Heard& heard) {
  Line* line = find(heard.utterance);
  if (line == nullptr) {
    Line fresh;
    fresh.speaker = core::Speaker::assistant;
    fresh.utterance = heard.utterance;
    lines_.push_back(std::move(fresh));
    forget_old();
    line = &lines_.back();
  }
  line->audio_ms += heard.audio_ms;
  line->heard_ms += heard.heard_ms;
  line->was_cut = line->was_cut || heard.was_cut;
  line->is_settled = true;
  if (line->seq < 0) return std::nullopt;
  return record_of(*line);
}

std::optional<std::int32_t> Conversation::seq_of(core::Speaker speaker,
                                                 std::string_view utterance) const {
  for (auto line = lines_.rbegin(); line != lines_.rend(); ++line) {
    const bool is_meant = line->speaker == speaker && line->utterance == utterance;
    if (is_meant && line->seq >= 0) return line->seq;
  }
  return std::nullopt;
}

std::optional<core::TranscriptHeard> Conversation::heard_already(std::string_view utterance) const {
  for (auto line = lines_.rbegin(); line != lines_.rend(); ++line) {
    if (line->utterance != utterance || utterance.empty()) continue;
    if (line->is_settled && line->seq >= 0) return record_of(*line);
    return std::nullopt;
  }
  return std::nullopt;
}

std::vector<core::TranscriptHeard> Conversation::never_heard() const {
  std::vector<core::TranscriptHeard> records;
  for (const auto& line : lines_) {
    if (line.speaker != core::Speaker::assistant || line.seq < 0) continue;
    if (!line.is_settled && !line.utterance.empty()) records.push_back(record_of(line));
  }
  return records;
}

std::vector<SpokenLine> Conversation::lines() const {
  std::vector<SpokenLine> told;
  for (const auto& line : lines_) {
    const bool is_part = line.was_cut && line.heard_ms < line.audio_ms;
    const double share = is_part ? static_cast<double>(line.heard_ms) / line.audio_ms : 1.0;
    std::string text(heard_part(line.text, share));
    if (text.empty()) continue;
    if (is_part) text += " ...";
    told.push_back({line.speaker, std::move(text)});
  }
  return told;
}

std::string Conversation::last_words(std::size_t bytes_max) const {
  std::string words;
  for (auto line = lines_.rbegin(); line != lines_.rend(); ++line) {
    if (line->speaker != core::Speaker::user || line->text.empty()) continue;
    if (words.size() + line->text.size() + 1 > bytes_max) break;
    words = words.empty() ? line->text : line->text + " " + words;
  }
  return words;
}

void Conversation::begin_with(std::vector<SpokenLine> earlier) {
  for (auto& spoken : earlier) {
    Line line;
    line.speaker = spoken.speaker;
    line.text = std::move(spoken.text);
    line.is_settled = true;
    lines_.push_back(std::move(line));
  }
  forget_old();
}

}  // namespace tandem::call
