// The time zones of the United States and their territories, and what their clocks show. The
// standard library of g++ 12 has no time zone data, and one rule has held since 2007: daylight time
// from 02:00 on the second Sunday of March to 02:00 on the first Sunday of November (15 U.S.C.
// 260a, Energy Policy Act of 2005). tests/integration/run_dial compares every hour of 2024 to 2035
// with the system's zone data.
#pragma once

#include <chrono>
#include <cstdint>

#include "bridge/core/types.hpp"

namespace tandem::dial {

enum class Zone : std::uint8_t {
  eastern,
  central,
  mountain,
  arizona,  ///< mountain standard time all year
  pacific,
  alaska,
  aleutian,
  hawaii,
  puerto_rico,  ///< and the Virgin Islands
  guam,         ///< and the Northern Marianas
  samoa,
};
inline constexpr int zone_count = 11;

/// A set of zones.
using Zones = std::uint16_t;
constexpr Zones zone_bit(Zone zone) noexcept {
  return static_cast<Zones>(1U << static_cast<unsigned>(zone));
}
/// The zones of the contiguous states.
inline constexpr Zones continental_zones = zone_bit(Zone::eastern) | zone_bit(Zone::central) |
                                           zone_bit(Zone::mountain) | zone_bit(Zone::arizona) |
                                           zone_bit(Zone::pacific);

/// Difference of the zone's clocks from UTC at `wall`.
std::chrono::minutes utc_offset(Zone zone, core::WallTime wall) noexcept;

/// What a clock on the wall shows.
struct LocalTime {
  std::chrono::weekday weekday;
  std::chrono::seconds of_day;  ///< 0 to 86399
};
LocalTime local_time(Zone zone, core::WallTime wall) noexcept;

}  // namespace tandem::dial
