#include <simdjson.h>

#include <charconv>
#include <cmath>
#include <string>

#include "gemini/analysis.hpp"

namespace tandem::gemini {

namespace {

namespace dom = simdjson::dom;
using std::chrono::milliseconds;

/// A per-day quota comes back at midnight somewhere; asking every few seconds until then is no use.
constexpr milliseconds daily_quota_wait = std::chrono::hours{4};
constexpr milliseconds retry_after_max = std::chrono::hours{24};

core::Failure<AnalysisFailure> failed(FailureKind kind, std::string reason, std::string raw = {}) {
  raw.resize(std::min(raw.size(), answer_bytes_max));
  return {AnalysisFailure{kind, std::move(reason), std::nullopt, std::move(raw)}};
}

std::string_view text_at(dom::element element, std::string_view key) {
  std::string_view value;
  return element[key].get(value) == simdjson::SUCCESS ? value : std::string_view{};
}

std::int64_t count_at(dom::element element, std::string_view pointer) {
  std::int64_t value = 0;
  return element.at_pointer(pointer).get(value) == simdjson::SUCCESS ? value : 0;
}

/// Enumeration values become part of a reason: lower case, nothing but letters and '_'.
std::string lower_word(std::string_view text) {
  std::string word(text.substr(0, 48));
  for (char& c : word) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if (!(c >= 'a' && c <= 'z')) c = '_';
  }
  return word;
}

// ---- Errors: HTTP status and google.rpc.Status
// ----------------------------------------------------------------

struct StatusRule {
  int status;
  std::string_view word;  ///< error.status; empty: any
  FailureKind kind;
  std::string_view reason;
};
// The first that fits. Google, "Troubleshooting guide" of the Gemini API.
constexpr StatusRule status_rules[] = {
    {400, "FAILED_PRECONDITION", FailureKind::permanent, "failed_precondition"},
    {400, "", FailureKind::permanent, "bad_request"},
    {401, "", FailureKind::permanent, "bad_key"},
    {403, "", FailureKind::permanent, "permission_denied"},
    {404, "", FailureKind::permanent, "model_not_found"},
    {408, "", FailureKind::transient, "timeout"},
    {429, "", FailureKind::transient, "rate_limited"},
    {500, "", FailureKind::transient, "internal"},
    {503, "", FailureKind::transient, "overloaded"},
    {504, "", FailureKind::transient, "deadline_exceeded"},
};

AnalysisFailure by_status(int status, std::string_view word) {
  for (const StatusRule& rule : status_rules) {
    if (rule.status == status && (rule.word.empty() || rule.word == word)) {
      return {rule.kind, std::string(rule.reason)};
    }
  }
  if (status >= 500) return {FailureKind::transient, "server"};
  return {FailureKind::permanent, "refused"};
}

/// A google.protobuf.Duration in JSON, "38s" or "38.8s", rounded up; also the plain seconds of
/// Retry-After.
std::optional<milliseconds> parse_seconds(std::string_view text) {
  if (text.ends_with('s')) text.remove_suffix(1);
  double seconds = 0;
  const auto [stop, error] =
      std::from_chars(text.data(), text.data() + text.size(), seconds, std::chars_format::fixed);
  if (error != std::errc{} || stop != text.data() + text.size()) return std::nullopt;
  if (!std::isfinite(seconds) || seconds < 0) return std::nullopt;
  const double bounded = std::min(seconds * 1000, static_cast<double>(retry_after_max.count()));
  return milliseconds{static_cast<std::int64_t>(std::ceil(bounded))};
}

bool names_daily_quota(dom::element detail) {
  dom::array violations;
  if (detail["violations"].get(violations) != simdjson::SUCCESS) return false;
  for (const dom::element violation : violations) {
    if (text_at(violation, "quotaId").find("PerDay") != std::string_view::npos) return true;
  }
  return false;
}

/// error.details[]: ErrorInfo, RetryInfo and QuotaFailure change what the status alone says.
void apply_details(dom::element error, AnalysisFailure& failure) {
  dom::array details;
  if (error["details"].get(details) != simdjson::SUCCESS) return;
  for (const dom::element detail : details) {
    if (text_at(detail, "reason") == "API_KEY_INVALID") failure.reason = "bad_key";
    const auto delay = parse_seconds(text_at(detail, "retryDelay"));
    if (delay) failure.retry_after = delay;
    if (failure.kind == FailureKind::transient && names_daily_quota(detail)) {
      failure.kind = FailureKind::daily_quota;
      failure.reason = "daily_quota";
    }
  }
}

AnalysisFailure parse_error(const core::OutgoingResponse& response) {
  dom::parser parser;
  dom::element error;
  // An intermediary may answer HTML: then the status has to do.
  const bool has_error = parser.parse(response.body)["error"].get(error) == simdjson::SUCCESS;
  AnalysisFailure failure = by_status(response.status, has_error ? text_at(error, "status") : "");
  failure.retry_after = parse_seconds(core::find_header(response.headers, "Retry-After"));
  if (has_error) apply_details(error, failure);
  if (failure.kind == FailureKind::permanent) failure.retry_after.reset();
  if (failure.kind == FailureKind::daily_quota) {
    failure.retry_after = std::max(failure.retry_after.value_or(milliseconds{0}), daily_quota_wait);
  }
  return failure;
}

// ---- Answers

/// The texts of all parts that are not thoughts.
std::string join_parts(dom::element candidate) {
  std::string text;
  dom::array parts;
  if (candidate["content"]["parts"].get(parts) != simdjson::SUCCESS) return text;
  for (const dom::element part : parts) {
    bool is_thought = false;
    if (part["thought"].get(is_thought) == simdjson::SUCCESS && is_thought) continue;
    text += text_at(part, "text");
    if (text.size() > answer_bytes_max) break;
  }
  return text;
}

Answer read_candidate(dom::element root, dom::element candidate) {
  const std::string_view finish = text_at(candidate, "finishReason");
  std::string text = join_parts(candidate);
  const auto invalid = [&](std::string reason) {
    return failed(FailureKind::invalid_answer, std::move(reason), text);
  };
  if (finish.empty()) return invalid("finish_missing");
  if (finish != "STOP") return failed(FailureKind::blocked, "finish_" + lower_word(finish), text);
  if (text.empty()) return invalid("no_text");
  if (text.size() > answer_bytes_max) return invalid("too_large");
  auto verdict = parse_verdict(text);
  if (!verdict.ok()) return invalid(verdict.error());
  ModelAnswer answer;
  answer.verdict = std::move(*verdict);
  answer.raw = std::move(text);
  answer.model_version = text_at(root, "modelVersion");
  answer.prompt_tokens = count_at(root, "/usageMetadata/promptTokenCount");
  answer.output_tokens = count_at(root, "/usageMetadata/candidatesTokenCount") +
                         count_at(root, "/usageMetadata/thoughtsTokenCount");
  return answer;
}

Answer parse_answer(std::string_view body) {
  dom::parser parser;
  dom::element root;
  if (parser.parse(body.data(), body.size()).get(root) != simdjson::SUCCESS) {
    return failed(FailureKind::invalid_answer, "envelope_not_json");
  }
  dom::element candidate;
  if (root["candidates"].at(0).get(candidate) == simdjson::SUCCESS) {
    return read_candidate(root, candidate);
  }
  dom::element feedback;
  if (root["promptFeedback"].get(feedback) != simdjson::SUCCESS) {
    return failed(FailureKind::invalid_answer, "no_candidate");
  }
  const std::string_view block_reason = text_at(feedback, "blockReason");
  if (block_reason.empty()) return failed(FailureKind::invalid_answer, "no_candidate");
  return failed(FailureKind::blocked, "prompt_" + lower_word(block_reason));
}

}  // namespace

Answer parse_response(const core::OutgoingResponse& response) {
  using Failure = core::OutgoingResponse::Failure;
  if (response.failure == Failure::not_sent) return failed(FailureKind::transient, "unreachable");
  // The words of Beast's http::error::body_limit: more than limits::outgoing_answer_bytes_max came.
  // Asking the same again would fetch the same megabytes.
  if (response.failure == Failure::unknown &&
      response.failure_text.find("body limit exceeded") != std::string::npos)
    return failed(FailureKind::invalid_answer, "too_large");
  if (response.failure == Failure::unknown) return failed(FailureKind::transient, "no_answer");
  if (response.status >= 200 && response.status < 300) return parse_answer(response.body);
  return core::Failure{parse_error(response)};
}

}  // namespace tandem::gemini
