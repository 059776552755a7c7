#include "openai/transcript_order.hpp"

#include <algorithm>

namespace tandem::openai {

namespace {

/// No conversation has as many items on the way; what is more is a server gone mad.
constexpr std::size_t lines_max = 64;
constexpr std::size_t line_bytes_max = 16 * 1024;

bool is_blank(std::string_view text) noexcept {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

}  // namespace

TranscriptOrder::Line* TranscriptOrder::find(std::string_view item) noexcept {
  const auto found = std::find_if(lines_.begin(), lines_.end(),
                                  [&](const Line& line) { return line.item == item; });
  return found == lines_.end() ? nullptr : &*found;
}

bool TranscriptOrder::has_left(std::string_view item) const noexcept {
  return std::find(left_.begin(), left_.end(), item) != left_.end();
}

TranscriptOrder::Speech& TranscriptOrder::speech_of(std::string_view item) {
  for (Speech& speech : speeches_) {
    if (speech.item == item) return speech;
  }
  Speech& replaced = speeches_[next_speech_];
  next_speech_ = (next_speech_ + 1) % speeches_.size();
  replaced = {std::string(item), {}, {}};
  return replaced;
}

void TranscriptOrder::speech_began(std::string_view item, std::chrono::milliseconds at) {
  speech_of(item).begin = at;
}

void TranscriptOrder::speech_ended(std::string_view item, std::chrono::milliseconds at) {
  speech_of(item).end = at;
}

void TranscriptOrder::open(std::string_view item, core::Speaker speaker,
                           std::string_view previous) {
  if (item.empty() || has_left(item) || find(item) != nullptr) return;
  if (lines_.size() == lines_max) lines_.erase(lines_.begin());
  auto place = lines_.end();
  const std::size_t newest = (next_left_ + left_.size() - 1) % left_.size();
  if (Line* before = previous.empty() ? nullptr : find(previous)) {
    place = lines_.begin() + (before - lines_.data()) + 1;
  } else if (!previous.empty() && left_[newest] == previous) {
    place = lines_.begin();
  }
  lines_.insert(place, Line{std::string(item), speaker, {}, {}, {}, false, false});
}

void TranscriptOrder::add(std::string_view item, std::string_view text) {
  if (has_left(item)) return;
  open(item, core::Speaker::assistant, {});
  Line* line = find(item);
  if (line == nullptr || line->is_done || line->text.size() > line_bytes_max) return;
  line->text += text;
}

void TranscriptOrder::finish(std::string_view item, core::Speaker speaker, std::string_view text) {
  open(item, speaker, {});
  Line* line = find(item);
  if (line == nullptr || line->is_done) return;
  if (!text.empty()) line->text = text;
  if (speaker == core::Speaker::user) {
    const Speech& speech = speech_of(item);
    line->begin = speech.begin;
    line->end = speech.end;
  }
  line->is_done = true;
}

void TranscriptOrder::finish_typed(std::string_view item, std::string_view text) {
  finish(item, core::Speaker::user, text);
  if (Line* line = find(item)) line->is_typed = true;
}

void TranscriptOrder::end() {
  for (Line& line : lines_) line.is_done = true;
}

void TranscriptOrder::leave(Line& line, std::vector<call::VoiceEvent>& events) {
  const bool is_user = line.speaker == core::Speaker::user;
  const bool was_passed_over = is_user && !line.is_done;
  if (!was_passed_over) {
    left_[next_left_] = line.item;
    next_left_ = (next_left_ + 1) % left_.size();
  }
  if (is_blank(line.text)) return;
  events.emplace_back(call::VoiceText{.speaker = line.speaker,
                                      .text = std::move(line.text),
                                      .utterance = is_user ? std::string() : std::move(line.item),
                                      .is_final = true,
                                      .is_typed = line.is_typed,
                                      .begin = line.begin,
                                      .end = line.end});
}

bool TranscriptOrder::is_held_up() const noexcept {
  return std::any_of(lines_.begin(), lines_.end(), [](const Line& line) { return line.is_done; });
}

void TranscriptOrder::take(std::vector<call::VoiceEvent>& events) {
  const auto is_done = [](const Line& line) { return line.is_done; };
  if (!is_held_up()) waited_ = 0;
  auto line = lines_.begin();
  // Only what holds up a finished line is ever passed over.
  while (std::any_of(line, lines_.end(), is_done) && (line->is_done || waited_ >= lines_wait_max)) {
    leave(*line, events);
    ++line;
  }
  if (line == lines_.begin()) return;
  lines_.erase(lines_.begin(), line);
  waited_ = 0;
}

}  // namespace tandem::openai
