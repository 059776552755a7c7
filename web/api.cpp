#include "web/api.hpp"

#include <algorithm>
#include <cctype>
#include <optional>

#include "web/answers.hpp"
#include "web/parameters.hpp"

namespace tandem::web {

namespace {

constexpr std::string_view root = "/api/v1/";
constexpr std::int64_t duration_s_max = 86'400;
constexpr std::int64_t page_max = 500;

bool is_cursor(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-';
  });
}

core::HttpResponse wrong_parameters(const std::vector<ParameterError>& errors) {
  const ParameterError& first = errors.front();
  return problem(400, "A parameter is wrong", first.name + ": " + first.words, errors);
}

store::CallFilter read_filter(Parameters& parameters) {
  store::CallFilter filter;
  filter.outcome = parameters.one_of(
      "outcome", {"booked", "not_booked", "unclear", "pending", "needs_review", "failed", "none"});
  filter.q = parameters.text("q", 200);
  filter.number = parameters.phone_number("number");
  filter.from = parameters.instant("from", false);
  filter.to = parameters.instant("to", true);
  filter.min_duration_s = parameters.number("min_duration", 0, duration_s_max);
  filter.max_duration_s = parameters.number("max_duration", 0, duration_s_max);
  filter.status =
      parameters.one_of("status", {"queued", "initiated", "ringing", "in-progress", "completed",
                                   "busy", "failed", "no-answer", "canceled"});
  filter.direction = parameters.one_of("direction", {"inbound", "outbound"});
  filter.cursor = parameters.text("cursor", 128).value_or("");
  filter.limit = static_cast<std::int32_t>(parameters.number("limit", 1, page_max).value_or(50));
  return filter;
}

ApiRequest parse_list(std::string_view query) {
  Parameters parameters(query);
  const store::CallFilter filter = read_filter(parameters);
  if (filter.from && filter.to && *filter.from >= *filter.to) {
    parameters.fail("to", "before_from", "later than from");
  }
  if (filter.min_duration_s && filter.max_duration_s &&
      *filter.min_duration_s > *filter.max_duration_s) {
    parameters.fail("max_duration", "below_min", "at least min_duration");
  }
  if (!is_cursor(filter.cursor)) {
    parameters.fail("cursor", "unknown_cursor", "the next_cursor of a page before");
  }
  const auto& errors = parameters.finish();
  if (!errors.empty()) return wrong_parameters(errors);
  return ApiQuery(ListCalls{filter});
}

std::optional<ApiQuery> query_of(std::string call_id, std::string_view part) {
  if (part.empty()) return GetCall{std::move(call_id)};
  if (part == "/transcript") return GetTranscript{std::move(call_id)};
  if (part == "/events") return GetEvents{std::move(call_id)};
  if (part == "/latency") return GetLatency{std::move(call_id)};
  return std::nullopt;
}

ApiRequest parse_one(std::string_view rest, const core::HttpRequest& request) {
  const auto slash = rest.find('/');
  const auto part = slash == std::string_view::npos ? std::string_view{} : rest.substr(slash);
  const auto id = parse_call_id(rest.substr(0, slash));
  auto query = query_of(id.value_or(""), part);
  if (!query) return no_such_page();
  if (!id) return no_such_call();
  if (request.method != "GET") return wrong_method("GET");
  const auto errors = Parameters(request.query()).finish();
  if (!errors.empty()) return wrong_parameters(errors);
  return *std::move(query);
}

}  // namespace

std::optional<std::string> parse_call_id(std::string_view text) {
  if (text.size() != 36) return std::nullopt;
  std::string uuid;
  for (const char c : text) {
    const std::size_t at = uuid.size();
    const bool is_dash = at == 8 || at == 13 || at == 18 || at == 23;
    const auto byte = static_cast<unsigned char>(c);
    if (is_dash ? c != '-' : std::isxdigit(byte) == 0) return std::nullopt;
    uuid += static_cast<char>(std::tolower(byte));
  }
  return uuid;
}

bool is_api_path(std::string_view path) noexcept { return path.starts_with("/api/"); }

ApiRequest parse_api(const core::HttpRequest& request) {
  std::string_view path = request.path();
  if (!path.starts_with(root)) return no_such_page();
  path.remove_prefix(root.size());
  if (path == "calls") {
    return request.method == "GET" ? parse_list(request.query()) : wrong_method("GET");
  }
  constexpr std::string_view one_call = "calls/";
  if (!path.starts_with(one_call)) return no_such_page();
  return parse_one(path.substr(one_call.size()), request);
}

}  // namespace tandem::web
