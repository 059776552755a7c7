#include "bridge/admin_sockets.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>

#include "bridge/arrival.hpp"
#include "bridge/clock.hpp"
#include "web/access.hpp"
#include "web/answers.hpp"

namespace tandem {

AdminSockets::AdminSockets(Parts parts)
    : parts_(std::move(parts)),
      feed_(parts_.control, parts_.metrics, [this](const core::Record& record) { note(record); }),
      clients_gauge_(parts_.metrics.gauge(ops::Family::admin_ws_clients)),
      tasks_(parts_.control,
             [this](std::exception_ptr) { parts_.log.error("admin_sockets_failed"); }) {}

void AdminSockets::stop() {
  is_stopping_ = true;
  for (auto& [number, open] : open_) open.client->close(1001, "the bridge stops");
}

std::variant<core::HttpResponse, net::UpgradeTarget> AdminSockets::upgrade(
    const core::HttpRequest& request) {
  if (web::is_from_another_site(request, parts_.config.public_url)) return web::another_site();
  const auto strangers = static_cast<std::size_t>(std::count_if(
      open_.begin(), open_.end(), [](const auto& each) { return !each.second.client->visitor(); }));
  if (is_stopping_ || strangers + upgrading_ >= strangers_max)
    return web::problem(503, "Too many sockets", "Many are waiting to be let in. Try again soon.");
  ++upgrading_;
  return net::UpgradeTarget(
      [this](net::AcceptedSocket accepted) { tasks_.spawn(serve(std::move(accepted))); });
}

net::Task<void> AdminSockets::serve(net::AcceptedSocket accepted) {
  const auto options = AdminClient::options();
  auto socket = co_await net::WebSocket::accept(parts_.control, std::move(accepted), options);
  --upgrading_;
  if (!socket) co_return;
  const auto number = next_number_++;
  Open& open = open_[number];
  open.socket = std::move(socket);
  open.client = std::make_unique<AdminClient>(number, *open.socket, parts_.board, parts_.metrics,
                                              clock_now());
  clients_gauge_.add(1);
  try {
    co_await read(*open.client, *open.socket);
  } catch (const std::exception& error) {
    parts_.log.error("admin_client_failed", {{"what", error.what()}});
  }
  leave(*open.client);
  open.client->close(1011, "failed");  // no effect unless it did
  co_await open.socket->join();
  clients_gauge_.add(-1);
  open_.erase(number);
}

net::Task<void> AdminSockets::read(AdminClient& client, net::WebSocket& socket) {
  for (;;) {
    const net::Message message = co_await socket.read();
    if (message.kind == net::Message::Kind::closed) co_return;
    if (client.is_closing()) continue;
    if (message.kind == net::Message::Kind::binary) {
      client.close(1003, "text only");
    } else {
      handle(client, message.data);
    }
  }
}

void AdminSockets::leave(AdminClient& client) {
  std::vector<core::CallId> heard;
  for (const auto& [call, listeners] : listeners_) {
    if (std::find(listeners.begin(), listeners.end(), &client) != listeners.end())
      heard.push_back(call);
  }
  for (const auto& call : heard) listen(client, call, false);
}

AdminClient* AdminSockets::find(std::uint64_t number) {
  const auto found = open_.find(number);
  return found == open_.end() ? nullptr : found->second.client.get();
}

void AdminSockets::tell(const LiveBoard::Changes& changes) {
  const auto now = clock_now();
  for (const auto& change : changes) {
    std::optional<web::ServerMessage> message;  // written once, and only when somebody wants it
    for (auto& [number, open] : open_) {
      if (!open.client->wants(change.call_id)) continue;
      if (!message) message = web::message_of(change);
      open.client->tell(change.call_id, *message, now);
    }
  }
}

void AdminSockets::note(const core::Record& record) {
  tell(parts_.board.note(record));
  if (std::holds_alternative<core::CallEnded>(record.body)) listeners_.erase(record.call_id);
}

void AdminSockets::note(const LiveSound& sound) {
  const auto found = listeners_.find(sound.call_id);
  const auto* const call = parts_.board.find(sound.call_id);
  if (found == listeners_.end() || call == nullptr) return;
  const auto now = clock_now();
  for (AdminClient* const client : found->second) client->hear(sound, call->handle, now);
}

net::Task<void> AdminSockets::pass_sound_on() {
  is_passing_sound_ = true;
  while (!is_stopping_ && !listeners_.empty()) {
    for (const auto& sound : feed_.take_sounds()) note(sound);
    co_await pause(parts_.control, sound_period);
  }
  is_passing_sound_ = false;
}

void AdminSockets::note_verdict(const core::CallId& id, web::CallAnalysed verdict) {
  tell({{id, wall_now(), std::nullopt, std::move(verdict)}});
}

net::Task<void> AdminSockets::tick_for_ever() {
  while (!is_stopping_) {
    tick();
    co_await pause_unless(parts_.control, is_stopping_, std::chrono::seconds(1));
  }
}

void AdminSockets::tick() {
  ++seconds_;
  const auto now = clock_now();
  bool is_watched = false;
  for (auto& [number, open] : open_) {
    AdminClient& client = *open.client;
    client.check(now);
    is_watched = is_watched || client.visitor();
    if (!client.visitor() && now - client.connected_at() >= authentication_max)
      client.close(1008, "no ticket came");
    if (client.visitor() && seconds_ % status_every_s == 0) say_status(client, parts_.status());
    if (client.visitor() && seconds_ % recheck_every_s == 0) recheck(client);
  }
  is_fresh_due_ = feed_.take_loss() || is_fresh_due_;
  if (looks_awaited_ == 0 && (is_watched || is_fresh_due_)) look();
}

void AdminSockets::look() {
  looks_awaited_ = parts_.shards.size();
  for (auto& shard : parts_.shards) {
    shard->look([this](std::vector<net::CallFacts> facts) {
      net::asio::post(parts_.control, [this, facts = std::move(facts)] { note_look(facts); });
    });
  }
}

void AdminSockets::note_look(const std::vector<net::CallFacts>& facts) {
  std::vector<LiveBoard::Seen> seen;
  for (const auto& [id, snapshot] : facts) seen.push_back({id, snapshot});
  tell(parts_.board.note(seen, wall_now()));
  if (--looks_awaited_ > 0) return;
  tell(parts_.board.end_look(wall_now()));
  if (!std::exchange(is_fresh_due_, false)) return;
  for (auto& [number, open] : open_) {
    if (open.client->visitor()) open.client->send_snapshot(wall_now(), clock_now());
  }
}

/// Its session may have ended, its token may have been revoked, its role may have changed (A11).
void AdminSockets::recheck(const AdminClient& client) {
  parts_.visitors.recheck(*client.visitor(), [this, number = client.number()](const Visitor& now) {
    using Standing = Visitor::Standing;
    AdminClient* const still_there = find(number);
    if (still_there == nullptr || now.standing == Standing::unknown) return;
    if (now.standing == Standing::known && now.access == still_there->visitor()->access) return;
    still_there->close(no_longer_allowed, "log in again");
  });
}

}  // namespace tandem
