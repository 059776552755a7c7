// The keys that a process holds outside the database, immutable. A connection carries them
// (store/postgres.hpp), so that whoever writes or reads through it can hash and seal; without a key
// nothing is hashed, nothing sealed.
#pragma once

#include <optional>
#include <string>

#include "store/phone_hash.hpp"
#include "store/sealing.hpp"

namespace tandem::store {

class Vault {
 public:
  /// Empty: without that key.
  Vault(const core::Secret& phone_hash_key, const core::Secret& transcript_key) {
    if (!phone_hash_key.empty()) hasher_.emplace(phone_hash_key);
    if (!transcript_key.empty()) master_.emplace(transcript_key);
  }
  Vault(const Vault&) = delete;
  Vault& operator=(const Vault&) = delete;

  [[nodiscard]] bool can_hash() const noexcept { return hasher_.has_value(); }
  /// 64 hexadecimal digits; nothing without the key or without a number.
  [[nodiscard]] std::optional<std::string> phone_hash(const core::PhoneNumber& number) const {
    if (!hasher_ || number.empty()) return std::nullopt;
    return hasher_->hash(number);
  }
  /// Null without TRANSCRIPT_KEY.
  [[nodiscard]] const MasterKey* master() const noexcept { return master_ ? &*master_ : nullptr; }

 private:
  std::optional<PhoneHasher> hasher_;
  std::optional<MasterKey> master_;
};

}  // namespace tandem::store
