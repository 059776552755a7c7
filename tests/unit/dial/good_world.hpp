// A world in which a call is allowed, for tests that spoil one thing in it.
#pragma once

#include "bridge/dial/calling_hours.hpp"
#include "bridge/dial/gate.hpp"

namespace tandem::dial::test {

inline core::WallTime wall(int year, unsigned month, unsigned day, int hour, int minute = 0,
                           int second = 0) {
  return std::chrono::sys_days{std::chrono::year{year} / std::chrono::month{month} /
                               std::chrono::day{day}} +
         std::chrono::hours{hour} + std::chrono::minutes{minute} + std::chrono::seconds{second};
}

/// Tuesday noon in New York; a documented written consent, fresh lists, no earlier calls.
struct World {
  core::WallTime now = wall(2026, 12, 1, 17);
  Intention intention{core::PhoneNumber("+12125550123"), core::PhoneNumber("+12125550100"),
                      Purpose::telemarketing};
  Facts facts;
  Policy policy;

  World() {
    facts.is_stopped = false;
    facts.clock_is_steady = true;
    facts.clock_difference = std::chrono::seconds{0};
    facts.owned_numbers = {intention.from};
    facts.consents = {consent()};
    facts.is_on_internal_list = false;
    NationalList list;
    list.data_date = now - std::chrono::days(3);
    list.is_complete = true;
    list.rows = 1000;
    list.rows_before = 1000;
    facts.national_list.emplace(list);
    facts.attempts.emplace();
    policy.rules_reviewed = std::chrono::floor<std::chrono::days>(now) - std::chrono::days(9);
  }

  [[nodiscard]] Consent consent() const {
    return {intention.purpose, true, true, true, true, true, now - std::chrono::days(30), {}};
  }
  [[nodiscard]] NationalList& national() { return **facts.national_list; }
  void call(const char* number) { intention.to = core::PhoneNumber(number); }
  [[nodiscard]] std::vector<Refusal> refusals() const {
    return may_dial(now, intention, facts, policy).refusals;
  }
};

}  // namespace tandem::dial::test
