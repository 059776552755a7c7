// HTTP for subcommands: a client on a thread of its own, so that several threads can each send a
// request and wait for its answer. `serve` has its client on the control thread instead.
#pragma once

#include <memory>

#include "bridge/core/http.hpp"

namespace tandem {

class BlockingHttp {
 public:
  BlockingHttp();
  /// Requests under way end as failures.
  ~BlockingHttp();
  BlockingHttp(const BlockingHttp&) = delete;
  BlockingHttp& operator=(const BlockingHttp&) = delete;

  /// From any thread; blocks for at most the request's timeout.
  core::OutgoingResponse exchange(core::OutgoingRequest request);

 private:
  class Client;
  std::unique_ptr<Client> client_;
};

}  // namespace tandem
