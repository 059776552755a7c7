// Debian 12 carries Catch2 2.13, later systems Catch2 3: the include path is the only difference we
// meet.
#pragma once

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#else
#include <catch2/catch.hpp>
#endif
