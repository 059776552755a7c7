// What names resolved to, so that a call does not wait for a name server that answered a moment
// ago, and still connects when it answers no more (docs: faults, E05). Pure: time is an argument.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "bridge/core/types.hpp"

namespace tandem::net {

using Endpoints = std::vector<boost::asio::ip::tcp::endpoint>;

class AddressCache {
 public:
  static constexpr std::chrono::seconds fresh_for{60};
  static constexpr std::chrono::hours stale_for{24};
  static constexpr std::size_t names_max = 64;  ///< we call a handful of hosts; more is a mistake

  /// Not older than fresh_for: use without asking. Empty when there is nothing.
  [[nodiscard]] Endpoints fresh(const std::string& host, const std::string& port,
                                core::TimePoint now) const;
  /// Not older than stale_for: better than no call. Empty when there is nothing.
  [[nodiscard]] Endpoints stale(const std::string& host, const std::string& port,
                                core::TimePoint now) const;
  void keep(const std::string& host, const std::string& port, Endpoints endpoints,
            core::TimePoint now);
  /// Nobody answered there: ask again next time, and use it only if that fails.
  void distrust(const std::string& host, const std::string& port);

 private:
  struct Entry {
    Endpoints endpoints;
    core::TimePoint since{};
  };
  [[nodiscard]] Endpoints find(const std::string& host, const std::string& port,
                               core::TimePoint since) const;
  std::map<std::string, Entry> entries_;
};

}  // namespace tandem::net
