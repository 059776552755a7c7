// `tandem serve`: builds the parts, starts the threads, runs until a signal, drains, and takes
// everything down in order.
#pragma once

#include "bridge/config.hpp"

namespace tandem {

/// Exit code: 0 after a clean drain, 1 when a part could not start.
int serve(const Config& config);

}  // namespace tandem
