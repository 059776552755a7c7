#include "bridge/net/websocket.hpp"

#include <netinet/tcp.h>
#include <sys/socket.h>

#include <array>
#include <boost/asio/redirect_error.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/websocket/error.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "bridge/core/result.hpp"
#include "bridge/net/byte_stream.hpp"
#include "bridge/net/connect.hpp"
#include "bridge/net/deadline.hpp"

namespace tandem::net {

namespace beast = boost::beast;
namespace ws = boost::beast::websocket;

namespace {

constexpr auto closing_handshake_timeout = std::chrono::seconds(3);
// Chunks of a second of audio are far larger than the frames between them; what they needed goes
// back to the heap.
constexpr std::size_t kept_read_buffer_max = 16 * 1024;
// How much of what a peer does not read may wait in our kernel. By default that is 2.5 MB on
// loopback, behind the proxy: almost four minutes of audio that nobody counts or can take back.
constexpr int kernel_unsent_bytes_max = 4096;
constexpr std::size_t close_reason_bytes_max = 123;  // RFC 6455, 5.5: control frames carry 125

/// FIN, then discard until the peer's FIN: closing with unread bytes would send RST, which can
/// overtake the close frame that says why. Not after the peer's own close frame, when nothing can
/// follow.
struct Linger {
  ByteStream* stream;
  bool started = false;

  template <class Self>
  void operator()(Self& self, ErrorCode error = {}, std::size_t = 0) {
    static thread_local std::array<char, 4096> discarded;
    const bool first = !std::exchange(started, true);
    if (first) stream->shutdown();
    if (first && (stream->peer_ending() || !stream->socket().is_open())) {
      asio::post(stream->get_executor(), std::move(self));
    } else if (error || stream->peer_ending() || !stream->socket().is_open()) {
      self.complete({});
    } else {
      stream->socket().async_read_some(asio::buffer(discarded), std::move(self));
    }
  }
};

std::string_view cut_at_character(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  while (bytes_max > 0 && (static_cast<unsigned char>(text[bytes_max]) & 0xC0) == 0x80) --bytes_max;
  return text.substr(0, bytes_max);
}

/// RFC 6455, 7.4.1: what we call a connection that ended without the peer's close frame.
std::uint16_t code_of(const ErrorCode& error) {
  if (error == ws::error::message_too_big || error == ws::error::buffer_overflow) return 1009;
  if (error == ws::error::bad_frame_payload) return 1007;
  if (error == ws::condition::protocol_violation) return 1002;
  return 1006;
}

beast::http::request<beast::http::empty_body> to_beast(const core::HttpRequest& request) {
  beast::http::request<beast::http::empty_body> out;
  out.version(11);
  out.method_string(request.method);
  out.target(request.target);
  for (const auto& [name, value] : request.headers) out.insert(name, value);
  return out;
}

/// RFC 6455, 11.3.4: the header is a list, and may come several times.
bool offers(const core::HttpRequest& request, std::string_view subprotocol) {
  constexpr std::string_view blank = " \t";
  if (subprotocol.empty()) return false;
  for (const auto& [name, value] : request.headers) {
    if (!beast::iequals(name, "Sec-WebSocket-Protocol")) continue;
    for (std::string_view rest = value; !rest.empty();) {
      const auto comma = std::min(rest.find(','), rest.size());
      auto offered = rest.substr(0, comma);
      offered.remove_prefix(std::min(offered.find_first_not_of(blank), offered.size()));
      offered = offered.substr(0, offered.find_last_not_of(blank) + 1);
      if (offered == subprotocol) return true;
      rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
  }
  return false;
}

std::optional<ByteStream> adopt(asio::io_context& context, AcceptedSocket& accepted) {
  std::optional<ByteStream> none;
  sockaddr_storage local{};
  socklen_t size = sizeof(local);
  if (::getsockname(accepted.fd.get(), reinterpret_cast<sockaddr*>(&local), &size) != 0) {
    return none;
  }
  Socket socket(context);
  ErrorCode error;
  const auto protocol = local.ss_family == AF_INET6 ? asio::ip::tcp::v6() : asio::ip::tcp::v4();
  socket.assign(protocol, accepted.fd.get(), error);
  if (error) return none;
  accepted.fd.release();
  socket.set_option(asio::ip::tcp::no_delay(true), error);
  return ByteStream(std::move(socket), std::move(accepted.leftover));
}

}  // namespace

// Beast finds these two by the type of the stream.
template <class Handler>
void async_teardown(beast::role_type, ByteStream& stream, Handler&& handler) {
  asio::async_compose<Handler, void(ErrorCode)>(Linger{&stream}, handler, stream.socket());
}
void beast_close_socket(ByteStream& stream) { stream.close(); }

class WebSocket::Connection {
 public:
  Connection(asio::io_context& context, ByteStream stream, const WebSocketOptions& options);
  ~Connection();

