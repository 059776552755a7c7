// What every answer of the API and the dashboard has in common: security headers, JSON, problem
// documents.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "bridge/core/http.hpp"

namespace tandem::web {

/// The headers of every answer to a browser. The policy allows nothing but our own scripts, styles,
/// images and connections: no inline code, no eval, no frames, no other host. Trusted Types lets
/// only Svelte's own policy turn text into elements. tests/browser runs the pages under exactly
/// these.
const core::HttpHeaders& security_headers();

/// 200 with a JSON body that no cache keeps.
core::HttpResponse json_answer(std::string body);

/// One wrong parameter.
struct ParameterError {
  std::string name;   ///< of the parameter, as it was sent
  std::string code;   ///< stable, for programs: "not_a_number", "unknown_parameter", ...
  std::string words;  ///< what is expected, for people
};

/// A problem document (RFC 9457, application/problem+json): `detail` says what to do.
core::HttpResponse problem(int status, std::string_view title, std::string_view detail,
                           const std::vector<ParameterError>& errors = {});

/// 400 with all of them; at least one.
core::HttpResponse wrong_parameters(const std::vector<ParameterError>& errors);

core::HttpResponse no_such_page();
core::HttpResponse no_such_call();
/// 202: the verdict is queued. 409: the call runs on, or is being judged now.
core::HttpResponse analysis_accepted(std::string_view call_id);
core::HttpResponse analysis_refused();
/// 405; `allowed` is the value of the header Allow.
core::HttpResponse wrong_method(std::string_view allowed);
/// 503 with Retry-After.
core::HttpResponse database_unavailable();
/// 500: a bug or a database error that trying again does not help. The log has the reason, the
/// answer has not.
core::HttpResponse internal_problem();

}  // namespace tandem::web
