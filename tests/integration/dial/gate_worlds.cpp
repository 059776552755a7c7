// Random worlds and what the gate says of each, one JSON line a world, for the oracle beside this
// file: gate_worlds COUNT SEED. Worlds begin allowed and get up to four random changes, so that
// most rules are met at their edges and alone. gate_worlds zones: every change of an offset.
#include <array>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>

#include "tests/unit/dial/good_world.hpp"

namespace {

using namespace tandem;
using namespace tandem::dial;
using namespace std::chrono_literals;

constexpr std::array area_codes = {
    201, 202, 203, 205, 206, 207, 208, 212, 213, 214, 217, 219, 225, 228, 239, 301, 302, 303,
    304, 305, 307, 308, 312, 313, 314, 317, 334, 401, 402, 404, 405, 406, 407, 412, 414, 415,
    501, 502, 503, 504, 505, 515, 520, 602, 603, 605, 612, 615, 617, 670, 671, 684, 701, 702,
    703, 704, 775, 787, 801, 802, 803, 808, 850, 860, 907, 915, 918, 928, 340, 930, 222, 299,
    370, 392, 416, 604, 876, 242, 900, 800, 833, 888, 500, 533, 700, 710, 211, 911, 111, 199};
constexpr std::array regions = {"FL", "TX", "CA", "NY", "AL", "NV", "TN", "MA",      "HI",
                                "AK", "OR", "CT", "OK", "LA", "ZZ", "fl", "New York"};

class WorldMaker {
 public:
  explicit WorldMaker(std::uint64_t seed) : random_(seed) {}

