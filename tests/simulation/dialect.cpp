#include "tests/simulation/dialect.hpp"

#include <stdexcept>

#include "gemini/live_provider.hpp"
#include "hume/provider.hpp"
#include "openai/realtime_provider.hpp"

namespace tandem::simulation {

namespace {

core::Url agent_url() {
  core::Url url;
  core::parse_url("ws://agent.invalid:1", url);
  return url;
}

std::unique_ptr<call::VoiceProvider> make_hume() {
  hume::EviSettings settings;
  settings.base_url = agent_url();
  settings.api_key = core::Secret("invented-key");
  settings.config_id = "invented-config";
  return std::make_unique<hume::EviProvider>(
      std::make_shared<const hume::EviSettings>(std::move(settings)));
}

std::unique_ptr<call::VoiceProvider> make_gemini() {
  gemini::LiveSettings settings;
  settings.base_url = agent_url();
  settings.api_key = core::Secret("invented-key");
  settings.prompt = "You answer the telephone.";
  settings.offers_transfer = true;
  return std::make_unique<gemini::LiveProvider>(
      std::make_shared<const gemini::LiveSettings>(std::move(settings)));
}

std::unique_ptr<call::VoiceProvider> make_openai() {
  openai::RealtimeSettings settings;
  settings.base_url = agent_url();
  settings.api_key = core::Secret("invented-key");
  settings.instructions = "You answer the telephone.";
  settings.offers_transfer = true;
  return std::make_unique<openai::RealtimeProvider>(
      std::make_shared<const openai::RealtimeSettings>(std::move(settings)));
}

}  // namespace

Dialect make_dialect(std::string_view provider) {
  if (provider == "hume") return EviDialect{};
  if (provider == "gemini") return GeminiDialect{};
  if (provider == "openai") return OpenAiDialect{};
  throw std::invalid_argument("no agent speaks the dialect of " + std::string(provider));
}

std::unique_ptr<call::VoiceProvider> make_provider(std::string_view provider) {
  if (provider == "hume") return make_hume();
  if (provider == "gemini") return make_gemini();
  if (provider == "openai") return make_openai();
  throw std::invalid_argument("no provider is called " + std::string(provider));
}

bool is_caller_audio(std::string_view text) noexcept {
  return text.starts_with(R"({"type":"audio_input")") ||
         text.starts_with(gemini::live_audio_head) || text.starts_with(openai::append_head);
}

}  // namespace tandem::simulation