  Task<ErrorCode> upgrade(const core::Url& url, const core::HttpHeaders& headers, int& status);
  Task<ErrorCode> answer(const core::HttpRequest& request);
  void opened();

  Task<Message> read();
  SendStatus send(std::string&& text, core::TimePoint due, MessageKind kind);
  void close(std::uint16_t code, std::string_view reason);
  void abort(std::string_view why);
  Task<void> join();

  Outbox outbox;
  [[nodiscard]] core::Duration round_trip() noexcept;
  core::TimePoint last_activity{};
  WebSocket* owner = nullptr;

 private:
  void limit_handshake(core::Duration limit);
  void write_next();
  void written(const ErrorCode& error);
  void start_close();
  void watch_idle(core::TimePoint at);
  void check_idle();
  [[nodiscard]] core::Duration quiet_max() const noexcept {
    return options_.ping_after > core::Duration::zero() ? options_.ping_after
                                                        : options_.idle_timeout / 2;
  }
  void ping();
  void end(const ErrorCode& error);
  void operation_ended();
  void touch() { last_activity = std::chrono::steady_clock::now(); }

  ws::stream<ByteStream, false> stream_;
  beast::flat_buffer buffer_;
  WebSocketOptions options_;
  ws::close_reason close_reason_;
  Message last_;         ///< the `closed` message, once ended_
  std::string failure_;  ///< why we broke the connection, when we did
  Deadline force_;       ///< armed by close()
  Deadline idle_;
  Timer became_quiet_;          ///< never expires; cancelled when operations_ reaches 0
  std::size_t operations_ = 0;  ///< callbacks and reads that will still run
  enum class Closing : std::uint8_t { no, requested, started };
  Closing closing_ = Closing::no;
  bool reading_ = false;
  bool close_finished_ = false;  ///< the closing handshake that we began
  bool close_received_ = false;
  bool pinging_ = false;
  bool ended_ = false;
};

WebSocket::Connection::Connection(asio::io_context& context, ByteStream stream,
                                  const WebSocketOptions& options)
    : outbox(options.outbox_bytes_max),
      stream_(std::move(stream)),
      // room for one read beyond the limit, so that Beast reports the limit and not a full buffer
      buffer_(options.read_message_bytes_max + 1536),
      options_(options),
      force_(context),
      idle_(context),
      became_quiet_(context, Timer::time_point::max()) {
  ::setsockopt(stream_.next_layer().socket().native_handle(), IPPROTO_TCP, TCP_NOTSENT_LOWAT,
               &kernel_unsent_bytes_max, sizeof(kernel_unsent_bytes_max));
  stream_.auto_fragment(false);
  stream_.read_message_max(options.read_message_bytes_max);
  limit_handshake(ws::stream_base::none());
  stream_.control_callback([this](ws::frame_type kind, beast::string_view) {
    touch();
    if (kind != ws::frame_type::close) return;
    close_received_ = true;
    stream_.next_layer().peer_announced_end();
  });
}

WebSocket::Connection::~Connection() {
  if (operations_ == 0) return;
  std::fputs("WebSocket destroyed before join() ended\n", stderr);
  std::abort();
}

// All three of Beast's limits, on both roles. Idle and pings are off in Beast because it would
// re-arm a timer for every message; check_idle() looks twice per idle time-out. The opening
// handshake is limited by connect() and accept().
void WebSocket::Connection::limit_handshake(core::Duration limit) {
  ws::stream_base::timeout limits;
  limits.handshake_timeout = limit;
  limits.idle_timeout = ws::stream_base::none();
  limits.keep_alive_pings = false;
  stream_.set_option(limits);
}

Task<ErrorCode> WebSocket::Connection::upgrade(const core::Url& url,
                                               const core::HttpHeaders& headers, int& status) {
  stream_.set_option(ws::stream_base::decorator([&headers](ws::request_type& request) {
    request.set(beast::http::field::user_agent, "tandem");
    for (const auto& [name, value] : headers) request.set(name, value);
  }));
  ws::response_type response;
  const std::string host = url.authority();
  ErrorCode error;
  co_await stream_.async_handshake(response, host, url.target,
                                   asio::redirect_error(use_task, error));
  status =
      error && error != ws::error::upgrade_declined ? 0 : static_cast<int>(response.result_int());
  stream_.set_option(ws::stream_base::decorator([](ws::request_type&) {}));  // forget the secrets
  co_return error;
}

Task<ErrorCode> WebSocket::Connection::answer(const core::HttpRequest& request) {
  const auto upgrade_request = to_beast(request);
  if (offers(request, options_.subprotocol)) {
    const std::string name = options_.subprotocol;
    stream_.set_option(ws::stream_base::decorator([name](ws::response_type& response) {
      response.set(beast::http::field::sec_websocket_protocol, name);
    }));
  }
  ErrorCode error;
  co_await stream_.async_accept(upgrade_request, asio::redirect_error(use_task, error));
  co_return error;
}

void WebSocket::Connection::opened() {
  touch();
  limit_handshake(closing_handshake_timeout);  // of a closing handshake that the peer starts
  if (options_.idle_timeout > core::Duration::zero()) {
    watch_idle(last_activity + quiet_max());
  }
}

Task<Message> WebSocket::Connection::read() {
  if (ended_) co_return last_;
  BRIDGE_ASSERT(!reading_);
  reading_ = true;
  buffer_.clear();
  if (buffer_.capacity() > kept_read_buffer_max) buffer_.shrink_to_fit();
  ++operations_;
  ErrorCode error;
  co_await stream_.async_read(buffer_, asio::redirect_error(use_task, error));
  reading_ = false;
  Message message;
  if (error) {
    end(error);
    message = last_;
  } else {
    touch();
    message.kind = stream_.got_text() ? Message::Kind::text : Message::Kind::binary;
    const auto data = buffer_.cdata();
    message.data = std::string_view(static_cast<const char*>(data.data()), data.size());
  }
  operation_ended();
  co_return message;
}

void WebSocket::Connection::end(const ErrorCode& error) {
  ended_ = true;
  // close_received_: the peer may be gone before our answer to its close frame could be written
  last_.clean = error == ws::error::closed || close_finished_ || close_received_;
  if (last_.clean) {
    const auto& peer = stream_.reason();
    last_.close_code = peer.code == ws::close_code::none ? 1005 : peer.code;
    last_.reason = std::string(peer.reason.data(), peer.reason.size());
  } else {
    last_.close_code = code_of(error);
    last_.reason = failure_.empty() ? error.message() : failure_;
  }
  abort(last_.reason);
}

SendStatus WebSocket::Connection::send(std::string&& text, core::TimePoint due, MessageKind kind) {
  const SendStatus status = outbox.push(std::move(text), due, kind);
  if (status == SendStatus::queued && !outbox.writing()) write_next();
  return status;
}

void WebSocket::Connection::write_next() {
  const Outbox::Entry* const entry = outbox.begin();
  if (entry == nullptr) {
    if (closing_ == Closing::requested) start_close();
    return;
  }
  ++operations_;
  stream_.binary(entry->kind == MessageKind::binary);
  stream_.async_write(asio::buffer(entry->text),
                      [this, due = entry->due](const ErrorCode& error, std::size_t) {
                        outbox.finish();
                        written(error);
                        if (!error && owner->on_written) {
                          owner->on_written(due, std::chrono::steady_clock::now());
                        }
                        if (!error && !outbox.writing()) write_next();
                        operation_ended();
                      });
}

void WebSocket::Connection::written(const ErrorCode& error) {
  if (!error) return;
  outbox.close();
  outbox.drop_unsent();
  // The reader finds out by itself, after it has taken what the peer said last: often a close frame
  // with the reason. "Aborted" means that a closing handshake is under way already.
  if (error == asio::error::operation_aborted || ended_) return;
  force_.arm_after(closing_handshake_timeout, [this] { abort("writing failed"); });
}

void WebSocket::Connection::close(std::uint16_t code, std::string_view reason) {
  if (closing_ != Closing::no || ended_) return;
  closing_ = Closing::requested;
  outbox.close();
  close_reason_.code = code;
  const auto words = cut_at_character(reason, close_reason_bytes_max);
  close_reason_.reason.assign(words.data(), words.size());
  force_.arm_after(closing_handshake_timeout, [this] { abort("closing took too long"); });
  if (!outbox.writing()) write_next();
}

void WebSocket::Connection::start_close() {
  closing_ = Closing::started;
  // Beast tears down only after the peer's close frame, or a violation that nobody needs to hear
  // about any more.
  stream_.next_layer().peer_announced_end();
  // With a control callback, Beast 345 posts itself before it notes a close frame that was already
  // in its buffer; a close that has just been written then waits for that read, and the read for
  // the close, for ever. Nothing needs the callback from here on.
  stream_.control_callback();
  ++operations_;
  stream_.async_close(close_reason_, [this](const ErrorCode& error) {
    close_finished_ = !error;
    force_.disarm();
    stream_.next_layer().close();
    operation_ended();
  });
}

void WebSocket::Connection::abort(std::string_view why) {
  if (failure_.empty()) failure_ = why;
  outbox.close();
  outbox.drop_unsent();
  force_.disarm();
  idle_.disarm();
  stream_.next_layer().close();
}

Task<void> WebSocket::Connection::join() {
  while (operations_ > 0) {
    ErrorCode ignored;
    co_await became_quiet_.async_wait(asio::redirect_error(use_task, ignored));
  }
}

void WebSocket::Connection::operation_ended() {
  if (--operations_ == 0) became_quiet_.cancel();
}

void WebSocket::Connection::watch_idle(core::TimePoint at) {
  idle_.arm(at, [this] { check_idle(); });
}

void WebSocket::Connection::check_idle() {
  const auto now = std::chrono::steady_clock::now();
  if (now - last_activity >= options_.idle_timeout) return abort("nothing received for too long");
  if (now - last_activity < quiet_max()) return watch_idle(last_activity + quiet_max());
  if (options_.pings && !pinging_ && closing_ == Closing::no) ping();
  watch_idle(last_activity + options_.idle_timeout);
}

void WebSocket::Connection::ping() {
  pinging_ = true;
  ++operations_;
  stream_.async_ping({}, [this](const ErrorCode&) {
    pinging_ = false;
    operation_ended();
  });
}

WebSocket::WebSocket(std::unique_ptr<Connection> connection) : connection_(std::move(connection)) {
  connection_->owner = this;
  connection_->opened();
}

WebSocket::~WebSocket() = default;

Task<std::unique_ptr<WebSocket>> WebSocket::accept(asio::io_context& context,
                                                   AcceptedSocket accepted,
                                                   WebSocketOptions options) {
  std::unique_ptr<WebSocket> socket;
  std::optional<ByteStream> stream = adopt(context, accepted);
  if (!stream) co_return socket;
  auto connection = std::make_unique<Connection>(context, std::move(*stream), options);
  Deadline deadline(context);
  deadline.arm_after(options.handshake_timeout, [&] { connection->abort("timed out"); });
  const ErrorCode error = co_await connection->answer(accepted.request);
  if (!error && !deadline.expired()) socket.reset(new WebSocket(std::move(connection)));
  co_return socket;
}

Task<ConnectResult> WebSocket::connect(asio::io_context& context, TlsClientContext& tls,
                                       core::Url url, core::HttpHeaders headers,
                                       WebSocketOptions options, ConnectCanceller* canceller) {
  ConnectResult result;
  const ConnectAttempt::Limits limits{options.handshake_timeout, options.connect_timeout,
                                      options.tls_timeout};
  ConnectAttempt attempt(context, limits, canceller);
  std::optional<ByteStream> stream = co_await attempt.open(url, tls);
  if (stream) {
    auto connection = std::make_unique<Connection>(context, std::move(*stream), options);
    const bool entered =
        attempt.enter("upgrade", options.upgrade_timeout, [&] { connection->abort("timed out"); });
    if (entered) {
      const ErrorCode error = co_await connection->upgrade(url, headers, result.http_status);
      attempt.leave();
      if (!error) {
        result.socket.reset(new WebSocket(std::move(connection)));
        co_return result;
      }
      attempt.fail(error);
    }
  }
  result.stage = attempt.stage();
  result.text = attempt.text();
  co_return result;
}

Task<Message> WebSocket::read() { return connection_->read(); }

SendStatus WebSocket::send(std::string&& text, core::TimePoint due, MessageKind kind) {
  return connection_->send(std::move(text), due, kind);
}

std::string WebSocket::take_buffer() { return connection_->outbox.take_buffer(); }

std::size_t WebSocket::outbox_bytes() const noexcept { return connection_->outbox.bytes(); }

std::size_t WebSocket::drop_unsent() { return connection_->outbox.drop_unsent(); }

void WebSocket::close(std::uint16_t code, std::string_view reason) {
  connection_->close(code, reason);
}

void WebSocket::abort() { connection_->abort("closed on our side"); }

Task<void> WebSocket::join() { return connection_->join(); }

core::Duration WebSocket::Connection::round_trip() noexcept {
  tcp_info info{};
  socklen_t size = sizeof(info);
  const int socket = stream_.next_layer().socket().native_handle();
  const bool is_known = ::getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &size) == 0;
  return std::chrono::microseconds(is_known ? info.tcpi_rtt : 0);
}

core::TimePoint WebSocket::last_activity() const noexcept { return connection_->last_activity; }
core::Duration WebSocket::round_trip() const noexcept { return connection_->round_trip(); }

}  // namespace tandem::net
