// The bounded queue of outgoing messages of one WebSocket. Pure: it neither sends nor waits.
//
// Its buffers are recycled: take_buffer() -> encode into it -> push() -> (written) -> back to the
// spares. Once the queue has seen its usual depth and message size, nothing is allocated any more.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "bridge/core/types.hpp"

namespace tandem::net {

/// What became of a message that was handed over for sending.
enum class SendStatus : std::uint8_t {
  queued,  ///< will be written, unless the connection breaks or drop_unsent() comes first
  full,    ///< not taken: the peer reads too slowly; the text is untouched
  closed,  ///< not taken: the connection is closing or gone; the text is untouched
};

/// How a message travels (RFC 6455, 5.6).
enum class MessageKind : std::uint8_t { text, binary };

class Outbox {
 public:
  struct Entry {
    std::string text;       ///< or the bytes of a binary message
    core::TimePoint due{};  ///< when it should have been on the wire, for latency figures
    MessageKind kind = MessageKind::text;
  };

  /// `bytes_max` bounds the sum of all texts that are queued or being written.
  explicit Outbox(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  /// An empty string, with the capacity of an earlier message when there is one.
  std::string take_buffer();
  SendStatus push(std::string&& text, core::TimePoint due, MessageKind kind = MessageKind::text);
  /// From now on push() answers `closed`. What is queued stays.
  void close() noexcept { closed_ = true; }

  /// Takes the oldest message out of the queue for writing; it stays where it is until finish().
  /// Null when nothing is queued. Must not be called again before finish().
  const Entry* begin();
  /// The message given by begin() has been written, or never will be.
  void finish();

  /// Drops every message that begin() has not given out; answers how many.
  std::size_t drop_unsent();

  [[nodiscard]] bool writing() const noexcept { return writing_; }
  [[nodiscard]] bool empty() const noexcept { return count_ == 0; }  ///< nothing left to begin
  [[nodiscard]] std::size_t size() const noexcept { return count_; }
  /// Queued and being written.
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

 private:
  void grow();
  void recycle(std::string&& text);
  Entry& at(std::size_t index) noexcept { return ring_[(first_ + index) % ring_.size()]; }

  std::size_t bytes_max_;
  std::vector<Entry> ring_;
  std::size_t first_ = 0;
  std::size_t count_ = 0;
  std::size_t bytes_ = 0;
  Entry
      current_;  ///< given out by begin(); outside the ring so that growing the ring cannot move it
  bool writing_ = false;
  bool closed_ = false;
  std::vector<std::string> spares_;
};

}  // namespace tandem::net
