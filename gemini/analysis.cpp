#include "gemini/analysis.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

#include "codec/json_text.hpp"
#include "gemini/prompt.hpp"

namespace tandem::gemini {

namespace {

using std::chrono::milliseconds;

/// 2.x models take a budget and 3.x a level; both at once, or the wrong one, is an error of the
/// API. 3.5-flash-lite ignores a temperature.
std::string_view tuning_of(std::string_view model) noexcept {
  if (model.starts_with("gemini-2"))
    return R"("temperature":0,"thinkingConfig":{"thinkingBudget":0})";
  return R"("thinkingConfig":{"thinkingLevel":"MINIMAL"})";
}

void append_text_part(std::string& out, std::string_view text) {
  out += R"("parts":[{"text":)";
  codec::append_json_string(out, text);
  out += "}]";
}

std::string body_of(const AnalysisSettings& settings, std::span<const TranscriptTurn> turns) {
  std::string question(transcript_introduction);
  question += fence(turns, settings.mask_personal_data).text;
  std::string body = R"({"systemInstruction":{)";
  append_text_part(body, system_prompt);
  body += R"(},"contents":[{"role":"user",)";
  append_text_part(body, question);
  fmt::format_to(std::back_inserter(body), R"(}}],"generationConfig":{{"maxOutputTokens":{},)",
                 settings.output_tokens_max);
  body += R"("responseMimeType":"application/json","responseJsonSchema":)";
  body += verdict_schema;
  body += ',';
  body += tuning_of(settings.model);
  body += "}}";
  return body;
}

}  // namespace

core::OutgoingRequest build_request(const AnalysisSettings& settings,
                                    std::span<const TranscriptTurn> turns) {
  core::OutgoingRequest request;
  request.method = "POST";
  request.url = settings.base_url;
  std::string& target = request.url.target;
  while (target.ends_with('/')) target.pop_back();
  target += "/models/";
  core::append_url_encoded(target, settings.model);
  target += ":generateContent";
  request.headers.emplace_back("x-goog-api-key", settings.api_key.expose());
  request.headers.emplace_back("Content-Type", "application/json");
  request.body = body_of(settings, turns);
  request.timeout = milliseconds{60'000};
  return request;
}

std::string_view to_string(Outcome outcome) noexcept {
  switch (outcome) {
    case Outcome::booked:
      return "booked";
    case Outcome::not_booked:
      return "not_booked";
    case Outcome::unclear:
      return "unclear";
  }
  return "unclear";
}

std::string_view to_string(FailureKind kind) noexcept {
  switch (kind) {
    case FailureKind::transient:
      return "transient";
    case FailureKind::daily_quota:
      return "daily_quota";
    case FailureKind::permanent:
      return "permanent";
    case FailureKind::blocked:
      return "blocked";
    case FailureKind::invalid_answer:
      return "invalid_answer";
  }
  return "permanent";
}

std::optional<Conclusion> conclude_without_model(std::span<const TranscriptTurn> turns) {
  const bool spoke = std::any_of(turns.begin(), turns.end(), [](const TranscriptTurn& turn) {
    return turn.speaker == core::Speaker::user && !folded(turn.text).empty();
  });
  if (spoke) return std::nullopt;
  Conclusion conclusion;
  conclusion.outcome = Outcome::not_booked;
  conclusion.confidence = 1;
  conclusion.reason = "no_speech";
  return conclusion;
}

Conclusion conclude_failed(const AnalysisFailure& failure) {
  Conclusion conclusion;
  conclusion.reason = failure.reason;
  conclusion.review_reason = failure.reason;
  return conclusion;
}

milliseconds retry_delay(const AnalysisFailure& failure, int attempt, double random) noexcept {
  if (failure.retry_after) return *failure.retry_after;
  const double ceiling_ms = std::min(60'000.0, std::ldexp(1000.0, std::clamp(attempt, 0, 16)));
  return milliseconds{std::llround(ceiling_ms * std::clamp(random, 0.0, 1.0))};
}

}  // namespace tandem::gemini
