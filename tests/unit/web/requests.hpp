// Requests as the tests of tests/unit/web write them.
#pragma once

#include <string>
#include <utility>

#include "bridge/core/http.hpp"
#include "web/answers.hpp"
#include "web/api.hpp"

namespace tandem::test {

inline core::HttpRequest get(std::string target, core::HttpHeaders headers = {}) {
  return {.method = "GET",
          .target = std::move(target),
          .headers = std::move(headers),
          .body = {},
          .peer = "127.0.0.1"};
}

/// What the API makes of a request; no_such_page() for what is not the API's.
inline web::ApiTask ask(const core::HttpRequest& request, core::WallTime now = {}) {
  auto found = web::find_route(request);
  if (!found) return web::no_such_page();
  if (auto* const problem = std::get_if<core::HttpResponse>(&*found)) return std::move(*problem);
  return web::read_request(*std::get<const web::Route*>(*found),
                           {request, now, "tester", web::Access::administer});
}

}  // namespace tandem::test
