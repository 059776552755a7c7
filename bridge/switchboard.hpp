// Begins calls on the shards, knows those that run, and reaches them by name. No routes, no TwiML,
// no database. Lives on the control thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bridge/call/call.hpp"
#include "bridge/call_directory.hpp"
#include "bridge/call_watch.hpp"
#include "bridge/config.hpp"
#include "bridge/net/shard.hpp"
#include "bridge/ops/log.hpp"
#include "bridge/ops/metrics.hpp"
#include "bridge/placed_calls.hpp"
#include "bridge/provider_health.hpp"
#include "bridge/providers.hpp"
#include "bridge/twilio/webhook.hpp"
#include "store/queries_carrier.hpp"

namespace tandem {

class Switchboard {
 public:
  struct Parts {
    const Config& config;
    ops::Log& log;
    ops::Metrics& metrics;
    std::vector<std::unique_ptr<net::Shard>>& shards;  ///< at least one
    std::vector<VoiceSource> voices;                   ///< at least one, in order of preference
    std::string node;
    std::function<bool()> has_room;  ///< what is said in a further call can be written down
    /// What operators set at run time, on top of the configuration.
    std::function<void(call::CallSettings&)> tune;
  };
  using Entry = CallDirectory::Entry;

  explicit Switchboard(Parts parts);

  /// True when a call that we placed and that is answered now can be carried: we rang, so draining
  /// and MAX_CALLS are no reasons to be silent.
  [[nodiscard]] bool finishes_calls() const { return parts_.has_room(); }
  /// False while draining, when MAX_CALLS are running and when the spool is full (R06); the reason
  /// is logged.
  [[nodiscard]] bool takes_calls();
  /// A new call that dials its agent at once. `earlier`: what the record says of this phone call,
  /// when it is taken over from another process or from a stream that was lost.
  Entry& begin(const twilio::VoiceWebhook& webhook, const store::EarlierCall* earlier = nullptr);
  /// The same for a call that we placed: it has the id of its intent, and says what it is about.
  Entry& begin_placed(const twilio::VoiceWebhook& webhook, const core::CallId& id,
                      const PlacedCall& placed);
  Entry* find(const core::CarrierCallId& id) { return directory_.find(id); }
  Entry* find(const core::CallId& id) { return directory_.find(id); }
  /// A new one-time address and token for a media socket of this call.
  const CallDirectory::StreamKey& new_stream_key(Entry& entry);
  std::optional<CallDirectory::Spent> spend_nonce(const std::string& nonce) {
    return directory_.spend_nonce(nonce);
  }
  /// False when there is no such call, or it is over.
  bool command(const core::CallId& id, call::Input input);

  /// What connect-done must do with the caller of this call.
  void note_transfer(const core::CallId& id, call::TransferCall transfer);
  /// It is decided why this call ends; its last words may still play.
  void note_end(const core::CallId& id, call::EndReason reason);
  /// Its final record is written: from here on the carrier has to confirm the end.
  void note_gone(const core::CallId& id);
  /// The caller's wish not to be called again is on disk.
  void note_opt_out(const core::CallId& id);
  /// The carrier says that the phone call is over.
  void note_carrier_end(Entry& entry);
  /// The carrier connects the caller to a person, and gives them back.
  void note_handed_over(const core::CallId& id, std::string whisper_nonce, std::string whisper);
  void note_handed_back(const core::CallId& id);
  std::optional<std::string> take_whisper(const std::string& nonce) {
    return directory_.take_whisper(nonce);
  }

  /// What became of a connection to a voice provider, over all calls.
  void note_voice(std::string_view provider, ProviderHealth::Outcome outcome, std::string_view why);
  /// False when every provider refuses us.
  [[nodiscard]] bool has_voice() const;

  void drain() noexcept { is_draining_ = true; }
  [[nodiscard]] bool is_draining() const noexcept { return is_draining_; }
  [[nodiscard]] CallWatch& watch() noexcept { return watch_; }

 private:
  Entry& announce(const twilio::VoiceWebhook& webhook, call::CallSettings settings,
                  std::vector<VoiceSource> voices);
  [[nodiscard]] net::Shard& quietest_shard();
  [[nodiscard]] call::CallSettings settings_of(const twilio::VoiceWebhook& webhook,
                                               const core::CallId& id) const;
  [[nodiscard]] std::vector<VoiceSource> voices_for_next_call();

  Parts parts_;
  CallDirectory directory_;
  CallWatch watch_;
  ProviderHealth health_;
  bool is_draining_ = false;
};

}  // namespace tandem
