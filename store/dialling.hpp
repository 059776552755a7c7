// Outbound calls in the database: the facts that the gate reads, its decision and the intent, all
// in one transaction (O07). Blocking; each function expects an open transaction of the caller and
// commits nothing. What becomes of an intent is store/dial_intents; who talks to the carrier is
// bridge/outbound.
//
// At most one call per intent: it is dialled only by who moved it from `queued` to `placing`, and
// that move is committed before the carrier is asked (O01, O03). All moves and all new intents hold
// one transaction lock, so that two nodes cannot both count the calls before either adds one (O02);
// it is held for a few milliseconds, and nobody dials faster than a few calls a second.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bridge/dial/gate.hpp"
#include "store/phone_hash.hpp"
#include "store/postgres.hpp"

namespace tandem::store {

/// What the gate is told beside the database's facts.
struct DialContext {
  core::WallTime now{};
  bool clock_is_steady = false;
  std::vector<core::PhoneNumber> owned_numbers;
  dial::Policy policy;
  std::string node;
  /// Null: no PHONE_HASH_KEY. Then a do-not-call row that is only a hash makes the list unknown.
  const PhoneHasher* hasher = nullptr;
};

struct DialRequest {
  std::string idempotency_key;  ///< 1 to 200 characters; the same key is the same call for ever
  core::CallId call_id;         ///< of the call, should it come to be
  dial::Intention intention;
  std::string message;       ///< for the agent
  std::string requested_by;  ///< who asked, for the record
};

/// What became of a request: the first one with its key decides.
struct DialAnswer {
  core::CallId call_id;  ///< empty when refused
  std::vector<std::string> refusals;
  bool is_repeat = false;    ///< this key was answered before
  bool is_conflict = false;  ///< before, and for something else: nothing else is filled
};

/// Everything the gate wants to know of this callee. `except`: an intent that does not count as an
/// earlier call, because it is the one in question.
dial::Facts load_dial_facts(Connection& connection, const core::PhoneNumber& to,
                            const DialContext& context, const core::CallId& except = {});

/// Asks the gate, keeps the decision, and if it is allowed queues the intent and writes the row of
/// the call (`queued`, outbound), which later words of the call and of the carrier complete.
DialAnswer request_call(Connection& connection, const DialRequest& request,
                        const DialContext& context);

/// An intent that may be dialled now, once, by the caller of claim_intent; or one that was refused
/// at the last moment.
struct ClaimedIntent {
  core::CallId call_id;
  dial::Intention intention;
  std::string message;
  std::int32_t tries = 0;             ///< how often it was claimed, this time included
  std::vector<std::string> refusals;  ///< empty: dial it, after the commit
};

/// The oldest queued intent, asked about again. Nothing when none waits, or none may begin yet.
std::optional<ClaimedIntent> claim_intent(Connection& connection, const DialContext& context);

/// Stops or resumes dialling on all nodes; a stop refuses what is queued. The number of intents
/// refused.
std::int64_t set_dial_switch(Connection& connection, bool is_stopped, const std::string& reason,
                             const std::string& changed_by);

}  // namespace tandem::store
