#include "hume/errors.hpp"

#include <string>

#include "tests/unit/catch.hpp"

using namespace tandem;
using call::VoiceSeverity;

TEST_CASE("E11: every known EVI error code has its class, and unknown ones the last rule",
          "[hume]") {
  struct Known {
    const char* code;
    VoiceSeverity severity;
    const char* why;
  };
  const Known cases[] = {
      {"E0100", VoiceSeverity::fatal, "bad_request"},
      {"E0101", VoiceSeverity::fatal, "bad_request"},
      {"E0200", VoiceSeverity::fatal, "bad_media"},
      {"E0201", VoiceSeverity::fatal, "bad_media"},
      {"E0202", VoiceSeverity::fatal, "bad_media"},
      {"E0705", VoiceSeverity::warning, "language_model_lost"},
      {"E0708", VoiceSeverity::retry_fresh, "chat_group_not_found"},
      {"E0710", VoiceSeverity::retry_fresh, "resume_failed"},
      {"E0712", VoiceSeverity::warning, "language_model_slow"},
      {"E0714", VoiceSeverity::ended, "inactivity_timeout"},
      {"E0715", VoiceSeverity::ended, "max_duration_timeout"},
      {"E0723", VoiceSeverity::fatal, "whole_file_sent"},
      {"I0100", VoiceSeverity::retry, "internal"},
      {"I0116", VoiceSeverity::retry, "transcription_failure"},
      {"I0118", VoiceSeverity::retry, "transcription_disconnected"},
      {"I9999", VoiceSeverity::retry, "internal"},
      {"E0799", VoiceSeverity::warning, "unknown_error"},
      {"X1", VoiceSeverity::warning, "unknown_error"},
      {"", VoiceSeverity::warning, "unknown_error"},
  };
  for (const Known& known : cases) {
    INFO(known.code);
    CHECK(hume::rule_for(known.code).severity == known.severity);
    CHECK(hume::rule_for(known.code).why == known.why);
  }
  for (const auto& rule : hume::error_rules()) CHECK(&hume::rule_for(rule.code) == &rule);
}

TEST_CASE("an EVI close code without an error means what RFC 6455 says", "[hume]") {
  const std::pair<int, VoiceSeverity> cases[] = {
      {1000, VoiceSeverity::ended}, {1001, VoiceSeverity::retry}, {1002, VoiceSeverity::fatal},
      {1006, VoiceSeverity::retry}, {1008, VoiceSeverity::fatal}, {1009, VoiceSeverity::retry},
      {1011, VoiceSeverity::retry}, {1012, VoiceSeverity::retry}, {1013, VoiceSeverity::retry},
      {4000, VoiceSeverity::retry}, {0, VoiceSeverity::retry},
  };
  for (const auto& [code, severity] : cases) {
    INFO(code);
    const auto verdict = hume::verdict_on_close(static_cast<std::uint16_t>(code));
    CHECK(verdict.severity == severity);
    CHECK_FALSE(verdict.why.empty());
  }
}

TEST_CASE("E01 E02 E03 E04: a refused EVI upgrade is classified by its status", "[hume]") {
  struct Refusal {
    int status;
    VoiceSeverity severity;
    const char* why;
  };
  const Refusal cases[] = {
      {0, VoiceSeverity::retry, "unreachable"}, {401, VoiceSeverity::fatal, "auth"},
      {403, VoiceSeverity::fatal, "auth"},      {404, VoiceSeverity::fatal, "not_found"},
      {410, VoiceSeverity::fatal, "not_found"}, {429, VoiceSeverity::retry, "rate_limit"},
      {500, VoiceSeverity::retry, "server"},    {503, VoiceSeverity::retry, "server"},
      {400, VoiceSeverity::fatal, "refused"},   {200, VoiceSeverity::fatal, "refused"},
      {302, VoiceSeverity::fatal, "refused"},   {408, VoiceSeverity::retry, "timeout"},
  };
  for (const Refusal& refusal : cases) {
    INFO(refusal.status);
    const auto verdict = hume::verdict_on_refusal(refusal.status, false);
    CHECK(verdict.severity == refusal.severity);
    CHECK(verdict.why == refusal.why);
    const bool is_in_trouble = refusal.status == 429 || refusal.status >= 500;
    CHECK(verdict.retry_after.count() == (is_in_trouble ? 500 : 0));
  }
}

TEST_CASE("E26: a resume that EVI refuses is tried again without resuming", "[hume]") {
  for (const int status : {400, 404, 410, 422}) {
    CHECK(hume::verdict_on_refusal(status, true).severity == VoiceSeverity::retry_fresh);
  }
  CHECK(hume::verdict_on_refusal(401, true).severity == VoiceSeverity::fatal);
  CHECK(hume::verdict_on_refusal(503, true).severity == VoiceSeverity::retry);
}

TEST_CASE("a provider's word is made safe for logs", "[hume]") {
  CHECK(hume::short_word("inactivity_timeout") == "inactivity_timeout");
  CHECK(hume::short_word("a b\n\"c\"\xC3\xA4") == "a_b__c___");
  CHECK(hume::short_word(std::string(500, 'x')).size() == 64);
}
