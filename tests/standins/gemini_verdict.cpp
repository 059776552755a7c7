#include "gemini_verdict.hpp"

#include <algorithm>
#include <charconv>

namespace tandem::standins {

namespace {

bool contains(std::string_view text, std::string_view word) {
  const auto fold = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  const auto same = [&](char a, char b) { return fold(a) == fold(b); };
  return std::search(text.begin(), text.end(), word.begin(), word.end(), same) != text.end();
}

// The sentence of `text` that holds `word`, or the first one.
std::string sentence_with(const std::string& text, std::string_view word) {
  std::string first;
  std::size_t begin = 0;
  while (begin < text.size()) {
    std::size_t end = text.find_first_of(".?!", begin);
    while (end != std::string::npos && end + 1 < text.size() && text[end + 1] != ' ')
      end = text.find_first_of(".?!", end + 1);
    const std::size_t next = end == std::string::npos ? text.size() : end + 1;
    const std::string sentence = text.substr(begin, next - begin);
    if (first.empty()) first = sentence;
    if (contains(sentence, word)) return sentence;
    begin = std::min(text.find_first_not_of(' ', next), text.size());
  }
  return first;
}

json::object quote(const TranscriptLine& line, std::string_view word) {
  return {{"turn", line.turn}, {"quote", sentence_with(line.text, word)}};
}

bool parse_line(std::string_view text, TranscriptLine& line) {
  if (text.empty() || text[0] != '[') return false;
  const auto [end, error] = std::from_chars(text.data() + 1, text.data() + text.size(), line.turn);
  if (error != std::errc() || end == text.data() + text.size() || *end != ']') return false;
  text.remove_prefix(std::min(text.size(), static_cast<std::size_t>(end - text.data()) + 2));
  line.assistant = text.starts_with("assistant");
  if (!line.assistant && !text.starts_with("caller") && !text.starts_with("user")) return false;
  const std::size_t note = text.find(" (");
  const std::size_t colon = text.find(": ");
  const bool has_note = note < colon;
  const std::size_t split = has_note ? text.find("): ") + 1 : colon;
  if (split == std::string_view::npos || split == 0) return false;
  line.heard = !has_note || !contains(text.substr(0, split), "nothing");
  line.text = text.substr(split + 2);
  return true;
}

json::object appointment(const std::string& sentence) {
  const std::size_t at = sentence.find(" for ");
  std::string when = at == std::string::npos ? sentence : sentence.substr(at + 5);
  when.erase(when.find_last_not_of(".!?") + 1);
  return {{"when_text", when}, {"service", nullptr}, {"name", nullptr}};
}

json::object verdict(json::array evidence, std::string_view reason, std::string_view outcome,
                     double confidence, json::value appointment_value) {
  return {{"evidence", std::move(evidence)},
          {"reason", reason},
          {"outcome", outcome},
          {"confidence", confidence},
          {"appointment", std::move(appointment_value)}};
}

}  // namespace

std::vector<TranscriptLine> read_transcript(std::string_view prompt) {
  std::vector<TranscriptLine> lines;
  while (!prompt.empty()) {
    const std::string_view text = prompt.substr(0, prompt.find('\n'));
    prompt.remove_prefix(std::min(prompt.size(), text.size() + 1));
    TranscriptLine line;
    if (parse_line(text, line)) lines.push_back(std::move(line));
  }
  return lines;
}

json::object verdict_on(const std::vector<TranscriptLine>& transcript) {
  const TranscriptLine* last_caller = nullptr;
  const TranscriptLine* accepting = nullptr;
  const TranscriptLine* booking = nullptr;
  for (const TranscriptLine& line : transcript) {
    if (!line.assistant) {
      last_caller = &line;
      if (booking != nullptr && (contains(line.text, "cancel") || contains(line.text, "forget it")))
        booking = nullptr;
    } else if (last_caller != nullptr && line.heard && contains(line.text, "booked")) {
      booking = &line;
      accepting = last_caller;
    }
  }
  if (booking != nullptr) {
    return verdict({quote(*accepting, ""), quote(*booking, "booked")},
                   "The caller chose a time and the assistant confirmed it.", "booked", 0.96,
                   appointment(sentence_with(booking->text, "booked")));
  }
  if (last_caller == nullptr)
    return verdict({}, "The caller said nothing.", "unclear", 0.3, nullptr);
  return verdict({quote(*last_caller, "")}, "The call ended without an agreed appointment.",
                 "not_booked", 0.9, nullptr);
}

}  // namespace tandem::standins
