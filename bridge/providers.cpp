#include "bridge/providers.hpp"

#include <stdexcept>

#include "hume/provider.hpp"

namespace tandem {

namespace {

using Maker = std::function<std::unique_ptr<call::VoiceProvider>()>;

Maker hume_maker(const Config& config) {
  auto settings = std::make_shared<hume::EviSettings>();
  core::parse_url(config.hume.url, settings->base_url);
  settings->api_key = config.hume.api_key;
  settings->config_id = config.hume.config_id;
  settings->config_version = config.hume.config_version;
  return [settings = std::shared_ptr<const hume::EviSettings>(settings),
          prompt = config.agent.prompt] {
    hume::EviPersona persona;
    persona.system_prompt = prompt;
    return std::make_unique<hume::EviProvider>(settings, std::move(persona));
  };
}

}  // namespace

Maker provider_maker(const Config& config, VoiceProviderName name) {
  switch (name) {
    case VoiceProviderName::hume:
      return hume_maker(config);
    case VoiceProviderName::gemini:
    case VoiceProviderName::openai:
      break;
  }
  throw std::invalid_argument("VOICE_PROVIDER: this build carries calls with hume only");
}

}  // namespace tandem
