#include "bridge/dial/gate.hpp"

#include <functional>
#include <set>

#include "tests/unit/catch.hpp"
#include "tests/unit/dial/good_world.hpp"

namespace tandem::dial::test {

namespace {

using namespace std::chrono_literals;

/// One thing spoilt, and the one refusal that must follow from it.
struct Spoilt {
  Refusal refusal;
  std::function<void(World&)> spoil;
};

void call_at(World& world, const char* number, core::WallTime when) {
  world.call(number);
  world.now = when;
}

const std::vector<Spoilt>& spoilt_numbers() {
  static const std::vector<Spoilt> list = {
      {Refusal::number_not_e164, [](World& w) { w.call("2125550123"); }},
      {Refusal::number_not_e164, [](World& w) { w.call("+1 212 555 0123"); }},
      {Refusal::number_not_e164, [](World& w) { w.call(""); }},
      {Refusal::number_impossible, [](World& w) { w.call("+1212555012"); }},
      {Refusal::number_impossible, [](World& w) { w.call("+11125550123"); }},
      {Refusal::number_impossible,
       [](World& w) {
         w.call(
             "+1212"
             "1550123");
       }},
      {Refusal::country_not_covered,
       [](World& w) {
         w.call(
             "+44"
             "7700900123");
       }},
      {Refusal::country_not_covered, [](World& w) { w.call("+14165550123"); }},
      {Refusal::number_of_a_service,
       [](World& w) {
         w.call(
             "+1212"
             "9110123");
       }},
      {Refusal::number_of_a_service, [](World& w) { w.call("+19115550123"); }},
      {Refusal::number_of_a_service, [](World& w) { w.call("+1212" "5551212"); }},
      {Refusal::number_premium, [](World& w) { w.call("+19005550123"); }},
      {Refusal::number_premium,
       [](World& w) {
         w.call(
             "+1212"
             "9760123");
       }},
      {Refusal::number_toll_free, [](World& w) { w.call("+18005550123"); }},
      {Refusal::number_without_place, [](World& w) { w.call("+15005550123"); }},
      {Refusal::caller_id_not_owned, [](World& w) { w.facts.owned_numbers.reset(); }},
      {Refusal::caller_id_not_owned, [](World& w) { w.facts.owned_numbers->clear(); }},
      {Refusal::caller_id_is_callee, [](World& w) { w.call("+12125550100"); }},
  };
  return list;
}

const std::vector<Spoilt>& spoilt_permissions() {
  static const std::vector<Spoilt> list = {
      {Refusal::consent_unknown, [](World& w) { w.facts.consents.reset(); }},
      {Refusal::consent_missing, [](World& w) { w.facts.consents->clear(); }},
      {Refusal::consent_missing,
       [](World& w) { w.facts.consents->front().purpose = Purpose::informational; }},
      {Refusal::consent_revoked, [](World& w) { w.facts.consents->front().revoked = w.now - 1h; }},
      {Refusal::consent_revoked, [](World& w) { w.facts.consents->front().captured = w.now + 1s; }},
      {Refusal::consent_without_evidence,
       [](World& w) { w.facts.consents->front().names_seller = false; }},
      {Refusal::consent_without_evidence,
       [](World& w) { w.facts.consents->front().has_wording = false; }},
      {Refusal::consent_without_evidence,
       [](World& w) { w.facts.consents->front().has_channel = false; }},
      {Refusal::consent_without_evidence,
       [](World& w) { w.facts.consents->front().has_evidence = false; }},
      {Refusal::consent_not_written,
       [](World& w) { w.facts.consents->front().is_written = false; }},
      {Refusal::internal_list_unknown, [](World& w) { w.facts.is_on_internal_list.reset(); }},
      {Refusal::on_internal_list, [](World& w) { w.facts.is_on_internal_list = true; }},
      {Refusal::national_list_unknown, [](World& w) { w.facts.national_list.reset(); }},
      {Refusal::national_list_missing, [](World& w) { w.facts.national_list->reset(); }},
      {Refusal::national_list_incomplete, [](World& w) { w.national().is_complete = false; }},
      {Refusal::national_list_empty,
       [](World& w) { w.national().rows = w.national().rows_before = 0; }},
      {Refusal::national_list_stale,
       [](World& w) { w.national().data_date = w.now - std::chrono::days(31) - 1s; }},
      {Refusal::national_list_stale, [](World& w) { w.national().data_date = w.now + 1s; }},
      {Refusal::national_list_shrunk, [](World& w) { w.national().rows = 949; }},
      {Refusal::on_national_list, [](World& w) { w.national().is_listed = true; }},
  };
  return list;
}

const std::vector<Spoilt>& spoilt_times_and_counts() {
  static const std::vector<Spoilt> list = {
      {Refusal::dialling_stopped, [](World& w) { w.facts.is_stopped = true; }},
      {Refusal::dialling_stopped, [](World& w) { w.facts.is_stopped.reset(); }},
      {Refusal::clock_unsteady, [](World& w) { w.facts.clock_is_steady = false; }},
      {Refusal::clock_unsteady, [](World& w) { w.facts.clock_is_steady.reset(); }},
      {Refusal::clock_unsteady, [](World& w) { w.facts.clock_difference.reset(); }},
      {Refusal::clock_unsteady, [](World& w) { w.facts.clock_difference = 60s; }},
      {Refusal::hour_rules_stale,
       [](World& w) {
         w.policy.rules_reviewed =
             std::chrono::floor<std::chrono::days>(w.now) - std::chrono::days(121);
       }},
      {Refusal::state_needs_live_announcement,
       [](World& w) { call_at(w, "+14155550123", wall(2026, 12, 1, 20)); }},
      {Refusal::outside_calling_hours, [](World& w) { w.now = wall(2026, 12, 2, 12, 59, 59); }},
      {Refusal::no_calls_on_sunday,
       [](World& w) {
         call_at(w, "+12055550123", wall(2026, 11, 29, 18));
         w.national().data_date = w.now;
       }},
      {Refusal::attempts_unknown, [](World& w) { w.facts.attempts.reset(); }},
      {Refusal::already_being_called, [](World& w) { w.facts.attempts->is_under_way = true; }},
      {Refusal::too_many_calls_in_a_day, [](World& w) { w.facts.attempts->in_a_day = 3; }},
      {Refusal::too_many_calls_in_a_week, [](World& w) { w.facts.attempts->in_a_week = 7; }},
      {Refusal::too_many_calls_running, [](World& w) { w.facts.attempts->running = 10; }},
      {Refusal::too_many_calls_today, [](World& w) { w.facts.attempts->today = 500; }},
  };
  return list;
}

void each_gives_its_refusal_only(const std::vector<Spoilt>& list) {
  for (const Spoilt& spoilt : list) {
    World world;
    spoilt.spoil(world);
    INFO(describe(spoilt.refusal).name);
    CHECK(world.refusals() == std::vector{spoilt.refusal});
  }
}

}  // namespace

TEST_CASE("a call with consent, in hours, to nobody on a list, is allowed") {
  CHECK(World().refusals().empty());
}

TEST_CASE("every spoilt number is refused with its own reason and no other") {
  each_gives_its_refusal_only(spoilt_numbers());
}

TEST_CASE("O04: every gap in consent and do-not-call lists is refused with its own reason") {
  each_gives_its_refusal_only(spoilt_permissions());
}

TEST_CASE("R12: clocks, hours and counts refuse, each with its own reason") {
  each_gives_its_refusal_only(spoilt_times_and_counts());
}

TEST_CASE("every refusal there is has a world that gives it alone") {
  std::set<Refusal> seen;
  for (const auto* list : {&spoilt_numbers(), &spoilt_permissions(), &spoilt_times_and_counts()}) {
    for (const Spoilt& spoilt : *list) seen.insert(spoilt.refusal);
  }
  CHECK(seen.size() == refusal_count);
}

TEST_CASE("without any fact nothing is allowed, and every unknown fact is named") {
  const Decision decision = may_dial(World().now, World().intention, Facts{}, Policy{});
  for (const Refusal refusal :
       {Refusal::dialling_stopped, Refusal::clock_unsteady, Refusal::caller_id_not_owned,
        Refusal::consent_unknown, Refusal::internal_list_unknown, Refusal::national_list_unknown,
        Refusal::hour_rules_stale, Refusal::attempts_unknown}) {
    INFO(describe(refusal).name);
    CHECK(std::count(decision.refusals.begin(), decision.refusals.end(), refusal) == 1);
  }
}

TEST_CASE("a revocation ends every consent before it, whatever its purpose, and none after it") {
  World world;
  Consent other = world.consent();
  other.purpose = Purpose::informational;
  other.revoked = world.now - 1h;
  world.facts.consents->push_back(other);
  CHECK(world.refusals() == std::vector{Refusal::consent_revoked});
  Consent later = world.consent();
  later.captured = world.now - 30min;
  world.facts.consents->push_back(later);
  CHECK(world.refusals().empty());
}

TEST_CASE("an informational call needs no written consent and no national list") {
  World world;
  world.intention.purpose = Purpose::informational;
  Consent oral = world.consent();
  oral.is_written = false;
  world.facts.consents = {oral};
  world.facts.national_list.reset();
  CHECK(world.refusals().empty());
}

TEST_CASE("whatever is not certainly informational is telemarketing") {
  CHECK(parse_purpose("informational") == Purpose::informational);
  for (const char* word : {"", "Informational", "reminder", "telemarketing", "informational "})
    CHECK(parse_purpose(word) == Purpose::telemarketing);
}

TEST_CASE("counsel's flags open exactly what they are about") {
  World world;
  world.policy.oral_consent_for_telemarketing = true;
  world.facts.consents->front().is_written = false;
  CHECK(world.refusals().empty());
  World california;
  california.policy.announces_live = true;
  call_at(california, "+14155550123", wall(2026, 12, 1, 20));
  CHECK(california.refusals().empty());
}

TEST_CASE("limits hold at their edges") {
  World world;
  world.facts.clock_difference = 59s;
  world.national().data_date = world.now - std::chrono::days(31);
  world.national().rows = 950;
  world.facts.attempts = Attempts{2, 6, false, 9, 499};
  CHECK(world.refusals().empty());
}

TEST_CASE("a generous cap stays at three calls a day where the state says so") {
  World world;
  world.policy.calls_per_day_max = 20;
  world.facts.attempts->in_a_day = 3;
  CHECK(world.refusals().empty());
  world.call("+13055550123");
  CHECK(world.refusals() == std::vector{Refusal::too_many_calls_in_a_day});
}

TEST_CASE("all reasons are reported, in the order of the table") {
  World world;
  world.now = wall(2026, 12, 2, 12);
  world.facts.is_stopped = true;
  world.facts.consents->clear();
  CHECK(world.refusals() == std::vector{Refusal::dialling_stopped, Refusal::consent_missing,
                                        Refusal::outside_calling_hours});
}

TEST_CASE("every refusal says in words what it means and what it rests on") {
  std::set<std::string_view> names;
  for (int i = 0; i < refusal_count; ++i) {
    const RefusalText& text = describe(static_cast<Refusal>(i));
    names.insert(text.name);
    CHECK(text.meaning.back() == '.');
    CHECK_FALSE(text.source.empty());
  }
  CHECK(names.size() == refusal_count);
}

}  // namespace tandem::dial::test
