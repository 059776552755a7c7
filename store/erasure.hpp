// Erasing a person: every call of a number that began before the order, with all that hangs on it,
// wherever its records are.
//
// The order is a durable record in the spool (class A) before it is answered, imported like any
// other, and then a job. It holds the keyed hash of the number, never the number. Calls that run
// when it is given are erased too, with what is yet to be said in them; calls that begin later are
// kept. Records of erased calls that still wait in some node's spool, or on a disk that comes back
// in a month, are dropped at import: known by their call id, or by the hash in their first record.
//
// Kept, because the law wants it kept (docs/privacy.md): consent, do-not-call entries, dial intents
// and decisions, with the keyed hash in the place of the number; the audit log, which holds none.
// "Do not call me again", said in a call that is erased, still counts.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <span>
#include <string>

#include "bridge/core/record.hpp"
#include "store/call_deletion.hpp"
#include "store/job_worker.hpp"
#include "store/postgres.hpp"

namespace tandem::store {

struct ErasureOrder {
  std::string id;          ///< a UUID: the same order twice is one order
  std::string phone_hash;  ///< Vault::phone_hash
  std::string ordered_by;  ///< who gave it
  core::WallTime ordered_at{};
};

/// As it travels through the spool: an event of no call.
core::Record erasure_record(const ErasureOrder& order);
/// Nothing when the record is no order.
std::optional<ErasureOrder> erasure_order_of(const core::Record& record);

/// Writes the order and its job in a transaction of the caller; an order that is known changes
/// nothing.
void place_erasure_order(Connection& connection, const ErasureOrder& order);

/// Decides for the records of one import transaction which must not be written. Makes an erasure
/// that just runs wait until that transaction is over, and the other way round, so that no record
/// slips between. `connection` outlives it.
class ErasureGate {
 public:
  ErasureGate(Connection& connection, std::span<const core::Record> records);

  /// True: do not write it. An order is taken here; the first record of a call that an earlier
  /// order means makes that call an erased one.
  bool keeps_out(const core::Record& record);

 private:
  bool begins_erased_call(const core::Record& record);
  void keep_opt_out(const std::string& call_id, core::WallTime asked_at);

  Connection& connection_;
  std::set<std::string, std::less<>> erased_;
};

/// A copy that is not ours to delete: what the voice provider kept of a call.
struct ProviderChat {
  std::string provider;
  std::string chat_id;
  std::string chat_group_id;
  auto operator<=>(const ProviderChat&) const = default;
};

struct ErasureReport {
  DeletedRows deleted;
  DeletedRows kept;  ///< rows of tables that now hold a hash in place of the number
  std::set<std::string> carrier_call_ids;  ///< the carrier has records of its own
  std::set<ProviderChat> chats;

  /// A JSON object: deleted, kept (with why), outside, and what is still to come.
  [[nodiscard]] std::string json() const;
};

/// Erases; in transactions of at most 50 calls each. Repeating it is harmless: what is gone is not
/// counted again. Call it outside any transaction. Precondition: the vault can hash.
ErasureReport execute_erasure(Connection& connection, const ErasureOrder& order);

/// Notes that the order was carried out, with its report, in a transaction of the caller.
void finish_erasure(Connection& connection, const ErasureOrder& order, const ErasureReport& report);

/// As execute_erasure for every order there is: calls that came in through a node without the key.
ErasureReport enforce_erasures(Connection& connection);

/// Jobs of kind 'erase'. `on_erased` is told the order's id and the counts, after the commit.
JobHandler erasure_job(std::function<void(const std::string&, const ErasureReport&)> on_erased);

}  // namespace tandem::store
