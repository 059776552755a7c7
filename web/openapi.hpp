// The OpenAPI 3.1 document of the HTTP API (OpenAPI Initiative, "OpenAPI Specification v3.1.0"),
// embedded from web/openapi/. tests/unit/web holds its routes against the table of web/api.cpp,
// tests/integration/run_api its parameters, answers and problems against the running server.
#pragma once

#include <string>
#include <string_view>

namespace tandem::web {

std::string openapi_document();

/// web/openapi/paths.json and components.json as they are.
std::string_view openapi_paths() noexcept;
std::string_view openapi_components() noexcept;

/// web/admin/schema.json: the JSON Schema (draft 2020-12) of the admin socket's messages.
std::string_view admin_schema() noexcept;

}  // namespace tandem::web
