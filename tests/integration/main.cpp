// The main of the integration tests lives alone so that the one expensive header expansion is
// compiled once.
#define CATCH_CONFIG_MAIN
#include "tests/unit/catch.hpp"
