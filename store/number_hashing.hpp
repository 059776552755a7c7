// Fills phone_hash where a row has a number and no hash: rows written by a version or a node that
// had no PHONE_HASH_KEY, and lists that were imported as numbers.
#pragma once

#include <cstdint>

#include "store/postgres.hpp"

namespace tandem::store {

/// Walks every table that has a number and its hash, in transactions of 500 rows; answers how
/// many were filled. A do-not-call number whose hash another row already has stays as it is.
/// Nothing without the key. Call it outside any transaction; throws PostgresError.
std::int64_t hash_numbers(Connection& connection);

}  // namespace tandem::store
