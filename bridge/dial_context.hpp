// What the dial gate is told by the settings, for the server and for `tandem call`.
#pragma once

#include <optional>
#include <string>

#include "bridge/config.hpp"
#include "store/dialling.hpp"

namespace tandem {

/// `hasher` may be null and must outlive the answer.
store::DialContext dial_context(const Config& config, const std::string& node,
                                const store::PhoneHasher* hasher, bool clock_is_steady);

/// Nothing without PHONE_HASH_KEY.
std::optional<store::PhoneHasher> phone_hasher(const Config& config);

/// The number that calls show unless another one is asked for; empty: none is set.
core::PhoneNumber first_caller_id(const Config& config);

}  // namespace tandem
