#include "bridge/providers.hpp"

#include "tests/unit/catch.hpp"

namespace tandem {

namespace {

std::string setup_of(call::VoiceProvider& provider) {
  provider.open(false);
  std::vector<std::string> messages;
  provider.encode_opening(messages);
  return messages.empty() ? std::string() : messages.front();
}

std::string name_of(const VoiceSource& source) { return std::string(source.make()->name()); }

}  // namespace

TEST_CASE("every provider that can be named in the settings can be made") {
  for (const auto name :
       {VoiceProviderName::hume, VoiceProviderName::gemini, VoiceProviderName::openai}) {
    Config config;
    config.voice_provider = name;
    const auto sources = voice_sources(config);
    REQUIRE(sources.size() == 1);
    CHECK(name_of(sources.front()) == to_string(name));
    CHECK(sources.front().make() != sources.front().make());
  }
}

TEST_CASE("VOICE_FALLBACK comes behind VOICE_PROVIDER") {
  Config config;
  config.voice_provider = VoiceProviderName::openai;
  config.voice_fallback = VoiceProviderName::gemini;
  const auto sources = voice_sources(config);
  REQUIRE(sources.size() == 2);
  CHECK(name_of(sources[0]) == "openai");
  CHECK(name_of(sources[1]) == "gemini");
}

TEST_CASE("providers without a stored configuration are told prompt, voice and model") {
  Config config;
  config.agent.prompt = "You answer for an invented firm.";
  config.agent.voice = "Kore";
  config.voice_provider = VoiceProviderName::gemini;
  const auto gemini = voice_sources(config).front().make();
  const auto setup = setup_of(*gemini);
  CHECK(setup.find("an invented firm") != std::string::npos);
  CHECK(setup.find("Kore") != std::string::npos);
  CHECK(setup.find("models/gemini-3.8-live") != std::string::npos);
  CHECK(setup.find(R"("hang_up")") != std::string::npos);
  CHECK(setup.find(R"("transfer")") == std::string::npos);

  config.voice_provider = VoiceProviderName::openai;
  config.fallback_number = core::PhoneNumber("+14155550199");
  const auto openai = voice_sources(config).front().make();
  const auto session = setup_of(*openai);
  CHECK(session.find("an invented firm") != std::string::npos);
  CHECK(session.find("Kore") == std::string::npos);
  CHECK(session.find(R"("transfer")") != std::string::npos);
}

}  // namespace tandem
