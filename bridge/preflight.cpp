#include "bridge/preflight.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include "bridge/core/day.hpp"
#include "bridge/dial/calling_hours.hpp"
#include "bridge/dial_context.hpp"
#include "gemini/live_voices.hpp"
#include "openai/realtime_session.hpp"

namespace tandem {

namespace {

/// What is set for a provider, for the words of a remedy.
struct Names {
  std::string_view url;  ///< value of its URL setting
  std::string_view url_setting;
  std::string_view key_setting;
  std::string_view model;  ///< empty: none was asked for
  std::string_view model_setting;
};

Names names_of(const Config& config, VoiceProviderName provider) {
  switch (provider) {
    case VoiceProviderName::hume:
      return {config.hume.url, "HUME_URL", "HUME_API_KEY", config.hume.config_id, "HUME_CONFIG_ID"};
    case VoiceProviderName::gemini:
      return {config.gemini.url, "GEMINI_URL", "GEMINI_API_KEY", config.gemini.live_model,
              "GEMINI_LIVE_MODEL"};
    case VoiceProviderName::openai:
      return {config.openai.url, "OPENAI_URL", "OPENAI_API_KEY", config.openai.realtime_model,
              "OPENAI_REALTIME_MODEL"};
  }
  return {};
}

std::string what_happened(const core::OutgoingResponse& answer) {
  if (answer.failure != core::OutgoingResponse::Failure::none) return answer.failure_text;
  return fmt::format("HTTP {}", answer.status);
}

/// Hume's own host, as opposed to a private deployment.
bool is_hosted_evi(const Config& config, VoiceProviderName provider) {
  return provider == VoiceProviderName::hume && config.hume.url == Config::Hume{}.url;
}

/// Nobody is there, or somebody who knows nothing of this service.
bool is_gone(const core::OutgoingResponse& answer) {
  return answer.failure != core::OutgoingResponse::Failure::none || answer.status == 404 ||
         answer.status == 410 || (answer.status >= 300 && answer.status < 400);
}

std::string remedy_of(const Names& names, const core::OutgoingResponse& answer) {
  if (answer.failure != core::OutgoingResponse::Failure::none)
    return fmt::format("{} cannot be reached; check {} and the network", names.url,
                       names.url_setting);
  if (answer.status == 400 || answer.status == 401 || answer.status == 403)
    return fmt::format("the key was refused; check {}", names.key_setting);
  if (answer.status == 404 && !names.model.empty())
    return fmt::format("there is no {}; check {}", names.model, names.model_setting);
  if (answer.status == 429)
    return "too many requests, or the quota is used up; look at the provider's limits and billing";
  if (answer.status >= 500) return "the provider is in trouble; try again later";
  return fmt::format("this is not the service; check {}", names.url_setting);
}

/// A text of the answer's outermost object; empty when there is none.
std::string text_in(const std::string& body, std::string_view key) {
  simdjson::dom::parser parser;
  std::string_view text;
  const simdjson::padded_string padded(body);
  if (parser.parse(padded)[key].get(text) != simdjson::SUCCESS) return {};
  return std::string(text.substr(0, 40));
}

bool has_voice(const std::string& voice, VoiceProviderName provider) {
  if (voice.empty() || provider == VoiceProviderName::hume) return true;
  if (provider == VoiceProviderName::gemini) return !gemini::known_voice(voice).empty();
  openai::RealtimeSettings settings;
  settings.voice = voice;
  return !openai::voice_of(settings).empty();
}

PreflightResult judge_good(const Config& config, VoiceProviderName provider, const Names& names,
                           const core::OutgoingResponse& answer) {
  PreflightResult result;
  result.is_ready = true;
  result.detail = names.model.empty() ? std::string("reachable, key accepted")
                                      : fmt::format("key accepted, {} is there", names.model);
  const auto end =
      provider == VoiceProviderName::openai ? text_in(answer.body, "shutdown_date") : std::string();
  if (!end.empty()) {
    result.is_worth_a_warning = true;
    result.detail += fmt::format(" until {}; choose a newer {}", end, names.model_setting);
  } else if (!has_voice(config.agent.voice, provider)) {
    result.is_worth_a_warning = true;
    result.detail += "; it has no voice of the name in AGENT_VOICE and uses its own";
  }
  return result;
}

}  // namespace

core::OutgoingRequest preflight_request(const Config& config, VoiceProviderName provider) {
  core::OutgoingRequest request;
  std::string url;
  switch (provider) {
    case VoiceProviderName::hume:
      url = config.hume.url + "/v0/evi/configs";
      if (!config.hume.config_id.empty()) url += "/" + config.hume.config_id;
      url += "?page_number=0&page_size=1";
      request.headers = {{"X-Hume-Api-Key", config.hume.api_key.expose()}};
      break;
    case VoiceProviderName::gemini:
      url = config.gemini.url + "/v1beta/models/" + config.gemini.live_model;
      request.headers = {{"x-goog-api-key", config.gemini.api_key.expose()}};
      break;
    case VoiceProviderName::openai:
      url = config.openai.url + "/v1/models/" + config.openai.realtime_model;
      request.headers = {{"Authorization", "Bearer " + config.openai.api_key.expose()}};
      break;
  }
  core::parse_url(url, request.url);
  return request;
}

PreflightResult judge_preflight(const Config& config, VoiceProviderName provider,
                                const core::OutgoingResponse& answer) {
  const Names names = names_of(config, provider);
  if (is_hosted_evi(config, provider) && is_gone(answer)) {
    return {false, false,
            what_happened(answer) +
                "; Hume ended its hosted EVI on 13 November 2026: set VOICE_PROVIDER=gemini or "
                "openai, or HUME_URL to a private deployment"};
  }
  const bool is_good =
      answer.failure == core::OutgoingResponse::Failure::none && answer.status == 200;
  if (is_good) return judge_good(config, provider, names, answer);
  return {false, false, what_happened(answer) + "; " + remedy_of(names, answer)};
}

PreflightResult judge_hours_review(const Config& config, core::WallTime now) {
  constexpr std::chrono::days soon{30};
  if (first_caller_id(config).empty())
    return {true, false, "not asked for: without TWILIO_PHONE_NUMBER no calls are placed"};
  const auto reviewed = dial::reviewed_on(config.outbound.rules_reviewed);
  const auto left = dial::review_left(now, reviewed);
  const auto when = core::to_text(reviewed);
  const auto remedy =
      "compare docs/dialling.md with the law, then set CALLING_RULES_REVIEWED to the day on which "
      "you did";
  if (!left)
    return {
        false, false,
        fmt::format("compared with the law on {}, which counts for {} days: no call is placed; {}",
                    when, dial::review_counts_for.count(), remedy)};
  const auto state = fmt::format("compared with the law on {}, which counts for another {} days",
                                 when, left->count());
  if (*left < soon) return {true, true, state + "; " + remedy};
  return {true, false, state};
}

}  // namespace tandem
