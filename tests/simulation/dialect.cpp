#include "tests/simulation/dialect.hpp"

#include <stdexcept>

#include "hume/provider.hpp"

namespace tandem::simulation {

Dialect make_dialect(std::string_view provider) {
  if (provider == "hume") return EviDialect{};
  throw std::invalid_argument("no agent speaks the dialect of " + std::string(provider));
}

std::unique_ptr<call::VoiceProvider> make_provider(std::string_view provider) {
  if (provider != "hume") {
    throw std::invalid_argument("no provider is called " + std::string(provider));
  }
  hume::EviSettings settings;
  core::parse_url("ws://agent.invalid:1", settings.base_url);
  settings.api_key = core::Secret("invented-key");
  settings.config_id = "invented-config";
  return std::make_unique<hume::EviProvider>(
      std::make_shared<const hume::EviSettings>(std::move(settings)));
}

}  // namespace tandem::simulation
