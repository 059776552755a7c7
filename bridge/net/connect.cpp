#include "bridge/net/connect.hpp"

#include <algorithm>
#include <boost/asio/redirect_error.hpp>

namespace tandem::net {

namespace {

// Interactive audio: never wait to fill a segment.
void prepare(Socket& socket, const asio::ip::tcp::endpoint& endpoint, ErrorCode& error) {
  socket.open(endpoint.protocol(), error);
  if (!error) socket.set_option(asio::ip::tcp::no_delay(true), error);
}

}  // namespace

void ConnectCanceller::cancel() {
  if (std::exchange(cancelled_, true)) return;
  const auto close = std::exchange(close_, nullptr);
  if (close) close();
}

ConnectAttempt::ConnectAttempt(asio::io_context& context, Limits limits,
                               ConnectCanceller* canceller)
    : context_(context),
      limits_(limits),
      started_(std::chrono::steady_clock::now()),
      deadline_(context),
      canceller_(canceller) {}

ConnectAttempt::~ConnectAttempt() { leave(); }

bool ConnectAttempt::enter(std::string_view stage, core::Duration limit,
                           std::function<void()> close) {
  stage_ = stage;
  if (cancelled()) {
    fail({});
    return false;
  }
  const auto now = std::chrono::steady_clock::now();
  deadline_.arm(std::min(now + limit, started_ + limits_.overall), close);
  if (canceller_ != nullptr) canceller_->close_ = std::move(close);
  return true;
}

void ConnectAttempt::leave() {
  deadline_.disarm();
  if (canceller_ != nullptr) canceller_->close_ = nullptr;
}

void ConnectAttempt::fail(const ErrorCode& error, std::string_view detail) {
  if (cancelled()) {
    text_ = "cancelled";
  } else if (deadline_.expired()) {
    text_ = "timed out";
  } else {
    text_ = detail.empty() ? error.message() : std::string(detail);
  }
}

Task<std::optional<ByteStream>> ConnectAttempt::open(const core::Url& url, TlsClientContext& tls) {
  std::optional<ByteStream> none;
  NameLookup lookup(context_, url.host, url.port);
  const Endpoints endpoints = co_await resolve(lookup);
  if (endpoints.empty()) co_return none;
  Socket socket(context_);
  const bool connected = co_await connect(socket, endpoints);
  if (!connected) {
    lookup.distrust();
    co_return none;
  }
  ByteStream stream(std::move(socket));
  if (url.uses_tls()) {
    const bool secured = co_await secure(stream, url, tls);
    if (!secured) co_return none;
  }
  leave();
  co_return std::optional<ByteStream>(std::move(stream));
}

Task<Endpoints> ConnectAttempt::resolve(NameLookup& lookup) {
  Endpoints endpoints;
  // half: what is left must do for connecting, perhaps to an address from before
  if (!enter("resolve", limits_.connect / 2, [&lookup] { lookup.give_up(); })) co_return endpoints;
  ErrorCode error;
  endpoints = co_await lookup.addresses(error);
  if (cancelled()) endpoints.clear();
  if (endpoints.empty()) fail(error);
  leave();
  co_return endpoints;
}

// One address after the other; each gets its share of the time that is left, so that a dead first
// one cannot use it up.
Task<bool> ConnectAttempt::connect(Socket& socket, const Endpoints& endpoints) {
  const auto until = started_ + limits_.connect;
  auto left = static_cast<int>(endpoints.size());
  for (const auto& endpoint : endpoints) {
    const core::Duration share = (until - std::chrono::steady_clock::now()) / left--;
    ErrorCode error;
    const bool entered = enter("connect", share, [&socket] {
      ErrorCode ignored;
      socket.close(ignored);
    });
    if (!entered) break;
    prepare(socket, endpoint, error);
    if (!error) co_await socket.async_connect(endpoint, asio::redirect_error(use_task, error));
    if (!error && socket.is_open()) co_return true;
    fail(error);
    ErrorCode ignored;
    socket.close(ignored);
  }
  leave();
  co_return false;
}

Task<bool> ConnectAttempt::secure(ByteStream& stream, const core::Url& url, TlsClientContext& tls) {
  if (!enter("tls", limits_.tls, [&stream] { stream.close(); })) co_return false;
  std::string why;
  SslPointer session = tls.new_session(url.host, url.port);
  const ErrorCode error = co_await stream.handshake(std::move(session), why);
  if (!error && stream.socket().is_open()) co_return true;
  fail(error, why);
  leave();
  co_return false;
}

}  // namespace tandem::net
