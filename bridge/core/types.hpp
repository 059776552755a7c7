// The vocabulary of every module: distinct ids, the three clocks, values that must not be printed
// by accident.
//
// Three clocks, three words (docs/architecture.md, section 6):
//   now           TimePoint, steady, taken once per input by the runner; the only time that
//   decisions use media offset  MediaOffset, milliseconds of call audio since the carrier's stream
//   began wall          WallTime, for display and for the record only
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace tandem::core {

using TimePoint = std::chrono::steady_clock::time_point;
using Duration = std::chrono::steady_clock::duration;
using MediaOffset = std::chrono::milliseconds;
/// Microseconds since the Unix epoch, UTC.
using WallTime = std::chrono::sys_time<std::chrono::microseconds>;

/// A string that cannot be mixed up with another kind of id. Empty means "not known yet".
template <class Tag>
class Id {
 public:
  Id() = default;
  explicit Id(std::string text) : text_(std::move(text)) {}
  [[nodiscard]] const std::string& str() const noexcept { return text_; }
  [[nodiscard]] bool empty() const noexcept { return text_.empty(); }
  auto operator<=>(const Id&) const = default;

 private:
  std::string text_;
};

using CallId = Id<struct CallIdTag>;                ///< ours, a UUID in canonical lower-case form
using CarrierCallId = Id<struct CarrierCallIdTag>;  ///< the carrier's id of the phone call
using CarrierStreamId =
    Id<struct CarrierStreamIdTag>;    ///< the carrier's id of one media stream of that call
using ChatId = Id<struct ChatIdTag>;  ///< the voice provider's id of one session
using ChatGroupId = Id<struct ChatGroupIdTag>;  ///< what a later session can resume from

/// A credential. Has no stream or format operator; the bytes are wiped when it goes.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string text) : text_(std::move(text)) {}
  Secret(const Secret&) = default;
  Secret(Secret&&) noexcept = default;
  Secret& operator=(const Secret&) = default;
  Secret& operator=(Secret&&) noexcept = default;
  ~Secret();
  /// For the one place that must send or compare it. Never log the answer.
  [[nodiscard]] const std::string& expose() const noexcept { return text_; }
  [[nodiscard]] bool empty() const noexcept { return text_.empty(); }

 private:
  std::string text_;
};

/// A telephone number or caller id text as the carrier gave it. Personal data: print masked() only.
class PhoneNumber {
 public:
  PhoneNumber() = default;
  explicit PhoneNumber(std::string text) : text_(std::move(text)) {}
  /// The number itself, for the database and the carrier. Never log the answer.
  [[nodiscard]] const std::string& expose() const noexcept { return text_; }
  /// First four and last two characters: "+1555*****23"; all stars for texts under eight
  /// characters.
  [[nodiscard]] std::string masked() const;
  /// Strict E.164: "+", a non-zero digit, 1 to 14 more digits, nothing else.
  [[nodiscard]] bool is_e164() const noexcept;
  [[nodiscard]] bool empty() const noexcept { return text_.empty(); }
  auto operator<=>(const PhoneNumber&) const = default;

 private:
  std::string text_;
};

/// Of the call, never of audio.
enum class Direction : std::uint8_t { inbound, outbound };
std::string_view to_string(Direction direction) noexcept;

enum class Speaker : std::uint8_t { user, assistant };
std::string_view to_string(Speaker speaker) noexcept;

/// True when both texts are equal; takes the same time wherever they differ (their length is not
/// hidden).
bool equal_in_constant_time(std::string_view left, std::string_view right) noexcept;

/// "2026-11-22T12:00:00.123456Z"
std::string to_rfc3339(WallTime wall);

}  // namespace tandem::core

template <class Tag>
struct std::hash<tandem::core::Id<Tag>> {
  std::size_t operator()(const tandem::core::Id<Tag>& id) const noexcept {
    return std::hash<std::string>{}(id.str());
  }
};
