#include <algorithm>
#include <charconv>
#include <cstring>

#include "hume/messages.hpp"

namespace tandem::hume {

namespace {

/// Reads a flat JSON object from left to right. Every method is false at the first thing out of the
/// ordinary.
class FlatObject {
 public:
  explicit FlatObject(std::string_view text) noexcept
      : at_(text.data()), end_(text.data() + text.size()) {}

  bool take(char expected) noexcept {
    skip_space();
    if (at_ == end_ || *at_ != expected) return false;
    ++at_;
    return true;
  }

  bool at_end() noexcept {
    skip_space();
    return at_ == end_;
  }

  /// A string without escapes.
  bool raw_string(std::string_view& value) noexcept {
    if (!take('"')) return false;
    const auto* quote = static_cast<const char*>(std::memchr(at_, '"', left()));
    if (quote == nullptr) return false;
    value = {at_, static_cast<std::size_t>(quote - at_)};
    at_ = quote + 1;
    return value.empty() || std::memchr(value.data(), '\\', value.size()) == nullptr;
  }

  /// As above and printable ASCII only, so that no UTF-8 has to be checked.
  bool plain_string(std::string_view& value) noexcept {
    if (!raw_string(value)) return false;
    return std::all_of(value.begin(), value.end(), [](char c) { return c >= ' ' && c <= '~'; });
  }

  /// An integer of at most 18 digits.
  bool integer(std::int64_t& value) noexcept {
    skip_space();
    const char* digits = at_ != end_ && *at_ == '-' ? at_ + 1 : at_;
    const auto [stop, error] = std::from_chars(at_, end_, value);
    const auto length = stop - digits;
    if (error != std::errc{} || length < 1 || length > 18) return false;
    if (*digits == '0' && length > 1) return false;
    at_ = stop;
    return at_ != end_ && (*at_ == ',' || *at_ == '}' || is_space(*at_));
  }

  bool skip_scalar() noexcept {
    skip_space();
    if (at_ == end_) return false;
    std::string_view ignored;
    if (*at_ == '"') return plain_string(ignored);
    for (const std::string_view word : {"null", "true", "false"}) {
      if (!std::string_view(at_, left()).starts_with(word)) continue;
      at_ += word.size();
      return true;
    }
    std::int64_t number = 0;
    return integer(number);
  }

 private:
  static bool is_space(char c) noexcept { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }
  void skip_space() noexcept {
    while (at_ != end_ && is_space(*at_)) ++at_;
  }
  [[nodiscard]] std::size_t left() const noexcept { return static_cast<std::size_t>(end_ - at_); }

  const char* at_;
  const char* end_;
};

enum : unsigned { saw_type = 1, saw_id = 2, saw_index = 4, saw_data = 8, saw_all = 15 };

/// One member of the object; false ends the scan. A repeated key is out of the ordinary too.
bool read_member(FlatObject& object, AudioOutput& message, unsigned& seen) noexcept {
  std::string_view key;
  if (!object.plain_string(key) || !object.take(':')) return false;
  unsigned bit = 0;
  bool ok = false;
  if (key == "type") {
    std::string_view type;
    bit = saw_type;
    ok = object.plain_string(type) && type == "audio_output";
  } else if (key == "id") {
    bit = saw_id;
    ok = object.plain_string(message.id);
  } else if (key == "index") {
    bit = saw_index;
    ok = object.integer(message.index);
  } else if (key == "data") {
    bit = saw_data;
    ok = object.raw_string(message.data);
  } else {
    return object.skip_scalar();
  }
  const bool repeated = (seen & bit) != 0;
  seen |= bit;
  return ok && !repeated;
}

}  // namespace

std::optional<AudioOutput> scan_audio_output(std::string_view text) noexcept {
  FlatObject object(text);
  AudioOutput message;
  unsigned seen = 0;
  if (!object.take('{')) return std::nullopt;
  do {
    if (!read_member(object, message, seen)) return std::nullopt;
  } while (object.take(','));
  if (!object.take('}') || !object.at_end() || seen != saw_all) return std::nullopt;
  return message;
}

}  // namespace tandem::hume
