#include "web/call_filter.hpp"

#include <algorithm>
#include <cctype>

namespace tandem::web {

namespace {

constexpr std::int64_t duration_s_max = 86'400;
constexpr std::int64_t page_max = 500;
constexpr std::int64_t page_default = 50;

bool is_cursor(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-';
  });
}

}  // namespace

store::CallFilter read_call_filter(Parameters& parameters) {
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
  filter.provider = parameters.one_of("provider", {"hume", "gemini", "openai", "none"});
  if (const auto word = parameters.one_of("answered", {"true", "false"}))
    filter.is_answered = *word == "true";
  filter.hour = parameters.number("hour", 0, 23);
  filter.weekday = parameters.number("weekday", 1, 7);
  if (filter.from && filter.to && *filter.from >= *filter.to) {
    parameters.fail("to", "before_from", "later than from");
  }
  if (filter.min_duration_s && filter.max_duration_s &&
      *filter.min_duration_s > *filter.max_duration_s) {
    parameters.fail("max_duration", "below_min", "at least min_duration");
  }
  return filter;
}

store::CallFilter read_call_page(Parameters& parameters) {
  store::CallFilter filter = read_call_filter(parameters);
  filter.cursor = parameters.text("cursor", 128).value_or("");
  filter.limit =
      static_cast<std::int32_t>(parameters.number("limit", 1, page_max).value_or(page_default));
  if (!is_cursor(filter.cursor)) {
    parameters.fail("cursor", "unknown_cursor", "the next_cursor of a page before");
  }
  return filter;
}

}  // namespace tandem::web
