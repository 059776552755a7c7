#include "web/latency_settings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "web/json_body.hpp"

namespace tandem::web {

namespace {

using Settings = LatencySettings;
using Milliseconds = std::chrono::milliseconds;

/// Between two messages the carrier must not run dry: one tick of the shard's wheel early, a
/// remainder of two frames.
constexpr Milliseconds lead_above_message{40};

// Whole frames of 20 ms where audio is cut; the bounds keep a call usable, whatever is chosen.
constexpr std::array rules = {
    LatencyRule{"playout_lead_ms", 80, 1000, 20,
                "Agent audio that may wait at the carrier. More: safer against stalls of this "
                "machine. Less: the agent falls silent sooner when the caller cuts in.",
                [](Settings& s) -> Milliseconds& { return s.playout.lead; }},
    LatencyRule{"playout_message_ms", 20, 200, 20,
                "What one message to the carrier should hold. More: less CPU. Less: the first "
                "words leave in smaller pieces.",
                [](Settings& s) -> Milliseconds& { return s.playout.message; }},
    LatencyRule{"playout_message_max_ms", 20, 400, 20,
                "The most that one message to the carrier may hold.",
                [](Settings& s) -> Milliseconds& { return s.playout.message_max; }},
    LatencyRule{"playout_mark_every_ms", 100, 5000, 20,
                "How often the carrier is asked to say how far it has played. Less: the carrier's "
                "delay is known sooner.",
                [](Settings& s) -> Milliseconds& { return s.playout.mark_every; }},
    LatencyRule{"greeting_protected_ms", 0, 60000, 20,
                "The first words of a call cannot be interrupted for so long (default: "
                "GREETING_PROTECTED_MS). The agent is deaf meanwhile.",
                [](Settings& s) -> Milliseconds& { return s.greeting_protected; }},
    LatencyRule{"hold_unplayed_min_ms", 0, 2000, 10,
                "The caller speaks and less than this is left to play: it plays on.",
                [](Settings& s) -> Milliseconds& { return s.patience.hold_unplayed_min; }},
    LatencyRule{
        "hold_max_ms", 300, 5000, 10,
        "So long the agent is held silent without its verdict on a caller who cuts in. Hume "
        "EVI listens for 800 ms by itself.",
        [](Settings& s) -> Milliseconds& { return s.patience.hold_max; }},
    LatencyRule{"quiet_release_ms", 100, 3000, 10,
                "The caller has been quiet for so long: the agent goes on. Less: a cough costs "
                "less. More: fewer words spoken into a pause of the caller.",
                [](Settings& s) -> Milliseconds& { return s.patience.quiet_release; }},
    LatencyRule{"freeze_nudge_ms", 1000, 30000, 100,
                "An agent that owes an answer for so long is told that the caller waits.",
                [](Settings& s) -> Milliseconds& { return s.patience.freeze_nudge; }},
    LatencyRule{"freeze_resume_ms", 2000, 60000, 100, "... gets a new session.",
                [](Settings& s) -> Milliseconds& { return s.patience.freeze_resume; }},
    LatencyRule{"freeze_give_up_ms", 3000, 120000, 100,
                "... is given up: the fallback takes over, or the call ends.",
                [](Settings& s) -> Milliseconds& { return s.patience.freeze_give_up; }},
    LatencyRule{"one_moment_ms", 500, 30000, 100,
                "Without an agent for so long, the caller hears \"One moment, please.\"",
                [](Settings& s) -> Milliseconds& { return s.patience.one_moment; }},
};

std::string_view wrong_with(const LatencyRule& rule, std::int64_t value) {
  if (value < rule.min || value > rule.max) return "out_of_range";
  return value % rule.step == 0 ? "" : "not_a_multiple";
}

}  // namespace

std::span<const LatencyRule> latency_rules() noexcept { return rules; }

const LatencyRule* find_latency_rule(std::string_view name) noexcept {
  const auto found = std::find_if(rules.begin(), rules.end(),
                                  [name](const LatencyRule& rule) { return rule.name == name; });
  return found != rules.end() ? &*found : nullptr;
}

std::int64_t value_of(const LatencyRule& rule, LatencySettings settings) {
  return rule.of(settings).count();
}

std::variant<LatencyChanges, core::HttpResponse> read_latency_changes(
    const core::HttpRequest& request) {
  auto body = read_json_body(request);
  if (auto* const refusal = std::get_if<core::HttpResponse>(&body)) return std::move(*refusal);
  LatencyChanges changes;
  std::vector<ParameterError> errors;
  for (const auto& member : std::get<std::vector<BodyMember>>(body)) {
    const auto* const rule = find_latency_rule(member.name);
    if (rule == nullptr) {
      errors.push_back(
          {member.name, "unknown_setting", "one of those that GET /latency/config has"});
    } else if (member.text == "default") {
      changes.emplace_back(member.name, std::nullopt);
    } else if (!member.number) {
      errors.push_back({member.name, "not_a_number", "a whole number, or \"default\""});
    } else if (const auto wrong = wrong_with(*rule, *member.number); !wrong.empty()) {
      errors.push_back(
          {member.name, std::string(wrong),
           fmt::format("{} to {}, a multiple of {}", rule->min, rule->max, rule->step)});
    } else {
      changes.emplace_back(member.name, *member.number);
    }
  }
  if (changes.empty() && errors.empty()) errors.push_back({"", "empty", "at least one setting"});
  if (!errors.empty()) return latency_settings_refused(errors);
  return changes;
}

std::vector<ParameterError> contradictions(const LatencySettings& settings) {
  std::vector<ParameterError> errors;
  const auto require = [&errors](bool is_met, std::string_view name, std::string words) {
    if (!is_met) errors.push_back({std::string(name), "contradiction", std::move(words)});
  };
  const auto& playout = settings.playout;
  const auto& patience = settings.patience;
  require(playout.lead >= playout.message + lead_above_message, "playout_lead_ms",
          fmt::format("at least {} ms more than playout_message_ms", lead_above_message.count()));
  require(playout.message_max >= playout.message, "playout_message_max_ms",
          "at least playout_message_ms");
  require(playout.message_max <= playout.lead, "playout_message_max_ms", "at most playout_lead_ms");
  require(patience.quiet_release <= patience.hold_max, "quiet_release_ms", "at most hold_max_ms");
  require(patience.freeze_nudge < patience.freeze_resume, "freeze_resume_ms",
          "more than freeze_nudge_ms");
  require(patience.freeze_resume < patience.freeze_give_up, "freeze_give_up_ms",
          "more than freeze_resume_ms");
  return errors;
}

core::HttpResponse latency_settings_refused(const std::vector<ParameterError>& errors) {
  const auto& first = errors.front();
  return problem(422, "The settings cannot be used", first.name + ": " + first.words, errors);
}

}  // namespace tandem::web
