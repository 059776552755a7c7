#include "web/openapi.hpp"

#include "web/json.hpp"

namespace tandem::web {

std::string openapi_document() {
  JsonWriter json;
  json.begin_object().member("openapi", std::string_view("3.1.0")).key("info");
  json.begin_object()
      .member("title", std::string_view("Tandem"))
      .member("version", std::string_view("1"))
      .member("description",
              std::string_view("Calls between telephones and voice agents: what was said, when, "
                               "and what came of it. Errors are problem documents (RFC 9457)."))
      .end_object();
  json.key("paths").raw(openapi_paths()).key("components").raw(openapi_components());
  return json.end_object().finish();
}

}  // namespace tandem::web
