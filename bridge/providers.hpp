// The provider table: which voice providers there are and how one is made for a call. A new
// provider is one folder and one line here.
#pragma once

#include <functional>
#include <memory>

#include "bridge/call/voice.hpp"
#include "bridge/config.hpp"

namespace tandem {

/// A fresh provider for every call. Throws std::invalid_argument when this build has none of that
/// name.
std::function<std::unique_ptr<call::VoiceProvider>()> provider_maker(const Config& config,
                                                                     VoiceProviderName name);

}  // namespace tandem
