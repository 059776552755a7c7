#include "bridge/providers.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <tuple>
#include <utility>

#include "bridge/agent_prompt.hpp"
#include "gemini/live_provider.hpp"
#include "gemini/live_voices.hpp"
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
  settings->keeps_emotions = config.store_emotion_scores;
  return [settings = std::shared_ptr<const hume::EviSettings>(settings),
          prompt = config.agent.prompt] {
    hume::EviPersona persona;
    persona.system_prompt = prompt;
    return std::make_unique<hume::EviProvider>(settings, std::move(persona));
  };
}

/// Prompt and greeting.
using Persona = std::pair<std::string, std::string>;

/// The same agent at every provider that stores no configuration of its own.
Persona persona_of(const Config::Agent& agent) {
  if (!agent.prompt.empty()) return {agent.prompt, agent.greeting};
  return {std::string(receptionist_prompt()),
          agent.greeting.empty() ? std::string(receptionist_greeting()) : agent.greeting};
}

Maker gemini_maker(const Config& config) {
  gemini::LiveSettings settings;
  core::parse_url(config.gemini.url, settings.base_url);
  settings.api_key = config.gemini.api_key;
  settings.model = config.gemini.live_model;
  std::tie(settings.prompt, settings.greeting) = persona_of(config.agent);
  settings.voice = gemini::known_voice(config.agent.voice);
  // On a bad line the model takes noise for another language; the built-in agent speaks English.
  if (config.agent.prompt.empty()) settings.language = "en-US";
  settings.offers_transfer = !config.fallback_number.empty();
  return [shared = std::make_shared<const gemini::LiveSettings>(std::move(settings))] {
    return std::make_unique<gemini::LiveProvider>(shared);
  };
}

Maker openai_maker(const Config& config) {
  openai::RealtimeSettings settings;
  core::parse_url(config.openai.url, settings.base_url);
  settings.api_key = config.openai.api_key;
  settings.model = config.openai.realtime_model;
  std::tie(settings.instructions, settings.greeting) = persona_of(config.agent);
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
    Provider{VoiceProviderName::gemini, gemini_maker},
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
