// Requests as the tests of tests/unit/web write them.
#pragma once

#include <string>
#include <utility>

#include "bridge/core/http.hpp"

namespace tandem::test {

inline core::HttpRequest get(std::string target, core::HttpHeaders headers = {}) {
  return {.method = "GET",
          .target = std::move(target),
          .headers = std::move(headers),
          .body = {},
          .peer = "127.0.0.1"};
}

}  // namespace tandem::test
