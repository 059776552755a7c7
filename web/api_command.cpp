#include "web/api_command.hpp"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <optional>

#include "codec/json_text.hpp"
#include "web/answers.hpp"
#include "web/api.hpp"
#include "web/json.hpp"

namespace tandem::web {

namespace {

constexpr std::string_view root = "/api/v1/calls/";
constexpr std::array<std::string_view, 6> names = {"hangup", "say",    "context",
                                                   "pause",  "resume", "transfer"};

/// What the body may hold; members that are absent are empty.
struct Body {
  std::string text;
  std::string to;
  std::string note;
};

using Errors = std::vector<ParameterError>;

std::size_t characters_of(std::string_view utf8) {
  return static_cast<std::size_t>(std::count_if(utf8.begin(), utf8.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80;
  }));
}

bool is_speakable(std::string_view text) {
  return codec::is_valid_utf8(text) && characters_of(text) <= command_characters_max &&
         std::none_of(text.begin(), text.end(), [](char c) {
           const auto byte = static_cast<unsigned char>(c);
           return (byte < 0x20 && c != '\n' && c != '\r' && c != '\t') || byte == 0x7F;
         });
}

std::string* member_of(Body& body, std::string_view command, std::string_view name) {
  const bool takes_text = command == "say" || command == "context";
  if (takes_text && name == "text") return &body.text;
  if (command == "transfer" && name == "to") return &body.to;
  if (command == "transfer" && name == "note") return &body.note;
  return nullptr;
}

/// Nothing when the body is no JSON object.
std::optional<Body> read_body(std::string_view json, std::string_view command, Errors& errors) {
  Body body;
  if (json.empty()) return body;
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  if (parser.parse(json.data(), json.size()).get(object) != simdjson::SUCCESS) return std::nullopt;
  for (const auto& [name, value] : object) {
    std::string* member = member_of(body, command, name);
    std::string_view text;
    if (member == nullptr) {
      errors.push_back({std::string(name), "unknown_member", "not for this command"});
    } else if (!member->empty()) {
      errors.push_back({std::string(name), "repeated", "at most once"});
    } else if (value.get(text) != simdjson::SUCCESS) {
      errors.push_back({std::string(name), "not_text", "a text"});
    } else {
      *member = text;
    }
  }
  return body;
}

void check_text(std::string_view name, std::string_view text, bool is_required, Errors& errors) {
  const bool is_missing = is_required && text.find_first_not_of(" \t\r\n") == text.npos;
  if (!is_missing && is_speakable(text)) return;
  errors.push_back(
      {std::string(name), is_missing ? "missing" : "unusable_text",
       "plain text of 1 to " + std::to_string(command_characters_max) + " characters"});
}

call::Input input_of(std::string_view command, Body body, Errors& errors) {
  if (command == "hangup") return call::OperatorHangUp{};
  if (command == "pause") return call::OperatorPause{true};
  if (command == "resume") return call::OperatorPause{false};
  if (command == "transfer") {
    core::PhoneNumber to(std::move(body.to));
    if (!to.is_e164()) errors.push_back({"to", "not_e164", "a number such as +14155550123"});
    check_text("note", body.note, false, errors);
    return call::OperatorTransfer{std::move(to), std::move(body.note)};
  }
  check_text("text", body.text, true, errors);
  if (command == "say") return call::OperatorSay{std::move(body.text)};
  return call::OperatorContext{std::move(body.text)};
}

core::HttpResponse unusable(const Errors& errors) {
  const ParameterError& first = errors.front();
  return problem(422, "The command cannot be used", first.name + ": " + first.words, errors);
}

/// A page of another site may make a browser post here; nobody at this machine asked for that.
bool is_from_another_site(const core::HttpRequest& request) {
  const auto site = request.header("Sec-Fetch-Site");
  const auto origin = request.header("Origin");
  const auto own = "http://" + std::string(request.header("Host"));
  return (!site.empty() && site != "same-origin" && site != "none") ||
         (!origin.empty() && origin != own);
}

bool is_json(const core::HttpRequest& request) {
  const auto type = request.header("Content-Type");
  return type.substr(0, type.find(';')) == "application/json";
}

/// "hangup" of "{id}/hangup", and the id.
std::string_view command_of(std::string_view path, std::string_view& id) {
  if (!path.starts_with(root)) return {};
  path.remove_prefix(root.size());
  const auto slash = path.find('/');
  if (slash == std::string_view::npos) return {};
  id = path.substr(0, slash);
  const auto* known = std::find(names.begin(), names.end(), path.substr(slash + 1));
  return known == names.end() ? std::string_view{} : *known;
}

}  // namespace

bool is_command_path(std::string_view path) noexcept {
  std::string_view id;
  return !command_of(path, id).empty();
}

std::variant<CallCommand, core::HttpResponse> parse_command(const core::HttpRequest& request) {
  std::string_view id;
  const std::string_view name = command_of(request.path(), id);
  const auto call_id = parse_call_id(id);
  if (!call_id) return no_running_call();
  if (request.method != "POST") return wrong_method("POST");
  if (is_from_another_site(request))
    return problem(403, "Not from another site", "Commands come from the dashboard or a program.");
  if (!request.body.empty() && !is_json(request))
    return problem(415, "The body must be JSON", "Send it with Content-Type: application/json.");
  Errors errors;
  auto body = read_body(request.body, name, errors);
  if (!body) {
    return problem(422, "The command cannot be used", "The body must be one JSON object.");
  }
  auto input = input_of(name, std::move(*body), errors);
  if (!errors.empty()) return unusable(errors);
  return CallCommand{core::CallId(*call_id), name, std::move(input)};
}

core::HttpResponse command_accepted(const CallCommand& command) {
  JsonWriter json;
  json.begin_object()
      .member("call_id", command.call_id.str())
      .member("command", command.name)
      .member("state", std::string_view("accepted"))
      .end_object();
  auto response = json_answer(json.finish());
  response.status = 202;
  return response;
}

core::HttpResponse no_running_call() {
  return problem(404, "There is no such call",
                 "The id may be mistyped, or the call is over: commands reach running calls only.");
}

}  // namespace tandem::web
