#include "web/json_body.hpp"

#include <simdjson.h>

#include "web/repeated_name.hpp"

namespace tandem::web {

namespace {

bool is_json(const core::HttpRequest& request) {
  const auto type = request.header("Content-Type");
  return type.substr(0, type.find(';')) == "application/json";
}

core::HttpResponse refusal(std::string_view code, std::string_view words) {
  return problem(400, "The body cannot be read", words,
                 {{"", std::string(code), std::string(words)}});
}

}  // namespace

std::variant<std::vector<BodyMember>, core::HttpResponse> read_json_body(
    const core::HttpRequest& request) {
  std::vector<BodyMember> members;
  if (request.body.empty()) return members;
  if (!is_json(request))
    return problem(415, "The body must be JSON", "Send it with Content-Type: application/json.");
  simdjson::dom::parser parser;
  // One more than the depth that is allowed: the parser counts the values inside as a level.
  if (parser.allocate(request.body.size(), json_depth_max + 1) != simdjson::SUCCESS)
    return internal_problem();
  simdjson::dom::element document;
  const auto error = parser.parse(request.body).get(document);
  if (error == simdjson::DEPTH_ERROR) return refusal("too_deep", "nested at most 32 deep");
  simdjson::dom::object object;
  if (error != simdjson::SUCCESS || document.get(object) != simdjson::SUCCESS)
    return refusal("not_an_object", "one JSON object");
  if (has_repeated_name(document)) return refusal("repeated", "each name at most once");
  for (const auto& [name, value] : object) {
    std::string_view text;
    const bool is_text = value.get(text) == simdjson::SUCCESS;
    bool fact = false;
    const bool is_fact = value.get(fact) == simdjson::SUCCESS;
    std::int64_t number = 0;
    const bool is_number = value.get(number) == simdjson::SUCCESS;
    members.push_back({std::string(name), is_text ? std::optional<std::string>(text) : std::nullopt,
                       is_fact ? std::optional<bool>(fact) : std::nullopt,
                       is_number ? std::optional<std::int64_t>(number) : std::nullopt});
  }
  return members;
}

void take_texts(const std::vector<BodyMember>& members,
                const std::function<std::string*(std::string_view name)>& place_of,
                std::string_view unknown, std::vector<ParameterError>& errors) {
  for (const BodyMember& sent : members) {
    std::string* const place = place_of(sent.name);
    if (place == nullptr) {
      errors.push_back({sent.name, "unknown_member", std::string(unknown)});
    } else if (!sent.text) {
      errors.push_back({sent.name, "not_text", "a text"});
    } else {
      *place = *sent.text;
    }
  }
}

std::optional<core::HttpResponse> refuse_members(const core::HttpRequest& request) {
  auto members = read_json_body(request);
  if (auto* const refusal = std::get_if<core::HttpResponse>(&members)) return std::move(*refusal);
  if (std::get<std::vector<BodyMember>>(members).empty()) return std::nullopt;
  return problem(422, "The request cannot be used", "Send no body, or an empty object.");
}

}  // namespace tandem::web
