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

void append_text(std::string& out, std::string_view text) {
  out += R"({"text":)";
  codec::append_json_string(out, text);
  out += '}';
}

/// The day of the call, so that "next Thursday" can become a date.
std::string introduction(const CallFacts& facts) {
  std::string text;
  if (facts.began) {
    constexpr std::string_view names[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                          "Thursday", "Friday", "Saturday"};
    const auto day = std::chrono::floor<std::chrono::days>(*facts.began);
    text = fmt::format("The call began on {} {} (UTC).\n",
                       names[std::chrono::weekday(day).c_encoding()],
                       core::to_rfc3339(*facts.began).substr(0, 10));
  }
  return text += transcript_introduction;
}

/// {"role":"user","parts":[introduction, transcript]}
void append_question(std::string& out, const AnalysisSettings& settings,
                     std::span<const TranscriptTurn> turns, const CallFacts& facts) {
  out += R"({"role":"user","parts":[)";
  append_text(out, introduction(facts));
  out += ',';
  append_text(out, fence(turns, settings.mask_personal_data).text);
  out += "]}";
}

/// Everything after the contents.
void append_configuration(std::string& out, const AnalysisSettings& settings) {
  fmt::format_to(std::back_inserter(out), R"("generationConfig":{{"maxOutputTokens":{},)",
                 settings.output_tokens_max);
  out += R"("responseMimeType":"application/json","responseJsonSchema":)";
  out += verdict_schema;
  out += ',';
  out += tuning_of(settings.model);
  out += '}';
}

core::OutgoingRequest make_request(const AnalysisSettings& settings, std::string_view contents) {
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
  request.body = R"({"systemInstruction":{"parts":[)";
  append_text(request.body, settings.instructions);
  request.body += R"(]},"contents":[)";
  request.body += contents;
  request.body += "],";
  append_configuration(request.body, settings);
  request.body += '}';
  request.timeout = milliseconds{60'000};
  return request;
}

}  // namespace

core::OutgoingRequest build_request(const AnalysisSettings& settings,
                                    std::span<const TranscriptTurn> turns, const CallFacts& facts) {
  std::string contents;
  append_question(contents, settings, turns, facts);
  return make_request(settings, contents);
}

core::OutgoingRequest build_repair_request(const AnalysisSettings& settings,
                                           std::span<const TranscriptTurn> turns,
                                           const CallFacts& facts, const AnalysisFailure& failure) {
  constexpr std::size_t shown_bytes_max = 4096;  // enough to see what went wrong
  std::string contents;
  append_question(contents, settings, turns, facts);
  if (!failure.raw.empty()) {
    contents += R"(,{"role":"model","parts":[)";
    append_text(contents, std::string_view(failure.raw).substr(0, shown_bytes_max));
    contents += "]}";
  }
  contents += R"(,{"role":"user","parts":[)";
  append_text(contents,
              fmt::format("That answer cannot be read ({}). Answer again: one JSON object "
                          "of the given schema, nothing before or after it.",
                          failure.reason));
  contents += "]}";
  return make_request(settings, contents);
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
