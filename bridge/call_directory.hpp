// Which calls exist, under which name they are looked for, and why those that ended did. Lives on
// the control thread; holds no audio, no text, and forgets a call ten minutes after its end.
#pragma once

#include <optional>
#include <string>
#include <unordered_map>

#include "bridge/call/end_reason.hpp"
#include "bridge/core/types.hpp"
#include "bridge/net/shard.hpp"

namespace tandem {

class CallDirectory {
 public:
  struct Entry {
    core::CallId id;
    core::CarrierCallId carrier_call_id;
    core::Direction direction = core::Direction::inbound;
    net::Shard* shard = nullptr;
    std::string nonce;  ///< path of the media socket; single use
    std::string token;  ///< in the stream's parameters; single use
    bool nonce_is_spent = false;
    std::optional<call::TransferCall> transfer;  ///< what connect-done must do
    std::optional<call::EndReason> end_reason;
    std::optional<core::TimePoint> ended_at;
  };

  /// The entry stays where it is until it is forgotten.
  Entry& add(Entry entry, core::TimePoint now);
  Entry* find(const core::CarrierCallId& id);
  Entry* find(const core::CallId& id);
  /// The entry whose media socket has this nonce; null when there is none or it was used already.
  Entry* spend_nonce(const std::string& nonce);
  void end(const core::CallId& id, call::EndReason reason, core::TimePoint now);

 private:
  void forget_old(core::TimePoint now);

  std::unordered_map<core::CallId, Entry> entries_;
  std::unordered_map<core::CarrierCallId, core::CallId> by_carrier_call_id_;
  std::unordered_map<std::string, core::CallId> by_nonce_;
};

}  // namespace tandem
