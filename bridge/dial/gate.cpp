#include "bridge/dial/gate.hpp"

#include <algorithm>
#include <array>

#include "bridge/core/result.hpp"
#include "bridge/dial/calling_hours.hpp"
#include "bridge/dial/number_plan.hpp"

namespace tandem::dial {

namespace {

using namespace std::chrono_literals;

constexpr auto national_list_age_max = std::chrono::days(31);
constexpr auto clock_difference_max = 60s;
constexpr std::int64_t shrinking_max_percent = 5;

/// What the rules look at. Consent and place are weighed once.
struct Question {
  core::WallTime now;
  const Intention& intention;
  const Facts& facts;
  const Policy& policy;
  NumberKind kind;
  Place place;  ///< of `ordinary` numbers only
  HoursVerdict hours;
  std::optional<Refusal> consent;

  [[nodiscard]] bool is_ordinary() const { return kind == NumberKind::ordinary; }
  [[nodiscard]] bool is_telemarketing() const {
    return intention.purpose == Purpose::telemarketing;
  }
  /// Null when the registry is not asked, not known, or not there.
  [[nodiscard]] const NationalList* national() const {
    const bool is_there = is_telemarketing() && facts.national_list && *facts.national_list;
    return is_there ? &**facts.national_list : nullptr;
  }
};

/// A revocation by any means ends all consents that were given before it, for every purpose.
bool is_live(const Consent& consent, core::WallTime last_revoked, core::WallTime now) {
  return !consent.revoked && consent.captured <= now && consent.captured > last_revoked;
}

bool is_documented(const Consent& consent) {
  return consent.names_seller && consent.has_wording && consent.has_channel && consent.has_evidence;
}

/// Why the consents on file do not allow this call: of the best of them. Nothing: they do.
std::optional<Refusal> weigh_consent(core::WallTime now, Purpose purpose,
                                     const std::vector<Consent>& consents, bool needs_writing) {
  core::WallTime last_revoked = core::WallTime::min();
  for (const Consent& consent : consents)
    last_revoked = std::max(last_revoked, consent.revoked.value_or(last_revoked));
  std::optional<Refusal> best = Refusal::consent_missing;
  const auto prefer = [&best](std::optional<Refusal> other) { best = std::max(*best, *other); };
  for (const Consent& consent : consents) {
    if (consent.purpose != purpose) continue;
    if (!is_live(consent, last_revoked, now)) {
      prefer(Refusal::consent_revoked);
    } else if (!is_documented(consent)) {
      prefer(Refusal::consent_without_evidence);
    } else if (needs_writing && !consent.is_written) {
      prefer(Refusal::consent_not_written);
    } else {
      return std::nullopt;
    }
  }
  return best;
}

Question make_question(core::WallTime now, const Intention& intention, const Facts& facts,
                       const Policy& policy) {
  const NumberFacts number = look_at(intention.to);
  Question question{now, intention, facts, policy, number.kind, {}, {}, {}};
  if (question.is_ordinary()) {
    question.place = place_of(number.area_code, facts.regions);
    question.hours = judge_hours(question.place, now, policy.hours_guard);
  }
  if (facts.consents) {
    const bool needs_writing =
        question.is_telemarketing() && !policy.oral_consent_for_telemarketing;
    question.consent = weigh_consent(now, intention.purpose, *facts.consents, needs_writing);
  }
  return question;
}

std::int64_t day_cap(const Question& q) {
  return std::min(q.policy.calls_per_day_max,
                  std::int64_t{q.place.calls_per_day_max.value_or(1'000'000)});
}

/// Missing and wrong clocks, data from the future included.
bool is_older_than(core::WallTime now, core::WallTime then, std::chrono::seconds age) {
  return now - then > age || then > now;
}

struct Rule {
  RefusalText text;
  bool (*refuses)(const Question& q);
};

using Q = const Question&;
constexpr auto tcpa_consent = "47 U.S.C. 227(b)(1)(A); 47 CFR 64.1200(a)(1)-(3)";
constexpr auto registry = "47 CFR 64.1200(c)(2)(i)(D)";

constexpr std::array<Rule, refusal_count> rules = {{
    {{Refusal::dialling_stopped, "dialling_stopped",
      "Dialling is stopped on all nodes, or it is not known whether it is.", "the stop switch"},
     [](Q q) { return q.facts.is_stopped.value_or(true); }},
    {{Refusal::clock_unsteady, "clock_unsteady",
      "The clock jumped in the last minute, or differs from the database's by a minute.",
      "calling hours need a clock"},
     [](Q q) {
       return !q.facts.clock_is_steady.value_or(false) || !q.facts.clock_difference ||
              *q.facts.clock_difference >= clock_difference_max;
     }},
    {{Refusal::number_not_e164, "number_not_e164",
      "The number is not + and 2 to 15 digits without spaces or a leading zero.", "ITU-T E.164"},
     [](Q q) { return q.kind == NumberKind::not_e164; }},
    {{Refusal::number_impossible, "number_impossible",
      "No such number exists under +1: ten digits, area code and exchange from 200.", "NANP"},
     [](Q q) { return q.kind == NumberKind::impossible; }},
    {{Refusal::country_not_covered, "country_not_covered",
      "The rules of this country are not known here.", "any missing fact denies"},
     [](Q q) { return q.kind == NumberKind::foreign; }},
    {{Refusal::number_of_a_service, "number_of_a_service",
      "The number belongs to an emergency or information service.", "47 CFR 64.1200(a)(1)(i)"},
     [](Q q) { return q.kind == NumberKind::service; }},
    {{Refusal::number_premium, "number_premium", "Calls to this number cost extra.",
      "carrier error 21202"},
     [](Q q) { return q.kind == NumberKind::premium; }},
    {{Refusal::number_toll_free, "number_toll_free", "The called party would pay for this call.",
      "47 CFR 64.1200(a)(1)(iii)"},
     [](Q q) { return q.kind == NumberKind::toll_free; }},
    {{Refusal::number_without_place, "number_without_place",
      "Nobody knows where this kind of number rings, so its calling hours are unknown.",
      "47 CFR 64.1200(c)(1)"},
     [](Q q) { return q.kind == NumberKind::not_geographic; }},
    {{Refusal::caller_id_not_owned, "caller_id_not_owned",
      "The number that would be shown is not known to be ours.", "47 U.S.C. 227(e)"},
     [](Q q) {
       const auto& owned = q.facts.owned_numbers;
       return !owned || std::find(owned->begin(), owned->end(), q.intention.from) == owned->end();
     }},
    {{Refusal::caller_id_is_callee, "caller_id_is_callee", "A number cannot call itself.",
      "carrier error 21211"},
     [](Q q) { return q.intention.from == q.intention.to; }},
    {{Refusal::consent_unknown, "consent_unknown", "The consents could not be read.", tcpa_consent},
     [](Q q) { return !q.facts.consents; }},
    {{Refusal::consent_missing, "consent_missing", "No consent to calls for this purpose.",
      tcpa_consent},
     [](Q q) { return q.consent == Refusal::consent_missing; }},
    {{Refusal::consent_revoked, "consent_revoked",
      "The consent was revoked, or is dated in the future.", "47 CFR 64.1200(a)(10)"},
     [](Q q) { return q.consent == Refusal::consent_revoked; }},
    {{Refusal::consent_without_evidence, "consent_without_evidence",
      "The consent lacks its wording, seller, channel or evidence.", tcpa_consent},
     [](Q q) { return q.consent == Refusal::consent_without_evidence; }},
    {{Refusal::consent_not_written, "consent_not_written", "Telemarketing needs a written consent.",
      "47 CFR 64.1200(a)(2), (f)(9)"},
     [](Q q) { return q.consent == Refusal::consent_not_written; }},
    {{Refusal::internal_list_unknown, "internal_list_unknown",
      "Our own do-not-call list could not be read.", "47 CFR 64.1200(d)"},
     [](Q q) { return !q.facts.is_on_internal_list; }},
    {{Refusal::on_internal_list, "on_internal_list", "This person asked not to be called.",
      "47 CFR 64.1200(d)(3), (6)"},
     [](Q q) { return q.facts.is_on_internal_list.value_or(false); }},
    {{Refusal::national_list_unknown, "national_list_unknown",
      "The national do-not-call list could not be read.", registry},
     [](Q q) { return q.is_telemarketing() && !q.facts.national_list; }},
    {{Refusal::national_list_missing, "national_list_missing",
      "No national do-not-call list was ever imported.", registry},
     [](Q q) { return q.is_telemarketing() && q.facts.national_list && !*q.facts.national_list; }},
    {{Refusal::national_list_incomplete, "national_list_incomplete",
      "The import of the national do-not-call list is not complete.", registry},
     [](Q q) { return q.national() != nullptr && !q.national()->is_complete; }},
    {{Refusal::national_list_empty, "national_list_empty",
      "The imported national do-not-call list is empty.", registry},
     [](Q q) { return q.national() != nullptr && q.national()->rows <= 0; }},
    {{Refusal::national_list_stale, "national_list_stale",
      "The national do-not-call list is older than 31 days, or dated in the future.", registry},
     [](Q q) {
       return q.national() != nullptr &&
              is_older_than(q.now, q.national()->data_date, national_list_age_max);
     }},
    {{Refusal::national_list_shrunk, "national_list_shrunk",
      "The national do-not-call list lost more than 5 % of its numbers at once.", registry},
     [](Q q) {
       return q.national() != nullptr &&
              q.national()->rows * 100 < q.national()->rows_before * (100 - shrinking_max_percent);
     }},
    {{Refusal::on_national_list, "on_national_list",
      "This number is on the national do-not-call list.", "47 CFR 64.1200(c)(2)"},
     [](Q q) { return q.national() != nullptr && q.national()->is_listed; }},
    {{Refusal::hour_rules_stale, "hour_rules_stale",
      "Nobody has compared the calling hours with the law for 120 days.", "reviewed quarterly"},
     [](Q q) { return !review_left(q.now, q.policy.rules_reviewed); }},
    {{Refusal::state_needs_live_announcement, "state_needs_live_announcement",
      "In this state a live voice must announce such calls first.", "Cal. Pub. Util. Code 2874"},
     [](Q q) { return q.place.needs_live_announcement && !q.policy.announces_live; }},
    {{Refusal::outside_calling_hours, "outside_calling_hours",
      "It is too early or too late somewhere this person may be.", "47 CFR 64.1200(c)(1)"},
     [](Q q) { return q.hours.is_outside; }},
    {{Refusal::no_calls_on_sunday, "no_calls_on_sunday",
      "It is Sunday where this person may be, and the state wants no calls then.",
      "state rules: AL, LA"},
     [](Q q) { return q.hours.is_sunday; }},
    {{Refusal::attempts_unknown, "attempts_unknown", "The earlier calls could not be counted.",
      "any missing fact denies"},
     [](Q q) { return !q.facts.attempts; }},
    {{Refusal::already_being_called, "already_being_called",
      "A call to this person is under way, or may be.", "nobody is rung twice"},
     [](Q q) { return q.facts.attempts && q.facts.attempts->is_under_way; }},
    {{Refusal::too_many_calls_in_a_day, "too_many_calls_in_a_day",
      "This person was called often enough in the last 24 hours.", "state rules: FL, OK"},
     [](Q q) { return q.facts.attempts && q.facts.attempts->in_a_day >= day_cap(q); }},
    {{Refusal::too_many_calls_in_a_week, "too_many_calls_in_a_week",
      "This person was called often enough in the last 7 days.", "12 CFR 1006.14(b)(2)"},
     [](Q q) {
       return q.facts.attempts && q.facts.attempts->in_a_week >= q.policy.calls_per_week_max;
     }},
    {{Refusal::too_many_calls_running, "too_many_calls_running",
      "As many calls are running as may run at once.", "DIAL_RUNNING_MAX"},
     [](Q q) { return q.facts.attempts && q.facts.attempts->running >= q.policy.running_max; }},
    {{Refusal::too_many_calls_today, "too_many_calls_today",
      "As many calls were placed in the last 24 hours as may be.", "DIAL_PER_DAY_MAX"},
     [](Q q) { return q.facts.attempts && q.facts.attempts->today >= q.policy.calls_today_max; }},
}};

constexpr bool rules_are_in_order() {
  for (std::size_t i = 0; i < rules.size(); ++i) {
    if (static_cast<std::size_t>(rules[i].text.refusal) != i) return false;
  }
  return true;
}
static_assert(rules_are_in_order(), "one rule per refusal, in the order of the enumeration");

}  // namespace

std::string_view to_string(Purpose purpose) noexcept {
  return purpose == Purpose::informational ? "informational" : "telemarketing";
}

Purpose parse_purpose(std::string_view text) noexcept {
  return text == "informational" ? Purpose::informational : Purpose::telemarketing;
}

const RefusalText& describe(Refusal refusal) noexcept {
  return rules[static_cast<std::size_t>(refusal)].text;
}

Decision may_dial(core::WallTime now, const Intention& intention, const Facts& facts,
                  const Policy& policy) {
  const Question question = make_question(now, intention, facts, policy);
  Decision decision;
  for (const Rule& rule : rules) {
    if (rule.refuses(question)) decision.refusals.push_back(rule.text.refusal);
  }
  return decision;
}

}  // namespace tandem::dial
