// Single-use tickets that open the admin socket: given to who asked for one over HTTP and may look
// at calls, redeemed by the socket's first message. A socket cannot carry a header that a page
// chooses, and an address with a secret ends in logs; so the ticket travels inside (fault A09).
// Knows no clock; lives on the control thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <unordered_map>

#include "bridge/core/types.hpp"
#include "bridge/visitors.hpp"

namespace tandem {

class AdminTickets {
 public:
  static constexpr std::chrono::seconds valid_for{30};
  static constexpr std::size_t waiting_max = 1000;

  /// `ticket` is random and unguessable. False when too many wait to be redeemed.
  bool add(std::string ticket, Visitor visitor, core::TimePoint now);
  /// Whose it is; nothing when it is unknown, too old or was redeemed.
  std::optional<Visitor> redeem(const std::string& ticket, core::TimePoint now);

 private:
  struct Waiting {
    Visitor visitor;
    core::TimePoint until;
  };
  std::unordered_map<std::string, Waiting> waiting_;
};

}  // namespace tandem
