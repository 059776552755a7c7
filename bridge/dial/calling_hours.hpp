// When a person may be called: the hours of every place where they may be, all at once. Source: 47
// CFR 64.1200(c)(1) (8:00 to 21:00 at the called party) and the stricter states, as reviewed on
// rules_reviewed. The narrowest rule of all places that are possible holds.
#pragma once

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bridge/core/types.hpp"
#include "bridge/dial/zones.hpp"

namespace tandem::dial {

/// The day on which a person last compared the rules of the states with the law. Change it together
/// with the table, or after a review that changed nothing.
inline constexpr std::chrono::sys_days rules_reviewed =
    std::chrono::year{2026} / std::chrono::November / 22;

/// A review says nothing about the law of a later day than so long after it.
inline constexpr std::chrono::days review_counts_for{120};

/// The day that counts: that of this build, or a later one that the operator answers for (the
/// setting CALLING_RULES_REVIEWED).
std::chrono::sys_days reviewed_on(std::optional<std::chrono::sys_days> operator_says) noexcept;

/// How long a review still counts, in whole days; nothing when it no longer does, or is of a day to
/// come.
std::optional<std::chrono::days> review_left(core::WallTime now,
                                             std::chrono::sys_days reviewed) noexcept;

/// The rules of one state. Hours are whole hours of the local clock.
struct StateRules {
  int opens = 8;    ///< first hour in which dialling may begin
  int closes = 21;  ///< at this hour it is over
  bool sundays = true;
  std::optional<int> calls_per_day_max = std::nullopt;  ///< to one person in any 24 hours
  /// A live voice must announce the call first (Cal. Pub. Util. Code 2874).
  bool needs_live_announcement = false;
};

/// Everywhere that a callee may be.
struct Place {
  struct Hours {
    bool is_possible = false;  ///< the callee may be in this zone
    int opens = 8;
    int closes = 21;
    bool sundays = true;
  };
  std::array<Hours, zone_count> zones;
  std::optional<int> calls_per_day_max;
  bool needs_live_announcement = false;
};

/// `area_code` of an `ordinary` number. `regions`: states of addresses that are on file, two
/// capital letters each; they are possible places beside that of the number. An area code that is
/// not in the table, and a region that is no state, may be anywhere on the continent: in every
/// state there at once.
Place place_of(int area_code, const std::vector<std::string>& regions);

struct HoursVerdict {
  bool is_outside = false;  ///< too early or too late in a zone that is possible
  bool is_sunday = false;   ///< in a zone of a state that wants no calls then
};

/// `guard` ends dialling so long before the hour, so that nobody is rung after it.
HoursVerdict judge_hours(const Place& place, core::WallTime wall, std::chrono::seconds guard);

}  // namespace tandem::dial
