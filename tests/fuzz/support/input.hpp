// What every fuzz target needs: its input as text, as fields, as messages or as numbers, and
// must().
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string_view>
#include <vector>

namespace tandem::fuzz {

using Bytes = std::span<const std::uint8_t>;

/// What holds whatever the input is. Otherwise the program ends, and libFuzzer keeps the input.
inline void must(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "fuzz: this does not hold: %s\n", what);
  std::abort();
}

inline std::string_view text_of(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
inline std::string_view text_of(const std::vector<char>& bytes) {
  return bytes.empty() ? std::string_view("") : std::string_view(bytes.data(), bytes.size());
}

/// Stands between the messages or fields of one input, as in RFC 7464: no JSON string may hold it.
inline constexpr char separator = '\x1e';

/// The parts of the input. Each has an allocation of its own, so that reading past it is noticed.
inline std::vector<std::vector<char>> parts_of(Bytes input) {
  std::vector<std::vector<char>> parts;
  std::string_view text = text_of(input);
  for (;;) {
    const auto end = text.find(separator);
    const auto part = text.substr(0, end);
    parts.emplace_back(part.begin(), part.end());
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

/// Exactly `count` parts: what is missing is empty, the last one holds the rest of the input.
template <std::size_t count>
std::array<std::string_view, count> fields_of(Bytes input) {
  std::array<std::string_view, count> fields;
  std::string_view text = text_of(input);
  for (std::size_t i = 0; i + 1 < count; ++i) {
    const auto end = text.find(separator);
    fields[i] = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  fields.back() = text;
  return fields;
}

/// Numbers and runs of bytes off the head of an input; what is not there any more reads as zero.
class Reader {
 public:
  explicit Reader(Bytes input) noexcept : rest_(input) {}

  [[nodiscard]] bool is_empty() const noexcept { return rest_.empty(); }
  [[nodiscard]] Bytes rest() const noexcept { return rest_; }
  Bytes take(std::size_t count) noexcept {
    const Bytes taken = rest_.first(count < rest_.size() ? count : rest_.size());
    rest_ = rest_.subspan(taken.size());
    return taken;
  }
  /// Little-endian, of `width` bytes (at most 8).
  std::uint64_t number(std::size_t width) noexcept {
    std::uint64_t value = 0;
    const Bytes bytes = take(width);
    for (std::size_t i = 0; i < bytes.size(); ++i) value |= std::uint64_t{bytes[i]} << (8 * i);
    return value;
  }

 private:
  Bytes rest_;
};

}  // namespace tandem::fuzz
