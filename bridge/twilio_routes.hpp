// What Twilio asks of us over HTTP: webhooks and the upgrade of the media socket. Checks
// signatures, reads the forms, answers TwiML; what follows a stream is bridge/connect_done's
// business. Runs on the control thread, touches no database.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "bridge/config.hpp"
#include "bridge/connect_done.hpp"
#include "bridge/core/record.hpp"
#include "bridge/net/http_server.hpp"
#include "bridge/ops/log.hpp"
#include "bridge/ops/metrics.hpp"
#include "bridge/placed_calls.hpp"
#include "bridge/switchboard.hpp"
#include "bridge/twilio/webhook.hpp"
#include "bridge/twilio_documents.hpp"

namespace tandem {

class TwilioRoutes {
 public:
  struct Parts {
    const Config& config;
    ops::Log& log;
    ops::Metrics& metrics;
    Switchboard& switchboard;
    const TwilioDocuments& documents;
    ConnectDone& connect_done;
    PlacedCalls& placed_calls;
    std::function<void()> look_again;  ///< an intent is asked about that is not in placed_calls
    std::function<void(core::Record)> write_down;
  };

  explicit TwilioRoutes(Parts parts);

  /// True when the path is one of Twilio's: those are answered here and nowhere else.
  [[nodiscard]] static bool owns(std::string_view path) noexcept;
  void handle(const core::HttpRequest& request, net::Respond respond);
  /// Decides about `GET /media-stream/{nonce}`.
  std::variant<core::HttpResponse, net::UpgradeTarget> upgrade(const core::HttpRequest& request);

 private:
  void route(const core::HttpRequest& request, net::Respond respond);
  core::HttpResponse voice(const core::HttpRequest& request);
  core::HttpResponse begin_inbound(const twilio::VoiceWebhook& webhook);
  core::HttpResponse begin_placed(const twilio::VoiceWebhook& webhook, const core::CallId& intent,
                                  const core::HttpRequest& request);
  core::HttpResponse ask_again(const core::CallId& intent, const core::HttpRequest& request);
  core::HttpResponse voice_failed(const core::HttpRequest& request);
  core::HttpResponse whisper(const core::HttpRequest& request);
  core::HttpResponse status(const core::HttpRequest& request);
  core::HttpResponse amd(const core::HttpRequest& request);
  void write_status(const core::CallId& id, const core::CarrierStatus& status);
  core::HttpResponse stream_status(const core::HttpRequest& request);
  [[nodiscard]] bool is_signed(const core::HttpRequest& request);

  Parts parts_;
  std::vector<core::Secret> tokens_;
};

}  // namespace tandem
