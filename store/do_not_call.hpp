// Who must not be called and who agreed to be: our own list, imports of the national registry, and
// consents. Blocking. Unless it says otherwise, a function commits by itself.
#pragma once

#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "store/phone_hash.hpp"
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

/// Effective with the commit of this, for every node. False: it was on the list before. `hasher`
/// may be null. Every consent of the person ends.
bool add_do_not_call(Connection& connection, const DoNotCallEntry& entry,
                     const PhoneHasher* hasher);
/// False: it was not on the list.
bool remove_do_not_call(Connection& connection, const core::PhoneNumber& number,
                        const PhoneHasher* hasher);
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
void add_consent(Connection& connection, const ConsentEntry& entry, const PhoneHasher* hasher);
/// Ends every consent of the person, whatever its purpose; how many there were.
std::int64_t revoke_consents(Connection& connection, const core::PhoneNumber& number,
                             const PhoneHasher* hasher);
/// Newest first.
std::vector<ConsentEntry> list_consents(Connection& connection, const core::PhoneNumber& number);

}  // namespace tandem::store
