// Who must not be called and who agreed to be: our own list, imports of the national registry, and
// consents. Blocking. Changes belong into a transaction of the caller, together with their audit
// entry, except for import_registry. What pages show of all this is in store/dial_queries, what
// they change in store/queries_dial_orders.
#pragma once

#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "store/postgres.hpp"

namespace tandem::store {

/// One line of our own list.
struct DoNotCallEntry {
  core::PhoneNumber number;  ///< E.164
  std::string reason;
  std::string source;    ///< "opt_out", "operator", ...
  std::string added_by;  ///< a person or a program
  core::WallTime added_at{};
};

/// The number's hash as decode($1, 'hex') takes it; nothing without a key.
using PhoneHash = std::optional<std::string>;

/// Rows that a change met. Their ids say in the audit log what was changed, without the number.
struct Changed {
  std::vector<std::int64_t> ids;
  [[nodiscard]] bool any() const noexcept { return !ids.empty(); }
  /// "7" or "7 9"; empty for none.
  [[nodiscard]] std::string words() const;
};

/// Effective with the commit, for every node. Nothing is changed when it was on the list before,
/// except that every consent of the person ends either way.
Changed add_do_not_call(Connection& connection, const DoNotCallEntry& entry, const PhoneHash& hash);
/// Nothing is changed when it was not on the list.
Changed remove_do_not_call(Connection& connection, const core::PhoneNumber& number,
                           const PhoneHash& hash);
/// Newest first. Rows of erased people, which hold no number, are left out.
std::vector<DoNotCallEntry> list_do_not_call(Connection& connection, int limit);

/// The registry's file as it was read: one number a line, "2125550123", "212,5550123" or
/// "+12125550123".
struct RegistryFile {
  std::vector<std::int64_t> digits;  ///< sorted, each once: 12125550123
  std::int64_t lines = 0;
  std::string sha256;           ///< of the bytes
  std::int64_t wrong_line = 0;  ///< the first line that is no such number, from 1; 0: none
};
RegistryFile read_registry(std::istream& file);
/// Of the rest of a stream; 64 hexadecimal digits.
std::string sha256_of(std::istream& file);

struct RegistryImport {
  std::string san;
  core::WallTime data_date{};
  std::string imported_by;
  bool accepts_loss = false;  ///< more than 5 % may be missing against the import before
};
/// Numbers of the newest complete import; 0: there was none.
std::int64_t registry_rows(Connection& connection);
/// In several transactions: until the last of them the newest import is incomplete, and the gate
/// refuses telemarketing. The numbers of its predecessor are deleted at the end. False: numbers are
/// missing afterwards (another import ran), so it stays incomplete.
bool import_registry(Connection& connection, const RegistryFile& file,
                     const RegistryImport& import);

struct ConsentEntry {
  core::PhoneNumber number;
  std::string purpose;  ///< "informational" or "telemarketing"
  std::string seller;
  bool is_written = false;
  std::string wording;
  std::string channel;  ///< "web form", "paper", "telephone"
  /// "ip", "recording" or "document", and what it is called; the hash is of that evidence.
  std::string evidence_kind;
  std::string evidence;
  std::string evidence_sha256;  ///< 64 hexadecimal digits
  std::string region;           ///< state of the address on file, "FL"; may be empty
  core::WallTime captured_at{};
  std::optional<core::WallTime> revoked_at;
};
Changed add_consent(Connection& connection, const ConsentEntry& entry, const PhoneHash& hash);
/// Ends every consent of the person, whatever its purpose.
Changed revoke_consents(Connection& connection, const core::PhoneNumber& number,
                        const PhoneHash& hash);
/// Newest first.
std::vector<ConsentEntry> list_consents(Connection& connection, const core::PhoneNumber& number);

}  // namespace tandem::store
