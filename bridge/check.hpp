// `tandem check`: what would stop this configuration from carrying a call, one line each: ok, warn
// or fail + remedy.
#pragma once

#include <iosfwd>

#include "bridge/config.hpp"

namespace tandem {

/// True without a `fail`. Talks to the database and to every party; takes at most about 15 s.
bool check(const Config& config, std::ostream& out);

}  // namespace tandem
