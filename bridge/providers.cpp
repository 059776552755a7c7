#include "bridge/providers.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>

#include "bridge/agent_prompt.hpp"
#include "hume/provider.hpp"
#include "openai/realtime_provider.hpp"

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

Maker openai_maker(const Config& config) {
  openai::RealtimeSettings settings;
  core::parse_url(config.openai.url, settings.base_url);
  settings.api_key = config.openai.api_key;
  settings.model = config.openai.realtime_model;
  settings.instructions = config.agent.prompt;
  settings.greeting = config.agent.greeting;
  if (settings.instructions.empty()) {
    settings.instructions = receptionist_prompt();
    if (settings.greeting.empty()) settings.greeting = receptionist_greeting();
  }
  settings.voice = config.agent.voice;
  settings.offers_transfer = !config.fallback_number.empty();
  return [shared = std::make_shared<const openai::RealtimeSettings>(std::move(settings))] {
    return std::make_unique<openai::RealtimeProvider>(shared);
  };
}

struct Provider {
  VoiceProviderName name;
  Maker (*maker)(const Config&);
};

constexpr std::array providers = {
    Provider{VoiceProviderName::hume, hume_maker},
    Provider{VoiceProviderName::openai, openai_maker},
};

VoiceSource source_of(const Config& config, VoiceProviderName name) {
  const auto* found = std::find_if(providers.begin(), providers.end(),
                                   [name](const Provider& each) { return each.name == name; });
  if (found == providers.end()) {
    throw std::invalid_argument("this build has no voice provider " + std::string(to_string(name)));
  }
  return {name, found->maker(config)};
}

}  // namespace

std::vector<VoiceSource> voice_sources(const Config& config) {
  std::vector<VoiceSource> sources = {source_of(config, config.voice_provider)};
  if (config.voice_fallback) sources.push_back(source_of(config, *config.voice_fallback));
  return sources;
}

}  // namespace tandem
