// Whether a database address lets anybody between here and the server read along or pose as it.
#pragma once

#include "bridge/core/types.hpp"

namespace tandem::store {

/// True when one of the hosts is across a network (neither a socket of this machine nor loopback)
/// and `sslmode` is not verify-full or verify-ca: libpq then talks to whoever answers, by default
/// even in plain text (fault P17). Looks at the address alone, not at PGSSLMODE and the like; false
/// for one that libpq does not understand, which will not connect anyway.
bool talks_to_strangers(const core::Secret& url);

}  // namespace tandem::store
