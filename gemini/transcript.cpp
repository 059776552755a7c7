#include "gemini/transcript.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

namespace tandem::gemini {

namespace {

bool is_control(char c) noexcept { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

/// Length of a space or line end beyond ASCII at the head of `text` (U+0085, U+00A0, U+2028,
/// U+2029), or 0.
std::size_t wide_space(std::string_view text) noexcept {
  for (const std::string_view space : {"\xC2\x85", "\xC2\xA0", "\xE2\x80\xA8", "\xE2\x80\xA9"}) {
    if (text.starts_with(space)) return space.size();
  }
  return 0;
}

void break_fences(std::string& text) {
  for (const char bracket : {'<', '>'}) {
    const std::string fence(3, bracket);
    // A space in place of the middle: removing it could join what is left into a new fence.
    for (std::size_t at = text.find(fence); at != std::string::npos; at = text.find(fence, at)) {
      text[at + 1] = ' ';
    }
  }
}

std::string_view label(core::Speaker speaker) noexcept {
  return speaker == core::Speaker::user ? "caller" : "assistant";
}

/// Said before the words, where no turn can write.
std::string hearing_note(const TranscriptTurn& turn) {
  if (turn.speaker != core::Speaker::assistant || !turn.heard_ratio) return {};
  const double heard = *turn.heard_ratio;
  if (!(heard < heard_enough)) return {};
  if (heard <= 0) return " (cut off, the caller heard nothing of this)";
  return fmt::format(" (cut off, the caller heard only about the first {} % of this)",
                     std::max(1L, std::lround(heard * 100)));
}

}  // namespace

std::string one_line(std::string_view text) {
  std::string line;
  line.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t space = wide_space(text.substr(at));
    line += space > 0 || is_control(text[at]) ? ' ' : text[at];
    at += std::max<std::size_t>(space, 1);
  }
  break_fences(line);
  return line;
}

FencedTranscript fence(std::span<const TranscriptTurn> turns, bool mask_personal_data) {
  FencedTranscript fenced;
  std::string& out = fenced.text;
  out = fence_begin;
  out += '\n';
  for (const TranscriptTurn& turn : turns) {
    const std::string line = one_line(turn.text);
    fmt::format_to(std::back_inserter(out), "[{}] {}{}: {}\n", turn.seq, label(turn.speaker),
                   hearing_note(turn), mask_personal_data ? fenced.masks.mask(line) : line);
  }
  out += fence_end;
  return fenced;
}

std::string folded(std::string_view text) {
  std::string out;
  for (const char c : one_line(text)) {
    const auto byte = static_cast<unsigned char>(c);
    const bool after_c3 = !out.empty() && out.back() == '\xC3';
    if (c == ' ' && (out.empty() || out.back() == ' ')) continue;
    if (c >= 'A' && c <= 'Z') {
      out += static_cast<char>(c - 'A' + 'a');
    } else if (after_c3 && byte >= 0x80 && byte <= 0x9E && byte != 0x97) {
      out += static_cast<char>(byte + 0x20);  // U+00C0..U+00DE, the multiplication sign excepted
    } else {
      out += c;
    }
  }
  if (out.ends_with(' ')) out.pop_back();
  return out;
}

}  // namespace tandem::gemini
