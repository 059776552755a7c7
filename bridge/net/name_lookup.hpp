// One question to the system's resolver. It runs on Asio's resolver thread, so it blocks no loop;
// waiting for it can be given up at any time, although the system call itself cannot be
// interrupted.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <memory>
#include <string>

#include "bridge/net/address_cache.hpp"
#include "bridge/net/byte_stream.hpp"
#include "bridge/net/task.hpp"

namespace tandem::net {

class NameLookup {
 public:
  /// A literal address needs no lookup; a fresh answer of this io_context's cache neither.
  NameLookup(asio::io_context& context, std::string host, std::string port);
  ~NameLookup() { give_up(); }
  NameLookup(const NameLookup&) = delete;
  NameLookup& operator=(const NameLookup&) = delete;

  /// The addresses, never empty without an error. After a failure or give_up(): a stale answer when
  /// there is one.
  Task<Endpoints> addresses(ErrorCode& error);
  /// Ends addresses() soon. A late answer still goes into the cache.
  void give_up();
  /// None of the addresses could be connected to.
  void distrust();

 private:
  struct Question;
  Endpoints known_without_asking(core::TimePoint now) const;
  void ask();

  asio::io_context& context_;
  std::string host_;
  std::string port_;
  std::shared_ptr<Question> question_;
};

}  // namespace tandem::net