  test::World make() {
    test::World world;
    world.intention.purpose = chance(2) ? Purpose::telemarketing : Purpose::informational;
    world.facts.consents = {world.consent()};
    // Any second of three years, of which half are near a full hour.
    world.now = test::wall(2025, 6, 1, 0) + std::chrono::seconds(below(3 * 366 * 86'400));
    if (chance(2)) {
      world.now = std::chrono::round<std::chrono::hours>(world.now) +
                  std::chrono::seconds(below(7) - 3) - (chance(2) ? guard_ : 0s);
    }
    world.call(number(area_codes[static_cast<std::size_t>(below(72))]).c_str());
    world.national().data_date = world.now - std::chrono::days(below(20));
    world.facts.consents->front().captured = world.now - std::chrono::days(1 + below(400));
    world.policy.hours_guard = guard_;
    world.policy.announces_live = chance(4);
    world.policy.rules_reviewed =
        std::chrono::floor<std::chrono::days>(world.now) - std::chrono::days(below(100));
    for (auto changes = below(5); changes > 0; --changes) change(world);
    return world;
  }

 private:
  std::int64_t below(std::int64_t end) {
    return std::uniform_int_distribution<std::int64_t>(0, end - 1)(random_);
  }
  bool chance(std::int64_t in) { return below(in) == 0; }

  std::string number(int area) {
    const std::array exchanges = {555, 555, 555, 234, 976, 911, 411, 155};
    const std::array lines = {123, 199, 1212, 100};
    char text[16];
    std::snprintf(text, sizeof text, "+1%03d%03d%04d", area,
                  exchanges[static_cast<std::size_t>(below(chance(3) ? 8 : 3))],
                  lines[static_cast<std::size_t>(below(4))]);
    return text;
  }

  void change(test::World& world) {
    switch (below(12)) {
      case 0:
        return change_number(world);
      case 1:
        return change_caller_id(world);
      case 2:
      case 3:
        return change_consent(world);
      case 4:
        return change_internal(world);
      case 5:
      case 6:
        return change_national(world);
      case 7:
        return change_attempts(world);
      case 8:
        return change_clock(world);
      case 9:
        return change_policy(world);
      default:
        return change_regions(world);
    }
  }

  void change_number(test::World& world) {
    const std::array odd = {"",
                            "+",
                            "+0123456789",
                            "2125550123",
                            "+1212555",
                            "+442079460123",
                            "+12125550123 ",
                            "+121255501234",
                            "+999999999999999",
                            "+1999999999999999",
                            "00441234",
                            "+12"};
    if (chance(3)) return world.call(odd[static_cast<std::size_t>(below(odd.size()))]);
    world.call(number(area_codes[static_cast<std::size_t>(below(area_codes.size()))]).c_str());
  }

  void change_caller_id(test::World& world) {
    auto& owned = world.facts.owned_numbers;
    if (chance(3)) return owned.reset();
    if (chance(2) && owned) return owned->clear();
    if (chance(2)) world.intention.from = world.intention.to;
    if (chance(2) && owned) owned->push_back(world.intention.to);
  }

  void change_consent(test::World& world) {
    auto& consents = world.facts.consents;
    if (chance(12)) return consents.reset();
    if (!consents) return;
    if (chance(8)) return consents->clear();
    if (chance(3)) consents->push_back(world.consent());
    if (consents->empty()) return;
    Consent& one =
        (*consents)[static_cast<std::size_t>(below(static_cast<std::int64_t>(consents->size())))];
    switch (below(8)) {
      case 0:
        one.is_written = false;
        break;
      case 1:
        one.names_seller = false;
        break;
      case 2:
        one.has_wording = false;
        break;
      case 3:
        one.has_channel = false;
        break;
      case 4:
        one.has_evidence = false;
        break;
      case 5:
        one.revoked = one.captured + std::chrono::days(below(40) - 2);
        break;
      case 6:
        one.captured = world.now + std::chrono::seconds(below(3) - 1);
        break;
      default:
        one.purpose = chance(2) ? Purpose::telemarketing : Purpose::informational;
    }
  }

  void change_internal(test::World& world) {
    if (chance(2)) {
      world.facts.is_on_internal_list.reset();
    } else {
      world.facts.is_on_internal_list = true;
    }
  }

  void change_national(test::World& world) {
    auto& list = world.facts.national_list;
    if (chance(10)) return list.reset();
    if (chance(10)) {
      list.emplace(std::nullopt);
      return;
    }
    if (!list || !*list) return;
    switch (below(5)) {
      case 0:
        (*list)->is_complete = false;
        break;
      case 1:
        (*list)->rows = below(3) - 1;
        break;
      case 2:
        (*list)->rows = 945 + below(10);
        break;
      case 3:
        (*list)->data_date = world.now - (chance(2) ? std::chrono::days(31) : 0s) +
                             std::chrono::seconds(below(3) - 1);
        break;
      default:
        (*list)->is_listed = true;
    }
  }

  void change_attempts(test::World& world) {
    if (chance(5)) return world.facts.attempts.reset();
    if (!world.facts.attempts) return;
    Attempts& attempts = *world.facts.attempts;
    switch (below(5)) {
      case 0:
        attempts.in_a_day = below(6);
        break;
      case 1:
        attempts.in_a_week = below(10);
        break;
      case 2:
        attempts.is_under_way = true;
        break;
      case 3:
        attempts.running = 8 + below(4);
        break;
      default:
        attempts.today = 498 + below(4);
    }
  }

  void change_clock(test::World& world) {
    switch (below(6)) {
      case 0:
        world.facts.clock_is_steady.reset();
        break;
      case 1:
        world.facts.clock_is_steady = false;
        break;
      case 2:
        world.facts.clock_difference.reset();
        break;
      case 3:
        world.facts.clock_difference = std::chrono::seconds(58 + below(4));
        break;
      case 4:
        world.facts.is_stopped.reset();
        break;
      default:
        world.facts.is_stopped = true;
    }
  }

  void change_policy(test::World& world) {
    switch (below(5)) {
      case 0:
        world.policy.calls_per_day_max = below(8);
        break;
      case 1:
        world.policy.oral_consent_for_telemarketing = true;
        break;
      case 2:
        world.policy.announces_live = !world.policy.announces_live;
        break;
      case 3:
        world.policy.hours_guard = std::chrono::seconds(below(3) * 30);
        break;
      default:
        world.policy.rules_reviewed =
            std::chrono::floor<std::chrono::days>(world.now) - std::chrono::days(118 + below(5));
    }
  }

  void change_regions(test::World& world) {
    world.facts.regions.emplace_back(regions[static_cast<std::size_t>(below(regions.size()))]);
  }

  static constexpr auto guard_ = 60s;
  std::mt19937_64 random_;
};

std::string word(const std::optional<bool>& fact) {
  return !fact ? "null" : *fact ? "true" : "false";
}
std::string word(bool fact) { return fact ? "true" : "false"; }
std::string quoted(const std::string& text) { return "\"" + text + "\""; }
std::string micros(core::WallTime wall) { return std::to_string(wall.time_since_epoch().count()); }

template <class List, class Write>
std::string listed(const List& list, Write write) {
  std::string text = "[";
  for (const auto& item : list) text += (text.size() > 1 ? "," : "") + write(item);
  return text + "]";
}

std::string line_of(const Consent& c) {
  return "[" + quoted(std::string(to_string(c.purpose))) + "," + word(c.is_written) + "," +
         word(c.names_seller) + "," + word(c.has_wording) + "," + word(c.has_channel) + "," +
         word(c.has_evidence) + "," + micros(c.captured) + "," +
         (c.revoked ? micros(*c.revoked) : "null") + "]";
}

std::string national_of(const Facts& facts) {
  if (!facts.national_list) return "null";
  if (!*facts.national_list) return "\"never\"";
  const NationalList& list = **facts.national_list;
  return "[" + micros(list.data_date) + "," + word(list.is_complete) + "," +
         std::to_string(list.rows) + "," + std::to_string(list.rows_before) + "," +
         word(list.is_listed) + "]";
}

std::string attempts_of(const Facts& facts) {
  if (!facts.attempts) return "null";
  const Attempts& a = *facts.attempts;
  return "[" + std::to_string(a.in_a_day) + "," + std::to_string(a.in_a_week) + "," +
         word(a.is_under_way) + "," + std::to_string(a.running) + "," + std::to_string(a.today) +
         "]";
}

std::string policy_of(const Policy& p) {
  return "[" + std::to_string(p.calls_per_day_max) + "," + std::to_string(p.calls_per_week_max) +
         "," + std::to_string(p.running_max) + "," + std::to_string(p.calls_today_max) + "," +
         std::to_string(p.hours_guard.count()) + "," + word(p.oral_consent_for_telemarketing) +
         "," + word(p.announces_live) + "," +
         std::to_string(p.rules_reviewed.time_since_epoch().count()) + "]";
}

std::string line_of(const test::World& world) {
  const Facts& f = world.facts;
  const auto number = [](const core::PhoneNumber& n) { return quoted(n.expose()); };
  const auto name = [](Refusal r) { return quoted(std::string(describe(r).name)); };
  return "[" + micros(world.now) + "," + number(world.intention.to) + "," +
         number(world.intention.from) + "," +
         quoted(std::string(to_string(world.intention.purpose))) + "," + word(f.is_stopped) + "," +
         word(f.clock_is_steady) + "," +
         (f.clock_difference ? std::to_string(f.clock_difference->count()) : "null") + "," +
         (f.owned_numbers ? listed(*f.owned_numbers, number) : "null") + "," +
         (f.consents ? listed(*f.consents, [](const Consent& c) { return line_of(c); }) : "null") +
         "," + word(f.is_on_internal_list) + "," + national_of(f) + "," + attempts_of(f) + "," +
         listed(f.regions, quoted) + "," + policy_of(world.policy) + "," +
         listed(world.refusals(), name) + "]";
}

/// "ZONE SECONDS MINUTES" for the first hour with a new offset, from 2024 to the end of 2035.
void print_zones() {
  for (int index = 0; index < zone_count; ++index) {
    std::optional<std::chrono::minutes> last;
    for (auto hour = test::wall(2024, 1, 1, 0); hour < test::wall(2036, 1, 1, 0); hour += 1h) {
      const auto offset = utc_offset(static_cast<Zone>(index), hour);
      if (offset == last) continue;
      const auto seconds = std::chrono::floor<std::chrono::seconds>(hour.time_since_epoch());
      std::printf("%d %lld %d\n", index, static_cast<long long>(seconds.count()),
                  static_cast<int>(offset.count()));
      last = offset;
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && std::string(argv[1]) == "zones") {
    print_zones();
    return 0;
  }
  if (argc != 3) return 2;
  WorldMaker maker(std::strtoull(argv[2], nullptr, 10));
  for (auto left = std::strtoull(argv[1], nullptr, 10); left > 0; --left)
    std::puts(line_of(maker.make()).c_str());
  return 0;
}
