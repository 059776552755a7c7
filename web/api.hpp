// The HTTP API, from request to question: what is asked for, or why it cannot be answered. Pure;
// web/answer_api.hpp asks the store, web/render.hpp writes the answer. Access is decided before
// (web/access.hpp).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "bridge/core/http.hpp"
#include "store/queries.hpp"

namespace tandem::web {

/// GET /api/v1/calls
struct ListCalls {
  store::CallFilter filter;
};
/// GET /api/v1/calls/{id}; call_id is a UUID in lower case, here and below.
struct GetCall {
  std::string call_id;
};
/// GET /api/v1/calls/{id}/transcript
struct GetTranscript {
  std::string call_id;
};
/// GET /api/v1/calls/{id}/events
struct GetEvents {
  std::string call_id;
};
/// GET /api/v1/calls/{id}/latency
struct GetLatency {
  std::string call_id;
};

using ApiQuery = std::variant<ListCalls, GetCall, GetTranscript, GetEvents, GetLatency>;
/// A question, or the problem document that answers the request.
using ApiRequest = std::variant<ApiQuery, core::HttpResponse>;

/// A UUID, in lower case; nothing when it is none.
std::optional<std::string> parse_call_id(std::string_view text);

/// True for every path that parse_api answers, with a problem document if need be.
bool is_api_path(std::string_view path) noexcept;

/// Problems: 400 with all wrong parameters by name, 404, 405. Paths are compared as sent and never
/// decoded, so no spelling of ".." or NUL names anything (faults A08).
ApiRequest parse_api(const core::HttpRequest& request);

}  // namespace tandem::web
