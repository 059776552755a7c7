// The words in verdicts: quotes, reason, answer of the model and what was agreed are what somebody
// said in the call, and are sealed like its lines (store/call_seals). Numbers, the outcome, the
// kind of the appointment and the suspicions are ours and stay readable. Everything throws
// PostgresError.
#pragma once

#include <string>

#include "store/call_seals.hpp"
#include "store/verdicts.hpp"

namespace tandem::store {

/// `outcome` as it goes into the database; as it is when sealing is off. Call it inside the
/// transaction that writes it.
AnalysisOutcome with_sealed_words(Connection& connection, const std::string& call_id,
                                  const AnalysisOutcome& outcome);

/// Opens what was sealed; what cannot be opened becomes CallSeals::unreadable().
void open_words(CallSeals& seals, const std::string& call_id, Verdict& verdict);
/// The same for a reason by itself.
std::string open_reason(CallSeals& seals, const std::string& call_id, std::string reason);

}  // namespace tandem::store
