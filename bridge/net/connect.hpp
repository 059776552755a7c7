// From a URL to an open stream: name, TCP, TLS; each stage with its limit, all of them with one,
// and all of them can be cancelled from outside. Shared by WebSocket::connect and HttpClient.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "bridge/core/http.hpp"
#include "bridge/core/types.hpp"
#include "bridge/net/byte_stream.hpp"
#include "bridge/net/deadline.hpp"
#include "bridge/net/name_lookup.hpp"
#include "bridge/net/tls.hpp"
#include "bridge/net/websocket.hpp"

namespace tandem::net {

class ConnectAttempt {
 public:
  struct Limits {
    core::Duration overall{};
    core::Duration connect{};  ///< name and TCP together
    core::Duration tls{};
  };

  /// `canceller` may be null; otherwise it must live as long as this.
  ConnectAttempt(asio::io_context& context, Limits limits, ConnectCanceller* canceller);
  ~ConnectAttempt();
  ConnectAttempt(const ConnectAttempt&) = delete;
  ConnectAttempt& operator=(const ConnectAttempt&) = delete;

  /// Nothing when it failed: see stage() and text().
  Task<std::optional<ByteStream>> open(const core::Url& url, TlsClientContext& tls);

  /// Begins a stage: `close` is called when `limit` or the overall limit has passed, or on
  /// cancellation. False when it was cancelled already.
  bool enter(std::string_view stage, core::Duration limit, std::function<void()> close);
  /// The last stage is over; nothing is closed any more.
  void leave();
  /// Words for the failure of the current stage: cancelled, timed out, or the error's own.
  void fail(const ErrorCode& error, std::string_view detail = {});

  /// Time was up or it was cancelled: an error of the stream is our own doing.
  [[nodiscard]] bool closed_by_us() const noexcept { return cancelled() || deadline_.expired(); }
  [[nodiscard]] const std::string& stage() const noexcept { return stage_; }
  [[nodiscard]] const std::string& text() const noexcept { return text_; }

 private:
  [[nodiscard]] bool cancelled() const noexcept {
    return canceller_ != nullptr && canceller_->cancelled_;
  }
  Task<Endpoints> resolve(NameLookup& lookup);
  Task<bool> connect(Socket& socket, const Endpoints& endpoints);
  Task<bool> secure(ByteStream& stream, const core::Url& url, TlsClientContext& tls);

  asio::io_context& context_;
  Limits limits_;
  core::TimePoint started_;
  Deadline deadline_;
  ConnectCanceller* canceller_;
  std::string stage_;
  std::string text_;
};

}  // namespace tandem::net
