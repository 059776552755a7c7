// The JSON columns of a verdict as store/verdicts writes them, read back. What is not of that shape
// is left out: a verdict with a damaged column is still a verdict. Pure; for store/call_list only.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "store/queries.hpp"

namespace tandem::store {

/// booking_analysis.booking_indicators
std::vector<Evidence> parse_evidence(std::string_view json);

/// booking_analysis.appointment; empty text (the column is null): nothing.
std::optional<AgreedAppointment> parse_appointment(std::string_view json);

/// booking_analysis.suspicions
std::vector<SuspiciousLine> parse_suspicions(std::string_view json);

}  // namespace tandem::store
