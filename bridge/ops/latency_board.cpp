#include "bridge/ops/latency_board.hpp"

#include "bridge/core/result.hpp"

namespace tandem::ops {

LatencyLane::LatencyLane(std::string thread, std::size_t providers)
    : thread_(std::move(thread)),
      histograms_(core::timing_count + (providers - 1) * of_provider_count) {}

void LatencyLane::add(const core::TurnLatency& turn, std::size_t provider) noexcept {
  const auto note = [&](core::Timing timing) {
    add(timing, provider, std::chrono::microseconds(core::part_us(turn, timing)));
  };
  note(core::Timing::turn_gap);
  for (const auto part : core::turn_parts) note(part);
}

LatencyBoard::LatencyBoard(const std::vector<std::string>& threads,
                           std::vector<std::string> providers)
    : providers_(std::move(providers)) {
  BRIDGE_ASSERT(!threads.empty() && !providers_.empty());
  for (const auto& thread : threads)
    lanes_.push_back(std::make_unique<LatencyLane>(thread, providers_.size()));
}

std::optional<std::size_t> LatencyBoard::find_provider(std::string_view name) const noexcept {
  for (std::size_t i = 0; i < providers_.size(); ++i)
    if (providers_[i] == name) return i;
  return std::nullopt;
}

}  // namespace tandem::ops
