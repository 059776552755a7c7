// The JSON object that a request brings, read strictly (faults A14): valid JSON, nested at most 32
// deep, no name twice in one object, on any level. Its size is bounded by the server
// (limits::http_body_bytes_max, 413).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "bridge/core/http.hpp"
#include "web/answers.hpp"

namespace tandem::web {

inline constexpr std::size_t json_depth_max = 32;

struct BodyMember {
  std::string name;
  std::optional<std::string> text;          ///< nothing when the value is no text
  std::optional<bool> fact = {};            ///< nothing unless the value is true or false
  std::optional<std::int64_t> number = {};  ///< nothing unless the value is a whole number
};

/// The members in their order; none for a request without a body. Problems: 415 when the body is
/// not declared as JSON, 400 when it is not as above.
std::variant<std::vector<BodyMember>, core::HttpResponse> read_json_body(
    const core::HttpRequest& request);

/// Members that are all texts go where `place_of` says. `errors` gets those that have no place, for
/// which `unknown` are the words, and those that are no text.
void take_texts(const std::vector<BodyMember>& members,
                const std::function<std::string*(std::string_view name)>& place_of,
                std::string_view unknown, std::vector<ParameterError>& errors);

/// For a request that has nothing to say: the problem of one that says something. 422 for a member
/// of any name, or what read_json_body finds; nothing without a body, or with an empty object.
std::optional<core::HttpResponse> refuse_members(const core::HttpRequest& request);

}  // namespace tandem::web
