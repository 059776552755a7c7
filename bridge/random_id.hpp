// Unguessable and unique names, from OpenSSL's generator. Not for pure folders: their randomness is
// an argument.
#pragma once

#include <string>

#include "bridge/core/types.hpp"

namespace tandem {

/// 128 random bits as 32 lower-case hexadecimal digits: nonces and one-time tokens.
std::string random_hex_128();
/// UUID version 4 (RFC 9562) in canonical form.
core::CallId random_call_id();

}  // namespace tandem
