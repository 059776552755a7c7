// A TLS server (Asio's, not ours) that decrypts and passes on to a plain port: the counterpart that
// shows whether our client speaks TLS as others do.
#pragma once

#include <cstdint>
#include <memory>

#include "bridge/net/task.hpp"
#include "tests/integration/net/certificates.hpp"

namespace tandem::test {

class TlsRelay {
 public:
  TlsRelay(boost::asio::io_context& context, const Identity& identity, std::uint16_t plain_port);
  ~TlsRelay();

  [[nodiscard]] std::uint16_t port() const;
  [[nodiscard]] int handshakes() const;  ///< that succeeded
  [[nodiscard]] int resumed() const;     ///< of these, how many continued an earlier session
  /// Cuts all connections without TLS's own goodbye.
  void cut();
  net::Task<void> stop();

 private:
  class Acceptor;
  std::unique_ptr<Acceptor> acceptor_;
};

}  // namespace tandem::test
