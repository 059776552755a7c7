// The client's side of the admin socket: writes what was understood as a message again, and judges
// the answers. The names are those of docs/admin-socket.md, spelled out here once more.
#pragma once

#include <simdjson.h>

#include <set>
#include <string>

#include "tests/fuzz/support/input.hpp"
#include "web/admin_messages.hpp"
#include "web/json.hpp"

namespace tandem::fuzz {

inline constexpr std::size_t id_bytes_max = 64;

/// One JSON object with this id as it was sent, the number of its connection and its type.
inline bool is_answer(const web::ServerMessage& message, std::string_view type,
                      const std::string& id) {
  const std::string text = message.numbered(7);
  simdjson::dom::parser parser;
  simdjson::dom::element answer;
  simdjson::dom::element told_id;
  std::uint64_t seq = 0;
  std::string_view told_type;
  return parser.parse(text).get(answer) == simdjson::SUCCESS &&
         answer["seq"].get(seq) == simdjson::SUCCESS && seq == 7 &&
         answer["type"].get(told_type) == simdjson::SUCCESS && told_type == type &&
         answer["id"].get(told_id) == simdjson::SUCCESS && simdjson::minify(told_id) == id &&
         id.size() <= id_bytes_max;
}
inline bool is_told(const web::ClientMessage& message) {
  return is_answer(web::ack_message(message.id, {}), "ack", message.id);
}
inline bool is_told(const web::Misunderstood& wrong) {
  return is_answer(web::error_message(wrong.id, wrong.code, wrong.message, {}), "error", wrong.id);
}

inline bool has_single_names(simdjson::dom::element element) {
  simdjson::dom::array items;
  simdjson::dom::object members;
  bool is_single = true;
  if (element.get(items) == simdjson::SUCCESS) {
    for (const auto item : items) is_single = is_single && has_single_names(item);
  } else if (element.get(members) == simdjson::SUCCESS) {
    std::set<std::string_view> names;
    for (const auto member : members)
      is_single = is_single && names.insert(member.key).second && has_single_names(member.value);
  }
  return is_single;
}
inline bool says_nothing_twice(std::string_view text) {
  simdjson::dom::parser parser;
  simdjson::dom::element document;
  return parser.parse(text.data(), text.size()).get(document) == simdjson::SUCCESS &&
         has_single_names(document);
}

/// Characters of valid UTF-8.
inline std::size_t characters_in(std::string_view text) {
  std::size_t count = 0;
  for (const char c : text) count += (static_cast<unsigned char>(c) & 0xC0U) != 0x80U ? 1 : 0;
  return count;
}

inline bool is_within_bounds(const call::Input& input) {
  constexpr auto max = web::command_characters_max;
  if (const auto* say = std::get_if<call::OperatorSay>(&input))
    return !say->text.empty() && characters_in(say->text) <= max;
  if (const auto* context = std::get_if<call::OperatorContext>(&input))
    return !context->text.empty() && characters_in(context->text) <= max;
  const auto* const transfer = std::get_if<call::OperatorTransfer>(&input);
  return transfer == nullptr || (transfer->to.is_e164() && characters_in(transfer->note) <= max);
}
inline bool is_within_bounds(const web::ClientMessage& message) {
  if (const auto* wish = std::get_if<web::Subscription>(&message.wish))
    return wish->calls.size() <= (wish->all ? 0 : web::subscribed_calls_max);
  if (const auto* wish = std::get_if<web::Authentication>(&message.wish))
    return wish->ticket.size() <= 256;
  const auto* const command = std::get_if<web::CallCommand>(&message.wish);
  return command == nullptr || is_within_bounds(command->input);
}

inline void write(web::JsonWriter& json, const web::Authentication& wish) {
  json.member("ticket", wish.ticket);
}
inline void write(web::JsonWriter& json, const web::Subscription& wish) {
  json.member("type", std::string_view(wish.on ? "subscribe" : "unsubscribe")).key("calls");
  if (wish.all) {
    json.value(std::string_view("all"));
    return;
  }
  json.begin_array();
  for (const auto& id : wish.calls) json.value(id.str());
  json.end_array();
}
inline void write(web::JsonWriter& json, const web::Listening& wish) {
  json.member("type", std::string_view("listen")).member("call_id", wish.call_id.str());
  json.key("on").fact(wish.on);
}
inline void write(web::JsonWriter& json, const web::CallCommand& wish) {
  std::string_view type = wish.name;
  if (const auto* pause = std::get_if<call::OperatorPause>(&wish.input))
    type = pause->paused ? "pause_agent" : "resume_agent";
  json.member("type", type).member("call_id", wish.call_id.str());
  if (const auto* say = std::get_if<call::OperatorSay>(&wish.input)) json.member("text", say->text);
  if (const auto* context = std::get_if<call::OperatorContext>(&wish.input))
    json.member("text", context->text);
  if (const auto* transfer = std::get_if<call::OperatorTransfer>(&wish.input))
    json.member("to", transfer->to.expose()).member("note", transfer->note);
}

inline std::string rewritten(const web::ClientMessage& message) {
  web::JsonWriter json;
  json.begin_object().key("id").raw(message.id);
  std::visit([&](const auto& wish) { write(json, wish); }, message.wish);
  return json.end_object().finish();
}
inline bool survives(const web::ClientMessage& message) {
  const std::string text = rewritten(message);
  const auto again = web::read_client_message(text, "rosa");
  const auto* const same = std::get_if<web::ClientMessage>(&again);
  return same != nullptr && same->wish.index() == message.wish.index() && rewritten(*same) == text;
}

}  // namespace tandem::fuzz
