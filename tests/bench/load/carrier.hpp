// The load generator's Twilio: rings the bridge with a signed webhook, opens the media stream that
// the answer names with a signed upgrade, then sends one `media` message per tick and counts what
// comes back. Source: Twilio "TwiML request parameters", "Media Streams: WebSocket messages",
// "Security".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "tests/bench/wire/connection.hpp"

namespace tandem::bench {

struct CarrierAccount {
  std::string account_id;
  std::string auth_token;
  std::string public_host;  ///< what the bridge believes to be reached at, over https
  std::uint16_t bridge_port = 0;
};

/// What the bridge's TwiML says about one call.
struct StreamTicket {
  std::string call_id;
  std::string stream_path;
  std::string parameter;  ///< name and value of the one <Parameter>
  std::string token;
};

/// POST /twilio/voice for the call with this number; waits for the TwiML. Throws when the bridge
/// refuses.
StreamTicket ring(const CarrierAccount& account, int number);

/// The media stream of one call.
class CarrierLeg {
 public:
  /// Upgrades and sends `connected` and `start`; waits for the 101.
  CarrierLeg(const CarrierAccount& account, const StreamTicket& ticket, int number);

  [[nodiscard]] Connection& connection() noexcept { return connection_; }
  /// 20 ms of the caller's voice. False when the bridge has gone.
  bool send_media();
  /// The caller hangs up.
  void send_stop();
  /// Mu-law bytes in a message of the bridge; 0 for other messages. Marks are echoed at once, as
  /// Twilio does when nothing is queued.
  std::size_t take(std::string_view message);

 private:
  bool send(std::string_view message);

  Connection connection_;
  std::string stream_id_;
  std::string call_id_;
  std::string account_id_;
  std::string message_;
  std::string frame_;
  int sequence_ = 1;
  int chunk_ = 0;
};

}  // namespace tandem::bench
