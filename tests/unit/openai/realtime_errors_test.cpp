#include "openai/realtime_errors.hpp"

#include <set>
#include <string>

#include "tests/unit/catch.hpp"

using namespace tandem;
using call::VoiceSeverity;

TEST_CASE("every known Realtime error has its class, and most are no more than warnings",
          "[openai]") {
  struct Known {
    const char* code;
    const char* type;
    VoiceSeverity severity;
    const char* why;
  };
  const Known cases[] = {
      {"conversation_already_has_active_response", "invalid_request_error", VoiceSeverity::warning,
       "active_response"},
      {"response_cancel_not_active", "invalid_request_error", VoiceSeverity::warning,
       "cancel_not_active"},
      {"input_audio_buffer_commit_empty", "invalid_request_error", VoiceSeverity::warning,
       "commit_empty"},
      {"item_not_found", "", VoiceSeverity::warning, "item_not_found"},
      {"", "invalid_request_error", VoiceSeverity::warning, "bad_request"},
      {"unknown_parameter", "invalid_request_error", VoiceSeverity::warning, "bad_request"},
      {"insufficient_quota", "insufficient_quota", VoiceSeverity::fatal, "quota"},
      {"billing_hard_limit_reached", "", VoiceSeverity::fatal, "quota"},
      {"invalid_api_key", "invalid_request_error", VoiceSeverity::fatal, "auth"},
      {"account_deactivated", "", VoiceSeverity::fatal, "account"},
      {"model_not_found", "invalid_request_error", VoiceSeverity::fatal, "model"},
      {"session_expired", "invalid_request_error", VoiceSeverity::retry_fresh, "session_expired"},
      {"inference_rate_limit_exceeded", "", VoiceSeverity::warning, "rate_limit"},
      {"rate_limit_exceeded", "", VoiceSeverity::warning, "rate_limit"},
      {"", "server_error", VoiceSeverity::warning, "server"},
      {"a_new_code", "server_error", VoiceSeverity::warning, "server"},
  };
  for (const Known& known : cases) {
    INFO(known.code << " " << known.type);
    const auto* rule = openai::rule_for(known.code, known.type);
    REQUIRE(rule != nullptr);
    CHECK(rule->severity == known.severity);
    CHECK(rule->why == known.why);
  }
  CHECK(openai::rule_for("a_new_code", "a_new_type") == nullptr);
  std::set<std::string_view> words;
  for (const auto& rule : openai::error_rules()) CHECK(words.insert(rule.word).second);
}

TEST_CASE("a Realtime close code without a reason means what OpenAI's own client makes of it",
          "[openai]") {
  const std::pair<int, VoiceSeverity> cases[] = {
      {1000, VoiceSeverity::ended}, {1001, VoiceSeverity::retry}, {1002, VoiceSeverity::fatal},
      {1003, VoiceSeverity::fatal}, {1005, VoiceSeverity::retry}, {1006, VoiceSeverity::retry},
      {1007, VoiceSeverity::fatal}, {1008, VoiceSeverity::fatal}, {1009, VoiceSeverity::fatal},
      {1011, VoiceSeverity::retry}, {1012, VoiceSeverity::retry}, {1013, VoiceSeverity::retry},
      {1015, VoiceSeverity::fatal}, {4000, VoiceSeverity::fatal},
  };
  for (const auto& [code, severity] : cases) {
    INFO(code);
    const auto verdict = openai::verdict_on_close(static_cast<std::uint16_t>(code));
    CHECK(verdict.severity == severity);
    CHECK_FALSE(verdict.why.empty());
  }
  CHECK(openai::verdict_on_close(1013).retry_after.count() > 0);
}

TEST_CASE("a Realtime close reason explains itself by a code or in plain words", "[openai]") {
  const std::pair<const char*, const char*> cases[] = {
      {"Your session hit the maximum duration of 60 minutes.", "session_expired"},
      {"invalid_request_error.invalid_api_key", "auth"},
      {"Incorrect API key provided.", "auth"},
      {"You exceeded your current quota, please check your plan.", "quota"},
      {"Rate limit reached for requests", "rate_limit"},
      {"server_error", "server"},
  };
  for (const auto& [reason, why] : cases) {
    INFO(reason);
    const auto* rule = openai::rule_in(reason);
    REQUIRE(rule != nullptr);
    CHECK(rule->why == why);
    CHECK(rule->at_close.has_value());
  }
  CHECK(openai::rule_in("") == nullptr);
  CHECK(openai::rule_in("keepalive ping timeout") == nullptr);
}

TEST_CASE("a refused Realtime upgrade is final, or worth another try after a while", "[openai]") {
  struct Refusal {
    int status;
    VoiceSeverity severity;
    const char* why;
    bool waits;
  };
  const Refusal cases[] = {
      {0, VoiceSeverity::retry, "unreachable", false},
      {400, VoiceSeverity::fatal, "refused", false},
      {401, VoiceSeverity::fatal, "auth", false},
      {403, VoiceSeverity::fatal, "auth", false},
      {404, VoiceSeverity::fatal, "not_found", false},
      {408, VoiceSeverity::retry, "timeout", false},
      {429, VoiceSeverity::retry, "rate_limit", true},
      {500, VoiceSeverity::retry, "server", true},
      {503, VoiceSeverity::retry, "server", true},
  };
  for (const Refusal& refusal : cases) {
    INFO(refusal.status);
    const auto verdict = openai::verdict_on_refusal(refusal.status);
    CHECK(verdict.severity == refusal.severity);
    CHECK(verdict.why == refusal.why);
    CHECK((verdict.retry_after.count() > 0) == refusal.waits);
  }
}

TEST_CASE("a word of OpenAI's is safe in a log", "[openai]") {
  CHECK(openai::short_word("rate_limit-1.2") == "rate_limit-1.2");
  CHECK(openai::short_word("a b\n\"c\"") == "a_b__c_");
  CHECK(openai::short_word(std::string(500, 'x')).size() == 64);
}
