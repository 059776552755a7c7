// What a client of the admin socket says.
#include <simdjson.h>

#include <algorithm>
#include <array>
#include <map>

#include "web/admin_messages.hpp"
#include "web/call_id.hpp"
#include "web/repeated_name.hpp"

namespace tandem::web {

namespace {

using simdjson::dom::element;
using Read = std::variant<ClientMessage, Misunderstood>;
/// The members of a message that are still to be read.
using Members = std::map<std::string_view, element>;

constexpr std::size_t depth_max = 4;
constexpr std::size_t id_bytes_max = 64;
constexpr std::size_t ticket_bytes_max = 256;

constexpr std::string_view what_a_message_is =
    "one JSON object with a type, no name twice, nothing nested deeply";

Misunderstood unusable(std::string id, std::string message) {
  return {std::move(id), "unusable", std::move(message)};
}

std::optional<element> take(Members& members, std::string_view name) {
  const auto found = members.find(name);
  if (found == members.end()) return std::nullopt;
  const element value = found->second;
  members.erase(found);
  return value;
}

/// A member that is a text; nothing when it is absent or something else, which then stays behind.
std::optional<std::string> take_text(Members& members, std::string_view name) {
  const auto found = members.find(name);
  std::string_view text;
  if (found == members.end() || found->second.get(text) != simdjson::SUCCESS) return std::nullopt;
  members.erase(found);
  return std::string(text);
}

/// The id as JSON; "null" for none. Nothing when it is too long or no text or whole number.
std::optional<std::string> take_id(Members& members) {
  const auto id = take(members, "id");
  if (!id) return "null";
  const bool is_usable = id->is_string() || id->is_int64() || id->is_null();
  std::string json = is_usable ? simdjson::minify(*id) : "";
  if (json.empty() || json.size() > id_bytes_max) return std::nullopt;
  return json;
}

std::optional<core::CallId> take_call_id(Members& members) {
  const auto text = take_text(members, "call_id");
  auto id = parse_call_id(text.value_or(""));
  if (!id) return std::nullopt;
  return core::CallId(*std::move(id));
}

/// What is left was not asked for.
std::string unknown_members(const Members& members) {
  std::string names;
  for (const auto& [name, value] : members)
    names += (names.empty() ? "not as this type has it: " : ", ") + std::string(name);
  return names;
}

Read finish(ClientMessage message, const Members& members) {
  if (!members.empty()) return unusable(std::move(message.id), unknown_members(members));
  return message;
}

Read read_authentication(std::string id, Members& members) {
  auto ticket = take_text(members, "ticket");
  if (!ticket || ticket->size() > ticket_bytes_max)
    return unusable(std::move(id), "ticket: the text that POST /api/v1/ws-ticket gave");
  return ClientMessage{std::move(id), Authentication{*std::move(ticket)}};
}

Read read_subscription(std::string id, bool on, Members& members) {
  constexpr std::string_view what = R"(calls: "all", or a list of at most 500 call ids)";
  Subscription wish{on};
  const auto calls = take(members, "calls");
  std::string_view text;
  simdjson::dom::array list;
  if (!calls) return unusable(std::move(id), std::string(what));
  if (calls->get(text) == simdjson::SUCCESS) {
    wish.all = text == "all";
    if (!wish.all) return unusable(std::move(id), std::string(what));
  } else if (calls->get(list) != simdjson::SUCCESS || list.size() > subscribed_calls_max) {
    return unusable(std::move(id), std::string(what));
  }
  if (!wish.all) {
    for (const element each : list) {
      std::string_view call;
      auto call_id = each.get(call) == simdjson::SUCCESS ? parse_call_id(call) : std::nullopt;
      if (!call_id) return unusable(std::move(id), std::string(what));
      wish.calls.emplace_back(*std::move(call_id));
    }
  }
  return finish({std::move(id), std::move(wish)}, members);
}

Read read_listening(std::string id, Members& members) {
  auto call_id = take_call_id(members);
  const auto on = take(members, "on");
  Listening wish;
  if (!call_id) return unusable(std::move(id), "call_id: the id of a call");
  if (!on || on->get(wish.on) != simdjson::SUCCESS)
    return unusable(std::move(id), "on: true or false");
  wish.call_id = *std::move(call_id);
  return finish({std::move(id), std::move(wish)}, members);
}

Read read_command(std::string id, std::string_view name, std::string_view by, Members& members) {
  auto call_id = take_call_id(members);
  if (!call_id) return unusable(std::move(id), "call_id: the id of a call");
  CommandWords words;
  if (name == "say" || name == "context") words.text = take_text(members, "text").value_or("");
  if (name == "transfer") {
    words.to = take_text(members, "to").value_or("");
    words.note = take_text(members, "note").value_or("");
  }
  if (!members.empty()) return unusable(std::move(id), unknown_members(members));
  auto made = make_command(name, *std::move(call_id), std::move(words), by);
  if (const auto* const wrong = std::get_if<std::vector<ParameterError>>(&made))
    return unusable(std::move(id), wrong->front().name + ": " + wrong->front().words);
  return ClientMessage{std::move(id), std::get<CallCommand>(std::move(made))};
}

/// The name of the HTTP API for a type of the socket; empty for no command.
std::string_view command_of(std::string_view type) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 6> names = {
      {{"hangup", "hangup"},
       {"say", "say"},
       {"context", "context"},
       {"pause_agent", "pause"},
       {"resume_agent", "resume"},
       {"transfer", "transfer"}}};
  const auto* const known = std::find_if(names.begin(), names.end(),
                                         [&](const auto& each) { return each.first == type; });
  return known == names.end() ? std::string_view() : known->second;
}

Read read_members(Members& members, std::string_view by) {
  auto id = take_id(members);
  if (!id) return unusable("null", "id: a text or a whole number, short");
  const auto type = take_text(members, "type").value_or("");
  if (members.contains("ticket")) return read_authentication(*std::move(id), members);
  if (type == "subscribe") return read_subscription(*std::move(id), true, members);
  if (type == "unsubscribe") return read_subscription(*std::move(id), false, members);
  if (type == "listen") return read_listening(*std::move(id), members);
  if (const auto name = command_of(type); !name.empty())
    return read_command(*std::move(id), name, by, members);
  return Misunderstood{*std::move(id), "unknown_type",
                       "subscribe, unsubscribe, listen, hangup, say, context, pause_agent, "
                       "resume_agent or transfer"};
}

}  // namespace

Read read_client_message(std::string_view text, std::string_view by) {
  const Misunderstood malformed{"null", "malformed", std::string(what_a_message_is)};
  simdjson::dom::parser parser;
  element document;
  simdjson::dom::object object;
  if (parser.allocate(text.size(), depth_max) != simdjson::SUCCESS ||
      parser.parse(text.data(), text.size()).get(document) != simdjson::SUCCESS ||
      document.get(object) != simdjson::SUCCESS || has_repeated_name(document))
    return malformed;
  Members members;
  for (const auto& [name, value] : object) members.emplace(name, value);
  return read_members(members, by);
}

}  // namespace tandem::web
