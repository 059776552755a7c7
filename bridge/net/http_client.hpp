// HTTP/1.1 client for REST calls to other parties: http and https, connections kept for reuse, one
// deadline for the whole exchange. What it answers is honest about whether the other party may have
// acted (core::OutgoingResponse): that decides whether a call may be dialled again.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>

#include "bridge/core/http.hpp"
#include "bridge/core/limits.hpp"
#include "bridge/core/types.hpp"
#include "bridge/net/task.hpp"
#include "bridge/net/tls.hpp"

namespace tandem::net {

class HttpClient {
 public:
  struct Options {
    std::size_t idle_per_host_max = 4;  ///< connections kept for reuse; more are closed
    core::Duration idle_timeout = std::chrono::seconds(10);
    std::size_t answer_bytes_max = limits::outgoing_answer_bytes_max;  ///< larger: Failure::unknown
  };

  HttpClient(asio::io_context& context, TlsClientContext& tls);
  HttpClient(asio::io_context& context, TlsClientContext& tls, Options options);
  /// Asserts that join() has ended or nothing was ever sent.
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  /// From any thread. `on_answer` is called exactly once, on the client's thread, and must not
  /// throw.
  void send(core::OutgoingRequest request, std::function<void(core::OutgoingResponse)> on_answer);
  /// On the client's thread. Never throws for what the network does. Redirects are not followed.
  ///
  /// A kept connection turns out dead: the request is repeated once on a new one if provably
  /// nothing of it was written, or if no byte of the answer came and the method is idempotent (GET,
  /// HEAD, PUT, DELETE). Otherwise `unknown`.
  Task<core::OutgoingResponse> send(core::OutgoingRequest request);

  /// Closes every connection: what is in progress ends as a failure, later requests as `not_sent`.
  void stop();
  /// Ends when nothing is in progress. Call after stop().
  Task<void> join();

 private:
  class Pool;
  std::shared_ptr<Pool> pool_;  ///< shared with sends that are on their way to the client's thread
};

}  // namespace tandem::net
