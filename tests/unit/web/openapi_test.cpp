#include "web/openapi.hpp"

#include <simdjson.h>

#include <algorithm>
#include <set>

#include "tests/unit/catch.hpp"
#include "web/api.hpp"

namespace tandem::web {

namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return out;
}

std::string_view word_of(Access access) {
  constexpr std::array<std::string_view, 5> words = {"anyone", "machine", "view", "operate",
                                                     "administer"};
  return words[static_cast<std::size_t>(access)];
}

using Operations = std::set<std::string>;

}  // namespace

TEST_CASE("the OpenAPI document has exactly the routes of the server, and who may ask") {
  simdjson::dom::parser parser;
  simdjson::dom::object paths;
  const std::string document = openapi_document();
  REQUIRE(parser.parse(document)["paths"].get(paths) == simdjson::SUCCESS);
  Operations described;
  for (const auto& [path, operations] : paths) {
    simdjson::dom::object methods;
    REQUIRE(operations.get(methods) == simdjson::SUCCESS);
    for (const auto& [method, operation] : methods) {
      described.insert(std::string(method) + " " + std::string(path) + " " +
                       std::string(std::string_view(operation["x-access"])));
    }
  }
  Operations served;
  for (const Route& route : routes()) {
    served.insert(lower(route.method) + " " + std::string(route.pattern) + " " +
                  std::string(word_of(route.access)));
  }
  CHECK(described == served);
}

TEST_CASE("the document is served as JSON of OpenAPI 3.1") {
  simdjson::dom::parser parser;
  const std::string text = openapi_document();
  const auto document = parser.parse(text);
  CHECK(std::string_view(document["openapi"]) == "3.1.0");
  CHECK(std::string_view(document["info"]["title"]) == "Tandem");
  CHECK(document["components"]["schemas"]["Problem"].error() == simdjson::SUCCESS);
}

}  // namespace tandem::web
