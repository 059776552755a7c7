// What the API answers about dialling: lists, decisions, the switch. Field names follow the columns
// of schema `bridge`; null stands for "not known", and for the number of an erased person.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "store/dial_queries.hpp"

namespace tandem::web {

std::string render_own_numbers(const store::NumberedRows<store::ListedNumber>& page);
std::string render_consents(const store::NumberedRows<store::RecordedConsent>& page);
std::string render_decisions(const store::NumberedRows<store::RecordedDecision>& page);

/// The day of the question, and the one on which the calling hours were last compared with the law.
struct AskedWhen {
  core::WallTime now{};
  std::chrono::sys_days hours_reviewed{};
};

/// Names of the refusals that any call for telemarketing meets now, whoever is called: those of the
/// switch, the registry, and the age of the calling hours. The gate itself is asked.
std::vector<std::string> refusals_for_all(const store::DiallingState& state,
                                          const AskedWhen& asked);

std::string render_dialling(const store::DiallingState& state, const AskedWhen& asked);

}  // namespace tandem::web
