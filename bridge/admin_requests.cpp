// What the clients of the admin socket say, and what becomes of it.
#include <algorithm>

#include "bridge/admin_sockets.hpp"
#include "bridge/clock.hpp"

namespace tandem {

namespace {

constexpr std::string_view no_such_call = "No such call runs here.";
constexpr std::string_view call_over = "This call is ending, or over.";

}  // namespace

void AdminSockets::refuse(AdminClient& client, const std::string& id, std::string_view code,
                          std::string_view why) {
  client.say(web::error_message(id, code, why, wall_now()));
}

void AdminSockets::handle(AdminClient& client, std::string_view text) {
  auto read = web::read_client_message(text, client.visitor() ? client.visitor()->name : "");
  auto* const message = std::get_if<web::ClientMessage>(&read);
  const auto* const wrong = std::get_if<web::Misunderstood>(&read);
  if (!client.visitor()) {
    const auto* const ticket =
        message != nullptr ? std::get_if<web::Authentication>(&message->wish) : nullptr;
    return ticket != nullptr ? let_in(client, *ticket) : client.close(1008, "a ticket comes first");
  }
  const std::string id = wrong != nullptr ? wrong->id : message->id;
  if (!client.may_command(clock_now()))
    return refuse(client, id, "too_many_commands", "At most 20 in a second.");
  if (wrong != nullptr) {
    refuse(client, id, wrong->code, wrong->message);
    return wrong->code == "malformed" ? client.note_malformed() : void();
  }
  std::visit([&](auto& wish) { answer(client, id, std::move(wish)); }, message->wish);
}

void AdminSockets::let_in(AdminClient& client, const web::Authentication& wish) {
  auto visitor = parts_.tickets.redeem(wish.ticket, clock_now());
  if (!visitor) return client.close(1008, "this ticket opens nothing");
  const auto let_in_before = std::count_if(open_.begin(), open_.end(), [](const auto& each) {
    return each.second.client->visitor().has_value();
  });
  if (static_cast<std::size_t>(let_in_before) >= clients_max)
    return client.close(1013, "too many clients");
  client.authenticated(*std::move(visitor));
  say_status(client, parts_.status());
}

void AdminSockets::say_status(AdminClient& client, web::NodeStatus status) {
  status.role = role_of(client.visitor()->access);
  status.name = client.visitor()->name;
  client.say(web::message_of(status, wall_now()));
}

void AdminSockets::answer(AdminClient& client, const std::string& id, const web::Authentication&) {
  refuse(client, id, "unusable", "This socket has been let in already.");
}

void AdminSockets::answer(AdminClient& client, const std::string& id,
                          const web::Subscription& wish) {
  if (!client.subscribe(wish))
    return refuse(client, id, "too_many_calls", "Subscribe to all calls instead.");
  client.say(web::ack_message(id, wall_now()));
  if (wish.on) client.send_snapshot(wall_now(), clock_now());
}

void AdminSockets::answer(AdminClient& client, const std::string& id, const web::Listening& wish) {
  if (client.visitor()->access < web::Access::operate)
    return refuse(client, id, "not_allowed", "A viewer may read only.");
  if (parts_.board.find(wish.call_id) == nullptr)
    return refuse(client, id, "no_such_call", no_such_call);
  if (wish.on && listened_by(client) >= listened_calls_max)
    return refuse(client, id, "too_many_calls", "At most 8 can be listened to at once.");
  if (!listen(client, wish.call_id, wish.on)) return refuse(client, id, "call_over", call_over);
  client.say(web::ack_message(id, wall_now()));
}

void AdminSockets::answer(AdminClient& client, const std::string& id, web::CallCommand wish) {
  if (client.visitor()->access < web::Access::operate)
    return refuse(client, id, "not_allowed", "A viewer may read only.");
  parts_.visitors.audit(*client.visitor(), "admin.v1 " + std::string(wish.name),
                        wish.call_id.str());
  parts_.node_commands.give(std::move(wish),
                            [this, number = client.number(), id](NodeCommands::Left left) {
                              answer_given(number, id, left);
                            });
}

void AdminSockets::answer_given(std::uint64_t number, const std::string& id,
                                NodeCommands::Left left) {
  AdminClient* const client = find(number);
  if (client == nullptr) return;
  switch (left) {
    case NodeCommands::Left::taken_here:
    case NodeCommands::Left::left:
      return client->say(web::ack_message(id, wall_now()));
    case NodeCommands::Left::over:
      return refuse(*client, id, "call_over", call_over);
    case NodeCommands::Left::no_such_call:
      return refuse(*client, id, "no_such_call", "No node carries such a call.");
    case NodeCommands::Left::unavailable:
      return refuse(*client, id, "unavailable",
                    "The call runs elsewhere, and the database does not answer.");
  }
}

std::size_t AdminSockets::listened_by(const AdminClient& client) const {
  return static_cast<std::size_t>(
      std::count_if(listeners_.begin(), listeners_.end(), [&](const auto& each) {
        return std::find(each.second.begin(), each.second.end(), &client) != each.second.end();
      }));
}

/// False when the call is over. What is so already stays as it is.
bool AdminSockets::listen(AdminClient& client, const core::CallId& call, bool on) {
  auto& listeners = listeners_[call];
  const auto here = std::find(listeners.begin(), listeners.end(), &client);
  if (on == (here != listeners.end())) return true;
  if (on) {
    listeners.push_back(&client);
  } else {
    listeners.erase(here);
  }
  const auto& visitor = *client.visitor();
  parts_.visitors.audit(visitor, on ? "admin.v1 listen on" : "admin.v1 listen off", call.str());
  const bool is_taken = parts_.switchboard.command(
      call, call::OperatorListen{static_cast<int>(listeners.size()), visitor.name, on});
  if (!is_taken || listeners.empty()) listeners_.erase(call);
  if (!listeners_.empty() && !is_passing_sound_) tasks_.spawn(pass_sound_on());
  return is_taken;
}

}  // namespace tandem
