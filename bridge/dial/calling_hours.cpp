#include "bridge/dial/calling_hours.hpp"

#include <algorithm>
#include <array>

#include "bridge/dial/area_codes.hpp"

namespace tandem::dial {

namespace {

constexpr Zones eastern = zone_bit(Zone::eastern);
constexpr Zones central = zone_bit(Zone::central);
constexpr Zones mountain = zone_bit(Zone::mountain);
constexpr Zones pacific = zone_bit(Zone::pacific);

struct State {
  std::string_view name;
  Zones zones;  ///< of any part of it
  StateRules rules{};
};

constexpr StateRules until_eight{.closes = 20};
constexpr StateRules until_eight_capped{.closes = 20, .calls_per_day_max = 3};
constexpr StateRules nine_to_eight{.opens = 9, .closes = 20};
constexpr StateRules no_sundays{.sundays = false};
constexpr StateRules announced{.needs_live_announcement = true};

// Sorted by name.
constexpr std::array<State, 56> states = {{
    {"AK", zone_bit(Zone::alaska) | zone_bit(Zone::aleutian)},
    {"AL", central | eastern, no_sundays},  // Phenix City keeps the time of Georgia
    {"AR", central},
    {"AS", zone_bit(Zone::samoa)},
    {"AZ", zone_bit(Zone::arizona) | mountain},  // the Navajo Nation changes its clocks
    {"CA", pacific, announced},
    {"CO", mountain},
    {"CT", eastern, nine_to_eight},
    {"DC", eastern},
    {"DE", eastern},
    {"FL", eastern | central, until_eight_capped},
    {"GA", eastern},
    {"GU", zone_bit(Zone::guam)},
    {"HI", zone_bit(Zone::hawaii)},
    {"IA", central},
    {"ID", mountain | pacific},
    {"IL", central},
    {"IN", eastern | central},
    {"KS", central | mountain},
    {"KY", eastern | central},
    {"LA", central, no_sundays},
    {"MA", eastern, until_eight},
    {"MD", eastern, until_eight},
    {"ME", eastern},
    {"MI", eastern | central},
    {"MN", central},
    {"MO", central},
    {"MP", zone_bit(Zone::guam)},
    {"MS", central},
    {"MT", mountain},
    {"NC", eastern},
    {"ND", central | mountain},
    {"NE", central | mountain},
    {"NH", eastern},
    {"NJ", eastern},
    {"NM", mountain},
    {"NV", pacific | mountain, nine_to_eight},
    {"NY", eastern},
    {"OH", eastern},
    {"OK", central, until_eight_capped},
    {"OR", pacific | mountain},
    {"PA", eastern},
    {"PR", zone_bit(Zone::puerto_rico)},
    {"RI", eastern},
    {"SC", eastern},
    {"SD", central | mountain},
    {"TN", eastern | central},
    {"TX", central | mountain},
    {"UT", mountain},
    {"VA", eastern},
    {"VI", zone_bit(Zone::puerto_rico)},
    {"VT", eastern},
    {"WA", pacific},
    {"WI", central},
    {"WV", eastern},
    {"WY", mountain},
}};

/// The state is a possible place from now on, in these of its zones.
void add(Place& place, Zones zones, const StateRules& rules) {
  for (int index = 0; index < zone_count; ++index) {
    if ((zones & zone_bit(static_cast<Zone>(index))) == 0) continue;
    auto& hours = place.zones[static_cast<std::size_t>(index)];
    hours.is_possible = true;
    hours.opens = std::max(hours.opens, rules.opens);
    hours.closes = std::min(hours.closes, rules.closes);
    hours.sundays = hours.sundays && rules.sundays;
  }
  place.needs_live_announcement |= rules.needs_live_announcement;
  if (const auto cap = rules.calls_per_day_max)
    place.calls_per_day_max = std::min(place.calls_per_day_max.value_or(*cap), *cap);
}

const State* find_state(std::string_view name) {
  const auto* found = std::lower_bound(
      states.begin(), states.end(), name,
      [](const State& state, std::string_view wanted) { return state.name < wanted; });
  return found != states.end() && found->name == name ? found : nullptr;
}

void add_anywhere(Place& place) {
  for (const State& state : states) {
    if ((state.zones & ~continental_zones) == 0) add(place, state.zones, state.rules);
  }
}

}  // namespace

std::chrono::sys_days reviewed_on(std::optional<std::chrono::sys_days> operator_says) noexcept {
  return std::max(rules_reviewed, operator_says.value_or(rules_reviewed));
}

std::optional<std::chrono::days> review_left(core::WallTime now,
                                             std::chrono::sys_days reviewed) noexcept {
  const core::WallTime end = reviewed + review_counts_for;
  if (reviewed > now || now > end) return std::nullopt;
  return std::chrono::floor<std::chrono::days>(end - now);
}

Place place_of(int area_code, const std::vector<std::string>& regions) {
  Place place;
  const AreaCode* area = find_area_code(area_code);
  const State* home = area == nullptr ? nullptr : find_state(area->state);
  if (home == nullptr) {
    add_anywhere(place);
  } else {
    add(place, area->zones, home->rules);
  }
  for (const std::string& region : regions) {
    const State* state = find_state(region);
    if (state == nullptr) {
      add_anywhere(place);
    } else if (state != home) {  // an address in the area code's own state adds nothing to it
      add(place, state->zones, state->rules);
    }
  }
  return place;
}

HoursVerdict judge_hours(const Place& place, core::WallTime wall, std::chrono::seconds guard) {
  HoursVerdict verdict;
  for (std::size_t index = 0; index < place.zones.size(); ++index) {
    const auto& hours = place.zones[index];
    if (!hours.is_possible) continue;
    const LocalTime local = local_time(static_cast<Zone>(index), wall);
    const bool is_open = local.of_day >= std::chrono::hours(hours.opens) &&
                         local.of_day + guard < std::chrono::hours(hours.closes);
    verdict.is_outside |= !is_open;
    verdict.is_sunday |= !hours.sundays && local.weekday == std::chrono::Sunday;
  }
  return verdict;
}

}  // namespace tandem::dial
