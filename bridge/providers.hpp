// The provider table: which voice providers there are and how one is made for a call. A new
// provider is one folder and one line in providers.cpp.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "bridge/call/voice.hpp"
#include "bridge/config.hpp"

namespace tandem {

/// Where agents come from: a fresh provider for every call.
struct VoiceSource {
  VoiceProviderName name = VoiceProviderName::hume;
  std::function<std::unique_ptr<call::VoiceProvider>()> make;
};

/// VOICE_PROVIDER, then VOICE_FALLBACK. Throws std::invalid_argument when this build has none of
/// that name.
std::vector<VoiceSource> voice_sources(const Config& config);

}  // namespace tandem
