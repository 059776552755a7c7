#include "web/api_command.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "bridge/core/result.hpp"
#include "web/answers.hpp"
#include "web/json.hpp"
#include "web/json_body.hpp"
#include "web/parameters.hpp"
#include "web/plain_text.hpp"
#include "web/readers.hpp"

namespace tandem::web {

namespace {

using Errors = std::vector<ParameterError>;

std::string* member_of(CommandWords& body, std::string_view command, std::string_view name) {
  const bool takes_text = command == "say" || command == "context";
  if (takes_text && name == "text") return &body.text;
  if (command == "transfer" && name == "to") return &body.to;
  if (command == "transfer" && name == "note") return &body.note;
  return nullptr;
}

CommandWords fill(const std::vector<BodyMember>& members, std::string_view command,
                  Errors& errors) {
  CommandWords words;
  const auto place_of = [&](std::string_view name) { return member_of(words, command, name); };
  take_texts(members, place_of, "not for this command", errors);
  return words;
}

void check_text(std::string_view name, std::string_view text, bool is_required, Errors& errors) {
  const bool is_missing = is_required && text.find_first_not_of(" \t\r\n") == text.npos;
  if (!is_missing && is_plain_text(text, command_characters_max)) return;
  errors.push_back(
      {std::string(name), is_missing ? "missing" : "unusable_text",
       "plain text of 1 to " + std::to_string(command_characters_max) + " characters"});
}

call::Input input_of(std::string_view command, CommandWords body, std::string_view who,
                     Errors& errors) {
  std::string by(who);
  if (command == "hangup") return call::OperatorHangUp{std::move(by)};
  if (command == "pause") return call::OperatorPause{true, std::move(by)};
  if (command == "resume") return call::OperatorPause{false, std::move(by)};
  if (command == "transfer") {
    core::PhoneNumber to(std::move(body.to));
    if (!to.is_e164()) errors.push_back({"to", "not_e164", "a number such as +14155550123"});
    check_text("note", body.note, false, errors);
    return call::OperatorTransfer{std::move(to), std::move(body.note), std::move(by)};
  }
  check_text("text", body.text, true, errors);
  if (command == "say") return call::OperatorSay{std::move(body.text), std::move(by)};
  return call::OperatorContext{std::move(body.text), std::move(by)};
}

core::HttpResponse unusable(const Errors& errors) {
  const ParameterError& first = errors.front();
  return problem(422, "The command cannot be used", first.name + ": " + first.words, errors);
}

/// The name in static storage.
std::string_view known_command(std::string_view name) {
  constexpr std::array<std::string_view, 6> names = {"hangup", "say",    "context",
                                                     "pause",  "resume", "transfer"};
  const auto* const known = std::find(names.begin(), names.end(), name);
  BRIDGE_ASSERT(known != names.end());
  return *known;
}

}  // namespace

std::variant<CallCommand, std::vector<ParameterError>> make_command(std::string_view name,
                                                                    core::CallId call_id,
                                                                    CommandWords words,
                                                                    std::string_view by) {
  const std::string_view known = known_command(name);
  Errors errors;
  auto input = input_of(known, std::move(words), by, errors);
  if (!errors.empty()) return errors;
  return CallCommand{std::move(call_id), known, std::move(input)};
}

std::variant<CallCommand, core::HttpResponse> parse_command(const core::HttpRequest& request,
                                                            const std::string& call_id,
                                                            std::string_view by) {
  auto members = read_json_body(request);
  if (auto* const refusal = std::get_if<core::HttpResponse>(&members)) return std::move(*refusal);
  const auto path = request.path();
  const auto name = path.substr(path.rfind('/') + 1);  // the table of web/api.cpp knows no others
  Errors errors;
  auto words = fill(std::get<std::vector<BodyMember>>(members), name, errors);
  auto made = make_command(name, core::CallId(call_id), std::move(words), by);
  if (const auto* const wrong = std::get_if<Errors>(&made))
    errors.insert(errors.end(), wrong->begin(), wrong->end());
  if (!errors.empty()) return unusable(errors);
  return std::get<CallCommand>(std::move(made));
}

ApiTask read_command(const Asked& asked) {
  const auto errors = Parameters(asked.request.query()).finish();
  if (!errors.empty()) return wrong_parameters(errors);
  auto parsed = parse_command(asked.request, asked.call_id, asked.who);
  if (auto* const refusal = std::get_if<core::HttpResponse>(&parsed)) return std::move(*refusal);
  return std::get<CallCommand>(std::move(parsed));
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
