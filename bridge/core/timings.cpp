#include "bridge/core/timings.hpp"

#include <cmath>

namespace tandem::core {

std::string_view to_string(Timing timing) noexcept {
  constexpr std::array<std::string_view, timing_count> names = {"uplink_transit",
                                                                "downlink_transit",
                                                                "pacing_lateness",
                                                                "loop_lag",
                                                                "carrier_round_trip",
                                                                "inbound_gap",
                                                                "voice_network",
                                                                "voice_connect",
                                                                "turn_gap",
                                                                "voice_last_audio_sent",
                                                                "voice_text_final",
                                                                "voice_first_audio",
                                                                "carrier_first_audio",
                                                                "audible",
                                                                "unexplained"};
  return names[static_cast<std::size_t>(timing)];
}

std::int64_t part_us(const TurnLatency& turn, Timing timing) noexcept {
  switch (timing) {
    case Timing::turn_gap:
      return turn.gap_us;
    case Timing::voice_last_audio_sent:
      return turn.to_last_audio_sent_us;
    case Timing::voice_text_final:
      return turn.to_text_final_us;
    case Timing::voice_first_audio:
      return turn.to_first_audio_us;
    case Timing::carrier_first_audio:
      return turn.to_carrier_us;
    case Timing::audible:
      return turn.to_audible_us;
    case Timing::unexplained:
      return turn.unexplained_us;
    default:
      return 0;
  }
}

void Distribution::add(std::size_t bucket, std::uint64_t count) {
  if (count == 0) return;
  if (counts_.empty()) counts_.resize(log_linear::bucket_count);
  counts_[bucket] += count;
  count_ += count;
}

void Distribution::add(const Distribution& other) {
  for (std::size_t bucket = 0; bucket < other.counts_.size(); ++bucket)
    add(bucket, other.counts_[bucket]);
}

std::int64_t Distribution::quantile_us(double share) const noexcept {
  const auto wanted = static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(count_)));
  std::uint64_t seen = 0;
  for (std::size_t bucket = 0; bucket < counts_.size(); ++bucket) {
    seen += counts_[bucket];
    if (seen > 0 && seen >= wanted) return log_linear::middle_of(bucket);
  }
  return 0;
}

}  // namespace tandem::core
