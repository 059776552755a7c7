// What people look at before and after calls are placed: our own do-not-call list, consents with
// their evidence, decisions of the gate, the switch, the imported registry. Blocking, read only;
// every function throws PostgresError. Numbers of erased people are gone: only their hash is left.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "store/do_not_call.hpp"

namespace tandem::store {

/// Rows are numbered as they were entered; a page goes down from there.
struct NumberedPage {
  std::int64_t before = 0;  ///< rows with a smaller number; 0: from the newest on
  std::int32_t limit = 50;  ///< 1 to numbered_page_max, others are brought into that range
};
inline constexpr std::int32_t numbered_page_max = 500;

template <class Row>
struct NumberedRows {
  std::vector<Row> rows;  ///< newest first
  std::int64_t next = 0;  ///< `before` of the next page; 0 on the last one
};

struct ListedNumber {
  std::int64_t id = 0;
  DoNotCallEntry entry;  ///< the number is empty for an erased person
  std::string call_id;   ///< in which they asked for it; empty: outside of a call
};
NumberedRows<ListedNumber> list_own_numbers(Connection& connection, const NumberedPage& page);

struct RecordedConsent {
  std::int64_t id = 0;
  ConsentEntry entry;  ///< the number is empty for an erased person
  core::WallTime recorded_at{};
};
NumberedRows<RecordedConsent> list_recorded_consents(Connection& connection,
                                                     const NumberedPage& page);

/// What the gate said, once: when a call was asked for, and again when it was about to be dialled.
struct RecordedDecision {
  std::int64_t id = 0;
  core::PhoneNumber number;  ///< as it was asked for, which may be no number; empty: erased
  std::string purpose;
  bool is_allowed = false;
  std::vector<std::string> refusals;  ///< names, dial::RefusalText
  std::string facts_json;             ///< what it rested on; holds no number
  std::string call_id;                ///< empty when refused
  std::string decided_by;
  core::WallTime decided_at{};
};
NumberedRows<RecordedDecision> list_decisions(Connection& connection, const NumberedPage& page,
                                              std::optional<bool> is_allowed);

/// The newest import of the national registry, whatever its state: that is the one that counts.
struct RegistryState {
  bool is_complete = false;
  core::WallTime data_date{};
  std::int64_t rows = 0;  ///< that are there and were announced; 0 when none are there
  std::int64_t rows_before = 0;
  std::string imported_by;
  core::WallTime started_at{};
  std::optional<core::WallTime> finished_at;
};

struct DiallingState {
  bool is_stopped = true;
  std::string reason;
  std::string changed_by;
  core::WallTime changed_at{};
  std::int64_t queued = 0;
  std::int64_t placing = 0;               ///< the carrier is being asked
  std::int64_t running = 0;               ///< placed, and not known to be over
  std::int64_t unresolved = 0;            ///< the carrier's answer was lost; never dialled again
  std::optional<RegistryState> registry;  ///< nothing: never imported
};
DiallingState load_dialling_state(Connection& connection);

}  // namespace tandem::store
