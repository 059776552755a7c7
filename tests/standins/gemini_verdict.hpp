// The booking verdict that the Gemini stand-in gives: simple rules on the transcript in the
// request, quoted word for word. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "json.hpp"

namespace tandem::standins {

struct TranscriptLine {
  std::int64_t turn = 0;
  bool assistant = false;
  bool heard = true;  // false: marked as cut off with nothing heard
  std::string text;
};

// The lines "[n] assistant: text" / "[n] caller: text" between the fence markers; a note in
// parentheses may follow the speaker.
std::vector<TranscriptLine> read_transcript(std::string_view prompt);

// In the shape of the request's schema: evidence, reason, outcome, confidence, appointment.
json::object verdict_on(const std::vector<TranscriptLine>& transcript);

}  // namespace tandem::standins
