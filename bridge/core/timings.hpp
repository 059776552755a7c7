// What is timed, and the buckets in which times are counted: the vocabulary of bridge/ops, which
// counts, and of web, which reports (contract, section 6).
//
// Buckets are log-linear: 1 us wide up to 128 us, then 64 per octave up to 60 s, so a reported time
// is off by at most 1/128 (0.8 %). Longer times count as 60 s, negative ones as 0.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "bridge/core/record.hpp"
#include "bridge/core/types.hpp"

namespace tandem::core {

/// From `voice_network` on, a time belongs to a voice provider.
enum class Timing : std::uint8_t {
  uplink_transit,      ///< caller audio: read from the carrier's socket -> written to the agent's
  downlink_transit,    ///< agent audio: due (decisions/0005) -> written to the carrier's socket
  pacing_lateness,     ///< agent audio: due -> handed to the carrier's socket
  loop_lag,            ///< a timer of this thread: due -> run
  carrier_round_trip,  ///< audio played out by our clock -> the carrier's echo of its mark
  inbound_gap,         ///< one caller frame -> the next
  voice_network,       ///< the kernel's round trip time (TCP_INFO) of the voice leg, once a turn
  voice_connect,       ///< voice leg dialled -> its session ready
  turn_gap,            ///< caller stopped -> agent audible; the rest are its parts, in order
  voice_last_audio_sent,
  voice_text_final,
  voice_first_audio,
  carrier_first_audio,
  audible,
  unexplained,
};
inline constexpr std::size_t timing_count = static_cast<std::size_t>(Timing::unexplained) + 1;
/// "uplink_transit", ...: as in answers of the API.
std::string_view to_string(Timing timing) noexcept;
constexpr bool is_of_provider(Timing timing) noexcept { return timing >= Timing::voice_network; }

/// The part of a turn that this timing is; `turn_gap` is the whole.
std::int64_t part_us(const TurnLatency& turn, Timing timing) noexcept;
inline constexpr std::array turn_parts{
    Timing::voice_last_audio_sent, Timing::voice_text_final, Timing::voice_first_audio,
    Timing::carrier_first_audio,   Timing::audible,          Timing::unexplained};

/// A turn whose answer became audible.
struct MeasuredTurn {
  CallId call_id;
  std::string provider;   ///< of the voice leg
  MediaOffset offset{0};  ///< of the call, when the answer left
  TurnLatency turn;
  Duration voice_network{0};  ///< the voice leg's round trip time then; 0: not known
  WallTime wall{};            ///< when; of whoever keeps it
};

namespace log_linear {

inline constexpr std::int64_t us_max = 60'000'000;
inline constexpr std::size_t linear_count = 128;
inline constexpr std::size_t bucket_count = linear_count + 19 * 64;  // 128 us * 2^19 is 67 s

constexpr std::size_t bucket_of(std::int64_t us) noexcept {
  const auto value = static_cast<std::uint64_t>(std::clamp<std::int64_t>(us, 0, us_max));
  if (value < linear_count) return static_cast<std::size_t>(value);
  const auto octave = static_cast<std::size_t>(std::bit_width(value)) - 8;  // 128..255 is octave 0
  return linear_count + octave * 64 + static_cast<std::size_t>(value >> (octave + 1)) - 64;
}

/// The first value of a bucket; of the one behind the last, where that ends.
constexpr std::int64_t begin_of(std::size_t bucket) noexcept {
  if (bucket < linear_count) return static_cast<std::int64_t>(bucket);
  const std::size_t octave = (bucket - linear_count) / 64;
  return static_cast<std::int64_t>((64 + (bucket - linear_count) % 64) << (octave + 1));
}

/// What a bucket's values are reported as.
constexpr std::int64_t middle_of(std::size_t bucket) noexcept {
  return (begin_of(bucket) + begin_of(bucket + 1)) / 2;
}

}  // namespace log_linear

constexpr std::int64_t microseconds(Duration duration) noexcept {
  return std::chrono::duration_cast<std::chrono::microseconds>(duration).count();
}

/// Times that were counted, for answers: not for counting, which bridge/ops does without
/// allocation.
class Distribution {
 public:
  void add(std::size_t bucket, std::uint64_t count);
  void add(const Distribution& other);
  /// The reported value of the smallest bucket with at least `share` (0 to 1) of all values in or
  /// below it; 0 when empty.
  [[nodiscard]] std::int64_t quantile_us(double share) const noexcept;
  [[nodiscard]] std::int64_t max_us() const noexcept { return quantile_us(1); }
  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
  /// By bucket; empty, or log_linear::bucket_count long.
  [[nodiscard]] const std::vector<std::uint64_t>& counts() const noexcept { return counts_; }

 private:
  std::vector<std::uint64_t> counts_;
  std::uint64_t count_ = 0;
};

}  // namespace tandem::core
