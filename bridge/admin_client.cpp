#include "bridge/admin_client.hpp"

#include <algorithm>

#include "bridge/clock.hpp"

namespace tandem {

namespace {

/// About as many bytes as this call needs in a message.
std::size_t weight_of(const web::LiveCall& call) {
  constexpr std::size_t of_call = 800;
  constexpr std::size_t of_line = 150;
  constexpr std::size_t of_turn = 350;
  std::size_t bytes = of_call + of_turn * call.turns.size();
  for (const auto& line : call.lines) bytes += of_line + line.text.size();
  return bytes;
}

}  // namespace

net::WebSocketOptions AdminClient::options() {
  net::WebSocketOptions options;
  options.read_message_bytes_max = message_bytes_max;
  options.outbox_bytes_max = outbox_bytes_max;
  options.ping_after = std::chrono::seconds(15);
  options.idle_timeout = std::chrono::seconds(25);
  options.pings = true;
  options.subprotocol = web::admin_protocol;
  return options;
}

AdminClient::AdminClient(std::uint64_t number, net::WebSocket& socket, const LiveBoard& board,
                         ops::Metrics& metrics, core::TimePoint now)
    : number_(number),
      socket_(socket),
      board_(board),
      dropped_messages_(metrics.counter(ops::Family::admin_dropped_total, {"message"})),
      dropped_audio_(metrics.counter(ops::Family::admin_dropped_total, {"audio"})),
      connected_at_(now),
      commands_at_(now) {
  socket_.on_written = [this](core::TimePoint due, core::TimePoint) { note_written(due); };
}

bool AdminClient::subscribe(const web::Subscription& wish) {
  if (wish.all) {
    wants_all_ = wish.on;
    wanted_.clear();
    unwanted_.clear();
    return true;
  }
  auto& named = wish.on ? wanted_ : unwanted_;
  auto& others = wish.on ? unwanted_ : wanted_;
  for (const auto& id : wish.calls) {
    others.erase(id);
    if (wish.on != wants_all_) named.insert(id);
  }
  return wanted_.size() <= named_calls_max && unwanted_.size() <= named_calls_max;
}

bool AdminClient::wants(const core::CallId& id) const {
  return visitor_ && (wants_all_ ? !unwanted_.contains(id) : wanted_.contains(id));
}

void AdminClient::say(const web::ServerMessage& message) { send(message); }

void AdminClient::tell(const core::CallId& id, const web::ServerMessage& message,
                       core::TimePoint now) {
  if (owed_.contains(id)) return;  // it will come whole
  if (is_behind(now)) {
    ++dropped_;
    return dropped_messages_.add();
  }
  send(message);
}

bool AdminClient::is_behind(core::TimePoint now) {
  if (!behind_since_ && socket_.outbox_bytes() > changes_bytes_max) {
    behind_since_ = now;
    owed_.clear();
  }
  return behind_since_.has_value();
}

void AdminClient::hear(const LiveSound& sound, std::uint32_t handle, core::TimePoint now) {
  const bool is_late = !sounds_.empty() && now - sounds_.front().due > audio_max;
  if (is_late || behind_since_ || sound_bytes_ > audio_bytes_max) return dropped_audio_.add();
  std::string message = socket_.take_buffer();
  web::append_audio(message, static_cast<std::uint8_t>(sound.track), handle, sound.offset,
                    sound.ulaw);
  const Sound queued{now, message.size()};
  if (socket_.send(std::move(message), now, net::MessageKind::binary) != net::SendStatus::queued)
    return;
  sound_bytes_ += queued.bytes;
  sounds_.push_back(queued);
}

void AdminClient::send(const web::ServerMessage& message) {
  const auto status = socket_.send(message.numbered(seq_ + 1), {});
  if (status == net::SendStatus::queued) ++seq_;
  if (status == net::SendStatus::full) close(1013, "read too slowly");
}

void AdminClient::note_written(core::TimePoint due) {
  if (due != core::TimePoint{} && !sounds_.empty()) {
    sound_bytes_ -= sounds_.front().bytes;
    sounds_.pop_front();
  }
  if (behind_since_ && socket_.outbox_bytes() <= caught_up_bytes) {
    behind_since_.reset();
    send_snapshot(wall_now(), clock_now());
  }
  send_owed();
}

void AdminClient::send_snapshot(core::WallTime wall, core::TimePoint now) {
  if (is_behind(now)) return;  // it comes when there is room for it
  owed_.clear();
  for (const web::LiveCall* const call : board_.calls())
    if (wants(call->id)) owed_.insert(call->id);
  const std::optional<std::int64_t> dropped =
      dropped_ > 0 ? std::optional(std::exchange(dropped_, 0)) : std::nullopt;
  send(web::snapshot_message(take_first_piece(), dropped, wall));
  send_owed();
}

std::vector<const web::LiveCall*> AdminClient::take_first_piece() {
  std::vector<const web::LiveCall*> piece;
  std::size_t bytes = 0;
  for (const web::LiveCall* const call : board_.calls()) {
    if (!owed_.contains(call->id)) continue;
    bytes += weight_of(*call);
    if (bytes > snapshot_piece_bytes && !piece.empty()) break;
    owed_.erase(call->id);
    piece.push_back(call);
  }
  return piece;
}

void AdminClient::send_owed() {
  while (!owed_.empty() && socket_.outbox_bytes() < snapshot_piece_bytes) {
    const auto id = owed_.extract(owed_.begin());
    const web::LiveCall* const call = board_.find(id.value());
    if (call == nullptr) continue;  // over since
    send(web::message_of({call->id, wall_now(), std::nullopt, web::CallBegan{*call}}));
  }
}

void AdminClient::check(core::TimePoint now) {
  const bool hears_nothing = !sounds_.empty() && now - sounds_.front().due > behind_max;
  const bool learns_nothing = behind_since_ && now - *behind_since_ > behind_max;
  if (hears_nothing || learns_nothing) close(1013, "read too slowly");
}

bool AdminClient::may_command(core::TimePoint now) {
  const double seconds = std::chrono::duration<double>(now - commands_at_).count();
  commands_at_ = now;
  commands_ = std::min(commands_per_second, commands_ + seconds * commands_per_second);
  if (commands_ >= 1) {
    commands_ -= 1;
    refused_commands_ = 0;
    return true;
  }
  if (++refused_commands_ >= refused_commands_max) close(1008, "too many commands");
  return false;
}

void AdminClient::note_malformed() {
  if (++malformed_ >= malformed_max) close(1007, "too many malformed messages");
}

/// What waits for a slow client is of no use any more, and would keep it from hearing why.
void AdminClient::close(std::uint16_t code, std::string_view reason) {
  if (socket_.outbox_bytes() > caught_up_bytes) socket_.drop_unsent();
  is_closing_ = true;
  socket_.close(code, reason);
}

}  // namespace tandem
