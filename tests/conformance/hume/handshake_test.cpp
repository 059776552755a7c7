// The upgrade request: our query names against those that the official SDK put on the wire.
#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "hume/provider.hpp"
#include "tests/conformance/vectors.hpp"
#include "tests/unit/catch.hpp"

using namespace tandem;

namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

Pairs query_of(const std::string& target) {
  Pairs pairs;
  REQUIRE(core::parse_form(std::string_view(target).substr(target.find('?') + 1), pairs));
  return pairs;
}

}  // namespace

TEST_CASE(
    "every query parameter of our EVI handshake is one that the official SDK writes, with the same "
    "value",
    "[hume][conformance]") {
  const auto file = conformance::load_vectors("hume/handshakes.json");
  simdjson::dom::parser parser;
  const simdjson::dom::element root = parser.parse(file);
  const std::string captured(std::string_view(root.at_pointer("/handshakes/0/raw_url")));

  hume::EviSettings settings;
  REQUIRE(core::parse_url("https://api.hume.ai", settings.base_url));
  settings.api_key = core::Secret("EXAMPLE-KEY");
  settings.config_id = "b8a1d0c4-92e7-4c35-a6fd-1e3b5c7d9f02";
  settings.config_version = 3;
  hume::EviProvider provider(std::make_shared<const hume::EviSettings>(settings));
  std::vector<call::VoiceEvent> events;
  REQUIRE(provider
              .decode(R"({"type":"chat_metadata","chat_id":"chat-a",)"
                      R"("chat_group_id":"e2d94b7a-36f8-4f0d-8b1c-5a7c90d4e6f3"})",
                      events)
              .ok());
  const std::string target = provider.open(true).url.target;

  CHECK(target.substr(0, target.find('?')) == captured.substr(0, captured.find('?')));
  const Pairs theirs = query_of(captured);
  const Pairs ours = query_of(target);
  CHECK(ours.size() == 7);
  for (const auto& pair : ours) {
    INFO(pair.first);
    CHECK(std::find(theirs.begin(), theirs.end(), pair) != theirs.end());
  }
}
