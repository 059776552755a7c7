#include "web/api.hpp"

#include <array>

#include "web/answers.hpp"
#include "web/call_id.hpp"
#include "web/readers.hpp"

namespace tandem::web {

namespace {

constexpr std::string_view id_mark = "{id}";

// The first row that fits counts.
constexpr std::array table = {
    Route{"GET", "/healthz", Access::anyone, ask_alive},
    Route{"GET", "/readyz", Access::anyone, ask_ready},
    Route{"GET", "/metrics", Access::machine, ask_metrics},
    Route{"GET", "/test-twilio", Access::view, ask_carrier},
    Route{"GET", "/api/v1/openapi.json", Access::view, get_openapi},
    Route{"GET", "/admin/v1/schema.json", Access::view, get_admin_schema},
    Route{"POST", "/api/v1/ws-ticket", Access::view, ask_ticket},
    Route{"GET", "/api/v1/health/dependencies", Access::machine, ask_dependencies},
    Route{"GET", "/api/v1/analytics", Access::view, get_analytics},
    Route{"GET", "/api/v1/calls", Access::view, list_calls},
    Route{"POST", "/api/v1/calls", Access::operate, place_call},
    Route{"POST", "/make-call", Access::operate, place_call},
    Route{"GET", "/api/v1/calls/export.csv", Access::view, export_csv},
    Route{"GET", "/api/v1/calls/export.json", Access::view, export_json},
    Route{"GET", "/api/v1/calls/{id}", Access::view, get_call},
    Route{"GET", "/api/v1/calls/{id}/transcript", Access::view, get_transcript},
    Route{"GET", "/api/v1/calls/{id}/events", Access::view, get_events},
    Route{"GET", "/api/v1/calls/{id}/latency", Access::view, get_latency},
    Route{"POST", "/api/v1/calls/{id}/analyze", Access::operate, analyse_call},
    Route{"POST", "/api/v1/calls/{id}/hangup", Access::operate, read_command},
    Route{"POST", "/api/v1/calls/{id}/say", Access::operate, read_command},
    Route{"POST", "/api/v1/calls/{id}/context", Access::operate, read_command},
    Route{"POST", "/api/v1/calls/{id}/pause", Access::operate, read_command},
    Route{"POST", "/api/v1/calls/{id}/resume", Access::operate, read_command},
    Route{"POST", "/api/v1/calls/{id}/transfer", Access::operate, read_command},
    Route{"GET", "/api/v1/dnc", Access::operate, list_dnc},
    Route{"POST", "/api/v1/dnc", Access::operate, add_dnc},
    Route{"DELETE", "/api/v1/dnc", Access::administer, remove_dnc},
    Route{"GET", "/api/v1/consent", Access::operate, list_consent},
    Route{"POST", "/api/v1/consent", Access::administer, add_consent},
    Route{"DELETE", "/api/v1/consent", Access::operate, revoke_consent},
    Route{"GET", "/api/v1/decisions", Access::operate, list_decisions},
    Route{"GET", "/api/v1/dialling", Access::view, get_dialling},
    Route{"POST", "/api/v1/dialling", Access::operate, set_dialling},
    Route{"GET", "/latency/stats", Access::view, get_latency_stats},
    Route{"GET", "/latency/bottlenecks", Access::view, get_bottlenecks},
    Route{"GET", "/latency/session/{id}", Access::view, get_latency_session},
    Route{"GET", "/latency/config", Access::view, get_latency_config},
    Route{"POST", "/latency/config", Access::administer, change_latency_config},
    Route{"POST", "/api/v1/erase", Access::administer, erase_number},
    Route{"GET", "/api/v1/erase/{id}", Access::administer, get_erasure},
    Route{"GET", "/api/v1/session", Access::view, show_session},
    Route{"POST", "/api/v1/session", Access::anyone, log_in},
    Route{"DELETE", "/api/v1/session", Access::view, log_out},
    Route{"POST", "/api/v1/session/password", Access::view, change_password},
    Route{"POST", "/api/v1/setup", Access::anyone, use_setup_link},
    Route{"GET", "/api/v1/users", Access::administer, list_users},
    Route{"POST", "/api/v1/users", Access::administer, add_user},
    Route{"POST", "/api/v1/users/{id}", Access::administer, change_user},
    Route{"GET", "/api/v1/tokens", Access::administer, list_tokens},
    Route{"POST", "/api/v1/tokens", Access::administer, add_token},
    Route{"DELETE", "/api/v1/tokens/{id}", Access::administer, revoke_token},
    Route{"GET", "/api/v1/audit", Access::administer, list_audit},
    Route{"GET", "/api/v1/audit/check", Access::administer, check_audit},
};

/// What stands at {id} of the pattern, empty for a pattern without; nothing when the path is not of
/// this pattern.
std::optional<std::string_view> match(std::string_view pattern, std::string_view path) noexcept {
  const auto mark = pattern.find(id_mark);
  if (mark == std::string_view::npos) {
    return path == pattern ? std::optional<std::string_view>("") : std::nullopt;
  }
  const auto before = pattern.substr(0, mark);
  const auto after = pattern.substr(mark + id_mark.size());
  if (!path.starts_with(before)) return std::nullopt;
  const auto rest = path.substr(before.size());
  const auto id = rest.substr(0, rest.find('/'));
  if (id.empty() || rest.substr(id.size()) != after) return std::nullopt;
  return id;
}

}  // namespace

std::span<const Route> routes() noexcept { return table; }

std::optional<std::variant<const Route*, core::HttpResponse>> find_route(
    const core::HttpRequest& request) {
  const auto path = request.path();
  std::string allowed;
  std::string_view pattern;  // the first that fits; other methods have rows of their own
  for (const Route& route : table) {
    if (!match(route.pattern, path) || (!pattern.empty() && route.pattern != pattern)) continue;
    if (route.method == request.method) return &route;
    allowed += (allowed.empty() ? "" : ", ") + std::string(route.method);
    pattern = route.pattern;
  }
  if (!allowed.empty()) return wrong_method(allowed);
  if (path.starts_with("/api/")) return no_such_page();
  return std::nullopt;
}

std::string subject_of(const Route& route, const core::HttpRequest& request) {
  return std::string(match(route.pattern, request.path()).value_or(""));
}

ApiTask read_request(const Route& route, Asked asked) {
  if (route.pattern.find(id_mark) != std::string_view::npos) {
    auto id = parse_call_id(match(route.pattern, asked.request.path()).value_or(""));
    if (!id) return no_such_call();
    asked.call_id = *std::move(id);
  }
  return route.read(asked);
}

}  // namespace tandem::web
