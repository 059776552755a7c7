#include "store/spool_fill.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tandem::store {

FillLevel SpoolFill::next_level(int percent) const noexcept {
  const int falling = level_ == FillLevel::normal ? 0 : hysteresis_percent;
  const int falling_far = level_ == FillLevel::nearly_full ? hysteresis_percent : 0;
  if (percent >= nearly_full_percent - falling_far) return FillLevel::nearly_full;
  return percent >= filling_percent - falling ? FillLevel::filling : FillLevel::normal;
}

std::optional<Notice> SpoolFill::update(std::uint64_t used, std::uint64_t bytes_max,
                                        std::uint64_t free) {
  const std::uint64_t fits = free > bytes_max ? bytes_max : std::min(bytes_max, used + free);
  const int percent =
      fits == 0 ? 100 : static_cast<int>(std::min<std::uint64_t>(used * 100 / fits, 1'000));
  percent_ = percent;
  const FillLevel level = next_level(percent);
  if (level_.exchange(level) == level) return std::nullopt;
  switch (level) {
    case FillLevel::normal:
      return Notice{Severity::info, "spool_has_room", fmt::format("{} % used", percent)};
    case FillLevel::filling:
      return Notice{Severity::warning, "spool_filling", fmt::format("{} % used", percent)};
    case FillLevel::nearly_full:
      break;
  }
  return Notice{Severity::alarm, "spool_nearly_full",
                fmt::format("{} % used: new calls are refused", percent)};
}

}  // namespace tandem::store
