#include "bridge/preflight.hpp"

#include "tests/unit/catch.hpp"

namespace tandem {

namespace {

using Failure = core::OutgoingResponse::Failure;

constexpr std::array all = {VoiceProviderName::hume, VoiceProviderName::gemini,
                            VoiceProviderName::openai};

Config with_keys() {
  Config config;
  config.hume.api_key = core::Secret("invented-hume-key");
  config.gemini.api_key = core::Secret("invented-gemini-key");
  config.openai.api_key = core::Secret("invented-openai-key");
  return config;
}

core::OutgoingResponse status(int code, std::string body = {}) {
  core::OutgoingResponse answer;
  answer.status = code;
  answer.body = std::move(body);
  return answer;
}

core::OutgoingResponse nobody_there() {
  core::OutgoingResponse answer;
  answer.failure = Failure::not_sent;
  answer.failure_text = "resolve: Host not found";
  return answer;
}

PreflightResult judge(VoiceProviderName provider, const core::OutgoingResponse& answer) {
  return judge_preflight(with_keys(), provider, answer);
}

bool says(const PreflightResult& result, std::string_view words) {
  return result.detail.find(words) != std::string::npos;
}

}  // namespace

TEST_CASE("the key of a provider travels in a header, never in the address") {
  for (const auto provider : all) {
    const auto request = preflight_request(with_keys(), provider);
    CHECK(request.url.target.find("invented") == std::string::npos);
    REQUIRE(request.headers.size() == 1);
    CHECK(request.headers.front().second.find("invented-") != std::string::npos);
  }
}

TEST_CASE("an EVI whose host is gone is one clear line with both ways out") {
  for (const auto& answer : {nobody_there(), status(404), status(410), status(301)}) {
    const auto result = judge(VoiceProviderName::hume, answer);
    CHECK_FALSE(result.is_ready);
    CHECK(says(result, "Hume ended its hosted EVI on 13 November 2026"));
    CHECK(says(result, "VOICE_PROVIDER=gemini or openai"));
    CHECK(says(result, "HUME_URL"));
    CHECK(result.detail.find('\n') == std::string::npos);
  }
}

TEST_CASE("a private EVI that is away is not called gone for good") {
  auto config = with_keys();
  config.hume.url = "https://evi.example";
  const auto result = judge_preflight(config, VoiceProviderName::hume, nobody_there());
  CHECK_FALSE(result.is_ready);
  CHECK(says(result, "https://evi.example cannot be reached; check HUME_URL"));
  CHECK_FALSE(says(result, "November"));
}

TEST_CASE("what a provider answers is told with the setting that remedies it") {
  struct Row {
    VoiceProviderName provider;
    core::OutgoingResponse answer;
    std::string_view words;
  };
  const std::vector<Row> rows = {
      {VoiceProviderName::hume, status(401), "check HUME_API_KEY"},
      {VoiceProviderName::hume, status(503), "try again later"},
      {VoiceProviderName::gemini, status(400), "check GEMINI_API_KEY"},
      {VoiceProviderName::gemini, status(403), "check GEMINI_API_KEY"},
      {VoiceProviderName::gemini, status(404), "no gemini-3.8-live; check GEMINI_LIVE_MODEL"},
      {VoiceProviderName::gemini, status(429), "quota"},
      {VoiceProviderName::gemini, nobody_there(), "check GEMINI_URL"},
      {VoiceProviderName::openai, status(401), "check OPENAI_API_KEY"},
      {VoiceProviderName::openai, status(404), "check OPENAI_REALTIME_MODEL"},
      {VoiceProviderName::openai, status(302), "check OPENAI_URL"},
      {VoiceProviderName::openai, nobody_there(), "check OPENAI_URL"},
  };
  for (const auto& row : rows) {
    const auto result = judge(row.provider, row.answer);
    CAPTURE(result.detail, row.words);
    CHECK_FALSE(result.is_ready);
    CHECK(says(result, row.words));
    CHECK_FALSE(says(result, "invented"));
  }
}

TEST_CASE("a good answer is ready, and a model that will be shut down is a warning") {
  for (const auto provider : all) {
    const auto result = judge(provider, status(200, "{}"));
    CHECK(result.is_ready);
    CHECK_FALSE(result.is_worth_a_warning);
  }
  const auto result =
      judge(VoiceProviderName::openai, status(200, R"({"id":"x","shutdown_date":"2027-01-20"})"));
  CHECK(result.is_ready);
  CHECK(result.is_worth_a_warning);
  CHECK(says(result, "until 2027-01-20"));
  CHECK(judge(VoiceProviderName::openai, status(200, "not json")).is_ready);
}

TEST_CASE("a voice that a provider does not have is a warning, not a refused call") {
  auto config = with_keys();
  config.agent.voice = "Kore";
  CHECK_FALSE(
      judge_preflight(config, VoiceProviderName::gemini, status(200, "{}")).is_worth_a_warning);
  CHECK(judge_preflight(config, VoiceProviderName::openai, status(200, "{}")).is_worth_a_warning);
  config.agent.voice = "marin";
  CHECK(judge_preflight(config, VoiceProviderName::gemini, status(200, "{}")).is_worth_a_warning);
  CHECK_FALSE(
      judge_preflight(config, VoiceProviderName::openai, status(200, "{}")).is_worth_a_warning);
}

TEST_CASE("the review of the calling hours is well, then a warning, then a failure with a remedy") {
  Config config;
  const auto day = std::chrono::sys_days{std::chrono::year{2031} / 3 / 1};
  config.outbound.rules_reviewed = day;
  const auto after = [&](int days) {
    return judge_hours_review(config, core::WallTime(day) + std::chrono::days(days));
  };
  CHECK(after(400).is_ready);  // no number of ours: nobody is called
  config.twilio.phone_number = core::PhoneNumber("+12125550100");
  CHECK((after(0).is_ready && !after(0).is_worth_a_warning));
  CHECK(says(after(90), "2031-03-01"));
  CHECK_FALSE(after(90).is_worth_a_warning);
  CHECK(after(91).is_worth_a_warning);
  CHECK(says(after(91), "CALLING_RULES_REVIEWED"));
  CHECK(after(120).is_ready);
  CHECK_FALSE(after(121).is_ready);
  CHECK(says(after(121), "no call is placed"));
  CHECK(says(after(121), "CALLING_RULES_REVIEWED"));
}

}  // namespace tandem
