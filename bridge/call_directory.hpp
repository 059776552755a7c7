// Which calls exist, under which name they are looked for, which one-time secrets open their media
// sockets, and why those that ended did. Lives on the control thread; holds no audio and no words
// of the conversation but the note for a person who takes a call over, and forgets a call ten
// minutes after its end.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <unordered_map>

#include "bridge/call/call.hpp"
#include "bridge/call/end_reason.hpp"
#include "bridge/core/types.hpp"

namespace tandem {

namespace net {
class Shard;
}

class CallDirectory {
 public:
  /// Addresses given out for one call and not used; one more makes the oldest invalid.
  static constexpr std::size_t stream_keys_max = 4;

  /// What opens one media socket of a call: the nonce is in the address, the token in the stream's
  /// parameters. Each works once.
  struct StreamKey {
    std::string nonce;
    std::string token;
    int number = 0;  ///< counts the keys of a call from 1
  };

  struct Entry {
    core::CallId id;
    core::CarrierCallId carrier_call_id;
    core::Direction direction = core::Direction::inbound;
    core::PhoneNumber from;
    core::PhoneNumber to;
    net::Shard* shard = nullptr;
    std::deque<StreamKey> stream_keys;  ///< given out and not spent, oldest first
    int stream_keys_given = 0;
    int streams_again = 0;                       ///< media streams asked for after the first
    std::optional<call::TransferCall> transfer;  ///< what connect-done must do
    std::optional<call::EndReason> end_reason;
    std::optional<core::TimePoint> ended_at;
    bool opt_out_is_kept = false;  ///< the caller's wish is on disk
  };

  /// The entry stays where it is until it is forgotten. A later call of the same carrier id is the
  /// one that is found by it.
  Entry& add(Entry entry, core::TimePoint now);
  Entry* find(const core::CarrierCallId& id);
  Entry* find(const core::CallId& id);

  /// From now on a media socket may come with this key; answers the key with its number.
  const StreamKey& give_out(Entry& entry, std::string nonce, std::string token);
  struct Spent {
    Entry* entry = nullptr;
    std::string token;
  };
  /// Whose media socket has this nonce; nothing when there is none, it was used, or its call is
  /// over.
  std::optional<Spent> spend_nonce(const std::string& nonce);

  /// Keeps what a person will be told before the caller of `id` is connected to them.
  void keep_whisper(const core::CallId& id, std::string nonce, std::string text);
  /// Works once.
  std::optional<std::string> take_whisper(const std::string& nonce);

  void end(const core::CallId& id, call::EndReason reason, core::TimePoint now);
  [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }

 private:
  struct Whisper {
    core::CallId call;
    std::string text;
  };

  void forget_old(core::TimePoint now);
  void forget_secrets(const Entry& entry);

  std::unordered_map<core::CallId, Entry> entries_;
  std::unordered_map<core::CarrierCallId, core::CallId> by_carrier_call_id_;
  std::unordered_map<std::string, core::CallId> by_nonce_;
  std::unordered_map<std::string, Whisper> whispers_;
};

}  // namespace tandem
