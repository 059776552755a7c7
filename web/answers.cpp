#include "web/answers.hpp"

#include "web/json.hpp"

namespace tandem::web {

const core::HttpHeaders& security_headers() {
  static const core::HttpHeaders headers = {
      {"Content-Security-Policy",
       "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
       "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'; "
       "require-trusted-types-for 'script'; trusted-types svelte-trusted-html"},
      {"X-Content-Type-Options", "nosniff"},
      {"Referrer-Policy", "no-referrer"},
      {"X-Frame-Options", "DENY"},
      {"Cross-Origin-Opener-Policy", "same-origin"},
      {"Cross-Origin-Resource-Policy", "same-origin"},
      {"Permissions-Policy", "camera=(), geolocation=(), microphone=()"},
  };
  return headers;
}

namespace {

core::HttpResponse answer(int status, std::string_view type, std::string body) {
  core::HttpResponse response{.status = status, .headers = security_headers(), .body = {}};
  response.headers.emplace_back("Content-Type", type);
  response.headers.emplace_back("Cache-Control", "no-store");
  response.body = std::move(body);
  return response;
}

}  // namespace

core::HttpResponse json_answer(std::string body) {
  return answer(200, "application/json", std::move(body));
}

core::HttpResponse problem(int status, std::string_view title, std::string_view detail,
                           const std::vector<ParameterError>& errors) {
  JsonWriter json;
  json.begin_object()
      .member("type", "about:blank")
      .member("title", title)
      .member("status", std::int64_t{status})
      .member("detail", detail);
  if (!errors.empty()) {
    json.key("errors").begin_array();
    for (const ParameterError& error : errors) {
      json.begin_object()
          .member("name", error.name)
          .member("code", error.code)
          .member("detail", error.words)
          .end_object();
    }
    json.end_array();
  }
  return answer(status, "application/problem+json", json.end_object().finish());
}

core::HttpResponse wrong_parameters(const std::vector<ParameterError>& errors) {
  const ParameterError& first = errors.front();
  return problem(400, "A parameter is wrong", first.name + ": " + first.words, errors);
}

core::HttpResponse no_such_page() {
  return problem(404, "There is nothing at this address",
                 "The calls are at / for people and at /api/v1/calls for programs; "
                 "/api/v1/openapi.json has every address.");
}

core::HttpResponse no_such_call() {
  return problem(404, "There is no such call",
                 "The id may be mistyped, or the call is older than what is kept.");
}

core::HttpResponse analysis_accepted(std::string_view call_id) {
  JsonWriter json;
  json.begin_object()
      .member("call_id", call_id)
      .member("state", std::string_view("queued"))
      .end_object();
  return answer(202, "application/json", json.finish());
}

core::HttpResponse analysis_refused() {
  return problem(409, "This call cannot be judged now",
                 "It is still running, or its analysis is; ask again when that is over.");
}

core::HttpResponse wrong_method(std::string_view allowed) {
  auto response =
      problem(405, "This method is not for this address", "Use " + std::string(allowed) + " here.");
  response.headers.emplace_back("Allow", allowed);
  return response;
}

core::HttpResponse database_unavailable() {
  auto response =
      problem(503, "The database does not answer",
              "Calls go on and nothing is lost: records wait in the spool. Try again soon; "
              "`tandem check` tells what is wrong with the connection.");
  response.headers.emplace_back("Retry-After", "5");
  return response;
}

core::HttpResponse internal_problem() {
  return problem(500, "This failed inside the bridge", "The log of the bridge has the reason.");
}

}  // namespace tandem::web
