// The keyed hash of a telephone number: HMAC-SHA-256 over its E.164 text. What is left of a number
// when a person is erased, and what calls are found by without writing the number down again. The
// key stays outside the database: the 10^10 numbers of a plan are tried in seconds against a hash
// without one.
//
// Not here: which tables hold hashes (store/erasure), rotation of the key (docs/privacy.md).
#pragma once

#include <string>

#include "bridge/core/types.hpp"

namespace tandem::store {

/// Characters of PHONE_HASH_KEY and TRANSCRIPT_KEY at least; `openssl rand -hex 32` gives 64.
inline constexpr std::size_t vault_key_characters_min = 32;

class PhoneHasher {
 public:
  explicit PhoneHasher(core::Secret key) : key_(std::move(key)) {}

  /// 64 hexadecimal digits; decode($1, 'hex') is the column. The text is hashed as it is: whether
  /// it is E.164 is the caller's business.
  [[nodiscard]] std::string hash(const core::PhoneNumber& number) const;

 private:
  core::Secret key_;
};

}  // namespace tandem::store
