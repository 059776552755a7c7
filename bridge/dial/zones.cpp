#include "bridge/dial/zones.hpp"

#include <array>

namespace tandem::dial {

namespace {

using namespace std::chrono_literals;

struct ZoneRule {
  std::chrono::hours standard;
  bool has_daylight_time;
};

constexpr std::array<ZoneRule, zone_count> rules = {{
    {-5h, true},    // eastern
    {-6h, true},    // central
    {-7h, true},    // mountain
    {-7h, false},   // arizona
    {-8h, true},    // pacific
    {-9h, true},    // alaska
    {-10h, true},   // aleutian
    {-10h, false},  // hawaii
    {-4h, false},   // puerto_rico
    {10h, false},   // guam
    {-11h, false},  // samoa
}};

/// Both changes happen at 02:00 of the clock that is about to be changed.
bool is_daylight_time(core::WallTime wall, std::chrono::hours standard) noexcept {
  namespace chr = std::chrono;
  const auto local_day = chr::floor<chr::days>(wall + standard);
  const chr::year year = chr::year_month_day{local_day}.year();
  const auto begins = chr::sys_days{year / chr::March / chr::Sunday[2]} + 2h - standard;
  const auto ends = chr::sys_days{year / chr::November / chr::Sunday[1]} + 1h - standard;
  return wall >= begins && wall < ends;
}

}  // namespace

std::chrono::minutes utc_offset(Zone zone, core::WallTime wall) noexcept {
  const ZoneRule& rule = rules[static_cast<std::size_t>(zone)];
  const bool is_shifted = rule.has_daylight_time && is_daylight_time(wall, rule.standard);
  return rule.standard + (is_shifted ? 1h : 0h);
}

LocalTime local_time(Zone zone, core::WallTime wall) noexcept {
  const auto shifted = wall + utc_offset(zone, wall);
  const auto day = std::chrono::floor<std::chrono::days>(shifted);
  return {std::chrono::weekday{day}, std::chrono::floor<std::chrono::seconds>(shifted - day)};
}

}  // namespace tandem::dial
