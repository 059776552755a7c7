// What becomes of intents that were dialled: the moves of dial::may_become, and the survey from
// which dial::Dialler learns how all of them stand. Blocking; each function expects an open
// transaction of the caller and commits nothing.
//
// The carrier's callbacks do not come this way: they are written to the row of the call, through
// the spool, and a trigger carries them on (schema/0013_outbound.sql). Who changes both rows locks
// that of the call first.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "bridge/dial/dialler.hpp"
#include "store/postgres.hpp"

namespace tandem::store {

// Each answers false when the intent may not become so; then nothing was changed.
bool note_placed(Connection& connection, const core::CallId& id, const core::CarrierCallId& sid);
/// There is no such call. `error_code`: the carrier's reason; 0: it gave none.
bool note_failed(Connection& connection, const core::CallId& id, std::int32_t error_code);
/// The carrier may have placed it.
bool note_unknown(Connection& connection, const core::CallId& id);
/// The carrier says that the call is over.
bool note_ended(Connection& connection, const core::CallId& id);
/// Certainly nothing was placed: it may be claimed again, that long after now at the earliest.
bool note_not_placed(Connection& connection, const core::CallId& id,
                     std::chrono::seconds not_before);
/// Whichever of these the note asks for.
bool keep_note(Connection& connection, const dial::Note& note);

/// What a node that may be asked about this call must know of it.
struct OpenCall {
  dial::OpenIntent standing;
  std::string purpose;
  std::string message;
  std::string answered_by;  ///< the carrier's detection: "human", "machine", ...; empty: not told
};
struct DialSurvey {
  dial::Survey facts;           ///< without `open`: that is in `calls`
  std::vector<OpenCall> calls;  ///< placing, placed and unknown
  std::int64_t refused = 0;     ///< queued ones that were refused now: the switch, the list (O05)
};
DialSurvey survey_intents(Connection& connection);

/// By which the carrier knows the calls of other intents to this number.
std::vector<core::CarrierCallId> carrier_ids_of_others(Connection& connection,
                                                       const core::CallId& id,
                                                       const core::PhoneNumber& to);

}  // namespace tandem::store
