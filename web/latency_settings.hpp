// What operators may set about the time that calls take (GET and POST /latency/config): names,
// bounds and meaning of every setting, and what they come to for a new call. Pure. Where they are
// kept: store/latency_settings; who reads them: bridge/latency_monitor.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "bridge/call/patience.hpp"
#include "bridge/call/playout.hpp"
#include "web/answers.hpp"

namespace tandem::web {

/// The settings of one call.
struct LatencySettings {
  call::PlayoutSettings playout;
  call::Patience patience;
  std::chrono::milliseconds greeting_protected{0};
};

struct LatencyRule {
  std::string_view name;  ///< "playout_lead_ms"
  std::int64_t min;       ///< milliseconds, like everything here
  std::int64_t max;
  std::int64_t step;       ///< values are whole multiples
  std::string_view means;  ///< for people: what it does, and what more and less of it cost
  std::chrono::milliseconds& (*of)(LatencySettings& settings);
};

std::span<const LatencyRule> latency_rules() noexcept;
const LatencyRule* find_latency_rule(std::string_view name) noexcept;
std::int64_t value_of(const LatencyRule& rule, LatencySettings settings);

/// Names with their new values; nothing: back to the default.
using LatencyChanges = std::vector<std::pair<std::string, std::optional<std::int64_t>>>;

/// A body of names with whole numbers, or the text "default". Problems: those of read_json_body;
/// 422 with all members that are unknown, no number or out of their bounds, and for a body without
/// any.
std::variant<LatencyChanges, core::HttpResponse> read_latency_changes(
    const core::HttpRequest& request);

/// What of these settings contradicts another one; empty when they can be used.
std::vector<ParameterError> contradictions(const LatencySettings& settings);

/// 422 with all of them.
core::HttpResponse latency_settings_refused(const std::vector<ParameterError>& errors);

}  // namespace tandem::web
