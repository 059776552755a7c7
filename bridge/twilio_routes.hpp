// What Twilio asks of us over HTTP: webhooks and the upgrade of the media socket. Checks
// signatures, keeps the call directory, starts calls on their shard, answers TwiML. Runs on the
// control thread, touches no database.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "bridge/call/call.hpp"
#include "bridge/call_directory.hpp"
#include "bridge/config.hpp"
#include "bridge/net/http_server.hpp"
#include "bridge/net/shard.hpp"
#include "bridge/ops/log.hpp"
#include "bridge/ops/metrics.hpp"
#include "bridge/twilio/signature.hpp"
#include "bridge/twilio/webhook.hpp"

namespace tandem {

class TwilioRoutes {
 public:
  struct Parts {
    const Config& config;
    ops::Log& log;
    ops::Metrics& metrics;
    std::vector<std::unique_ptr<net::Shard>>& shards;  ///< at least one
    std::function<std::unique_ptr<call::VoiceProvider>()> make_provider;
    std::function<void(core::Record)> write_down;
    std::string node;
  };

  explicit TwilioRoutes(Parts parts);

  /// True when the path is one of Twilio's: those are answered here and nowhere else.
  [[nodiscard]] static bool owns(std::string_view path) noexcept;
  core::HttpResponse handle(const core::HttpRequest& request);
  /// Decides about `GET /media-stream/{nonce}`.
  std::variant<core::HttpResponse, net::UpgradeTarget> upgrade(const core::HttpRequest& request);

  /// What connect-done must do with the caller of this call.
  void note_transfer(const core::CallId& id, call::TransferCall transfer);
  /// A call ended for this reason; connect-done will be answered accordingly.
  void note_end(const core::CallId& id, call::EndReason reason);
  /// From now on new calls get the busy answer.
  void drain() noexcept { is_draining_ = true; }
  [[nodiscard]] bool is_draining() const noexcept { return is_draining_; }

 private:
  core::HttpResponse voice(const core::HttpRequest& request);
  core::HttpResponse connect_done(const core::HttpRequest& request);
  core::HttpResponse status(const core::HttpRequest& request);
  core::HttpResponse stream_status(const core::HttpRequest& request);
  core::HttpResponse acknowledge(const core::HttpRequest& request);

  [[nodiscard]] bool is_signed(const core::HttpRequest& request);
  CallDirectory::Entry& begin_call(const twilio::VoiceWebhook& webhook);
  [[nodiscard]] std::string connect_document(const CallDirectory::Entry& entry) const;
  [[nodiscard]] std::string transfer_document(const call::TransferCall& transfer) const;
  [[nodiscard]] std::string without_agent(std::string_view apology) const;
  [[nodiscard]] bool has_room() const;
  [[nodiscard]] net::Shard& quietest_shard();

  Parts parts_;
  std::string stream_base_;  // wss://host/media-stream/
  std::vector<core::Secret> tokens_;
  CallDirectory directory_;
  bool is_draining_ = false;
};

}  // namespace tandem
