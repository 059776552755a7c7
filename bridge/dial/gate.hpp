// May this number be called now? One pure, total function over stored facts; every reason why not,
// not only the first. Calls nobody and writes nothing: store/dialling asks it inside the
// transaction that writes the intent, and keeps the answer. Not legal advice; docs/dialling.md says
// what each rule rests on and what is not covered.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "bridge/core/types.hpp"
#include "bridge/dial/facts.hpp"

namespace tandem::dial {

/// In the order in which they are reported.
enum class Refusal : std::uint8_t {
  dialling_stopped,
  clock_unsteady,
  number_not_e164,
  number_impossible,
  country_not_covered,
  number_of_a_service,
  number_premium,
  number_toll_free,
  number_without_place,
  caller_id_not_owned,
  caller_id_is_callee,
  consent_unknown,
  consent_missing,
  consent_revoked,
  consent_without_evidence,
  consent_not_written,
  internal_list_unknown,
  on_internal_list,
  national_list_unknown,
  national_list_missing,
  national_list_incomplete,
  national_list_empty,
  national_list_stale,
  national_list_shrunk,
  on_national_list,
  hour_rules_stale,
  state_needs_live_announcement,
  outside_calling_hours,
  no_calls_on_sunday,
  attempts_unknown,
  already_being_called,
  too_many_calls_in_a_day,
  too_many_calls_in_a_week,
  too_many_calls_running,
  too_many_calls_today,
};
inline constexpr int refusal_count = 35;

/// What a person is told about a refusal.
struct RefusalText {
  Refusal refusal;
  std::string_view name;     ///< the enumerator: stable, for programs
  std::string_view meaning;  ///< one sentence
  std::string_view
      source;  ///< the law, the vendor, the setting or the rule of ours that asks for it
};
const RefusalText& describe(Refusal refusal) noexcept;

/// Which call, for what.
struct Intention {
  core::PhoneNumber to;
  core::PhoneNumber from;
  Purpose purpose = Purpose::telemarketing;
};

/// Empty refusals: it may be dialled, now and only now.
struct Decision {
  std::vector<Refusal> refusals;
  [[nodiscard]] bool is_allowed() const noexcept { return refusals.empty(); }
};

Decision may_dial(core::WallTime now, const Intention& intention, const Facts& facts,
                  const Policy& policy);

}  // namespace tandem::dial
