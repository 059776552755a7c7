#include "bridge/twilio_routes.hpp"

#include <algorithm>
#include <array>

#include "bridge/random_id.hpp"
#include "bridge/twilio/media_stream.hpp"
#include "bridge/twilio/twiml.hpp"

namespace tandem {

namespace {

constexpr std::string_view media_path = "/media-stream/";
constexpr std::string_view busy_text =
    "All our lines are busy at the moment. Please call again in a few minutes. Goodbye.";
constexpr std::string_view trouble_text =
    "We are sorry, something went wrong on our side. Please call again. Goodbye.";

core::HttpResponse twiml(std::string document) {
  core::HttpResponse response;
  response.headers = {{"Content-Type", std::string(twilio::twiml_content_type)}};
  response.body = std::move(document);
  return response;
}

core::HttpResponse plain(int status, std::string text) {
  core::HttpResponse response;
  response.status = status;
  response.headers = {{"Content-Type", "text/plain; charset=utf-8"}};
  response.body = std::move(text);
  return response;
}

/// After these the caller is still there and no agent is: say so, or put them through.
bool leaves_caller_alone(std::optional<call::EndReason> reason) {
  using call::EndReason;
  if (!reason) return true;  // the socket broke and we do not know it yet
  switch (*reason) {
    case EndReason::caller_hung_up:
    case EndReason::agent_hung_up:
    case EndReason::operator_hung_up:
    case EndReason::time_limit:
    case EndReason::voice_ended:
    case EndReason::bad_token:
    case EndReason::wrong_call:
      return false;
    default:
      return true;
  }
}

std::string websocket_base(const std::string& public_url) {
  const bool is_plain = public_url.starts_with("http://");
  return (is_plain ? "ws" : "wss") + public_url.substr(public_url.find("://")) +
         std::string(media_path);
}

bool is_voice_path(std::string_view path);

/// As a metric label: strangers must not be able to invent series.
std::string_view known_route(std::string_view path) {
  static constexpr std::array<std::string_view, 5> routes = {
      "/twilio/voice", "/twilio/connect-done", "/twilio/status", "/twilio/stream-status",
      "/twilio/amd"};
  if (is_voice_path(path)) return routes[0];
  const auto known = std::find(routes.begin(), routes.end(), path);
  return known == routes.end() ? "other" : *known;
}

bool is_voice_path(std::string_view path) {
  return path == "/twilio/voice" || path == "/incoming-call" || path == "/twiml";
}

}  // namespace

TwilioRoutes::TwilioRoutes(Parts parts)
    : parts_(std::move(parts)), stream_base_(websocket_base(parts_.config.public_url)) {
  tokens_.push_back(parts_.config.twilio.auth_token);
}

bool TwilioRoutes::owns(std::string_view path) noexcept {
  return path.starts_with("/twilio/") || path.starts_with(media_path) || is_voice_path(path);
}

core::HttpResponse TwilioRoutes::handle(const core::HttpRequest& request) {
  const auto path = request.path();
  if (path.starts_with(media_path))
    return plain(426, "This address takes WebSocket upgrades only.\n");
  if (request.method != "POST") return plain(405, "Twilio posts to this address.\n");
  if (!is_signed(request)) return plain(403, "The signature does not match.\n");
  if (is_voice_path(path)) return voice(request);
  if (path == "/twilio/connect-done") return connect_done(request);
  if (path == "/twilio/status") return status(request);
  if (path == "/twilio/stream-status") return stream_status(request);
  if (path == "/twilio/amd") return acknowledge(request);
  return plain(404, "There is nothing here.\n");
}

bool TwilioRoutes::is_signed(const core::HttpRequest& request) {
  twilio::SignedWebhook webhook;
  webhook.public_url = parts_.config.public_url;
  webhook.target = request.target;
  webhook.content_type = request.header("Content-Type");
  webhook.body = request.body;
  webhook.signature = request.header("X-Twilio-Signature");
  const auto check = twilio::verify_webhook(tokens_, webhook);
  const auto route = known_route(request.path());
  parts_.metrics.counter(ops::Family::webhooks_total, {route, check ? "accepted" : "refused"})
      .add();
  if (check) return true;
  // The public URL is what most failures are about (a proxy, a tunnel, a forgotten port), so name
  // it.
  parts_.log.warn("webhook_refused", {{"route", route},
                                      {"why", twilio::to_string(check.error)},
                                      {"public_url", parts_.config.public_url},
                                      {"peer", request.peer}});
  return false;
}

core::HttpResponse TwilioRoutes::voice(const core::HttpRequest& request) {
  const auto webhook = twilio::parse_voice_webhook(request.body);
  if (!webhook) return plain(400, std::string(twilio::to_string(webhook.error())) + "\n");
  if (webhook->account_id != parts_.config.twilio.account_sid)
    return plain(403, "Another account.\n");
  CallDirectory::Entry* entry = directory_.find(webhook->call_id);
  if (entry != nullptr && entry->end_reason) return twiml(twilio::hang_up_twiml());
  if (entry == nullptr) {
    if (is_draining_ || !has_room()) {
      parts_.log.warn("call_refused", {{"why", is_draining_ ? "draining" : "full"}});
      return twiml(without_agent(busy_text));
    }
    entry = &begin_call(*webhook);
  }
  return twiml(connect_document(*entry));  // T26: a repeated webhook gets the same document
}

bool TwilioRoutes::has_room() const {
  std::size_t calls = 0;
  for (const auto& shard : parts_.shards) calls += shard->calls();
  return calls < static_cast<std::size_t>(parts_.config.max_calls);
}

net::Shard& TwilioRoutes::quietest_shard() {
  return **std::min_element(parts_.shards.begin(), parts_.shards.end(),
                            [](const auto& a, const auto& b) { return a->calls() < b->calls(); });
}

CallDirectory::Entry& TwilioRoutes::begin_call(const twilio::VoiceWebhook& webhook) {
  CallDirectory::Entry entry;
  entry.id = random_call_id();
  entry.carrier_call_id = webhook.call_id;
  entry.direction = webhook.direction;
  entry.shard = &quietest_shard();
  entry.nonce = random_hex_128();
  entry.token = random_hex_128();

  call::CallSettings settings;
  settings.id = entry.id;
  settings.carrier_call_id = webhook.call_id;
  settings.account_id = webhook.account_id;
  settings.direction = webhook.direction;
  settings.from = webhook.from;
  settings.to = webhook.to;
  settings.node = parts_.node;
  settings.time_limit = parts_.config.call_time_limit;
  const auto wall =
      std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
  entry.shard->announce(
      entry.id, [settings, wall, make = parts_.make_provider](core::TimePoint now) {
        std::vector<std::unique_ptr<call::VoiceProvider>> voices;
        voices.push_back(make());
        return std::make_unique<call::Call>(settings, std::make_unique<twilio::MediaStreamCodec>(),
                                            std::move(voices), now, wall);
      });
  parts_.log.info("call_announced", {{"call_id", entry.id},
                                     {"direction", to_string(entry.direction)},
                                     {"from", settings.from},
                                     {"to", settings.to}});
  return directory_.add(std::move(entry), std::chrono::steady_clock::now());
}

std::string TwilioRoutes::connect_document(const CallDirectory::Entry& entry) const {
  twilio::ConnectDocument document;
  document.disclosure = parts_.config.disclosure_text;
  document.action_url = parts_.config.public_url + "/twilio/connect-done";
  document.stream_url = stream_base_ + entry.nonce;
  document.stream_name = "agent";
  document.status_url = parts_.config.public_url + "/twilio/stream-status";
  document.parameters = {{std::string(twilio::token_parameter), entry.token}};
  return twilio::connect_twiml(document);
}

std::string TwilioRoutes::without_agent(std::string_view apology) const {
  if (parts_.config.fallback_number.empty()) return twilio::apology_twiml(apology);
  twilio::TransferDocument transfer;
  transfer.announcement = "One moment, please. We are putting you through.";
  transfer.number = parts_.config.fallback_number;
  return twilio::transfer_twiml(transfer);
}

std::string TwilioRoutes::transfer_document(const call::TransferCall& transfer) const {
  twilio::TransferDocument document;
  document.announcement = "One moment, please. We are putting you through.";
  document.number = transfer.to;
  return twilio::transfer_twiml(document);
}

core::HttpResponse TwilioRoutes::connect_done(const core::HttpRequest& request) {
  const auto webhook = twilio::parse_connect_done(request.body);
  if (!webhook) return plain(400, std::string(twilio::to_string(webhook.error())) + "\n");
  const CallDirectory::Entry* entry = directory_.find(webhook->call_id);
  if (entry == nullptr)
    parts_.log.warn("unknown_call", {{"route", "/twilio/connect-done"}});  // T27
  if (entry == nullptr || !leaves_caller_alone(entry->end_reason))
    return twiml(twilio::hang_up_twiml());
  if (entry->transfer) return twiml(transfer_document(*entry->transfer));
  return twiml(without_agent(trouble_text));
}

core::HttpResponse TwilioRoutes::status(const core::HttpRequest& request) {
  const auto callback = twilio::parse_status_callback(request.body);
  if (!callback) return plain(400, std::string(twilio::to_string(callback.error())) + "\n");
  const CallDirectory::Entry* entry = directory_.find(callback->call_id);
  core::CarrierStatus record;
  record.carrier_call_id = callback->call_id;
  record.status = twilio::to_string(callback->status);
  record.rank = twilio::rank(callback->status);
  if (callback->duration_s) record.duration_s = static_cast<std::int32_t>(*callback->duration_s);
  if (callback->answered_by != twilio::AnsweredBy::not_detected) {
    record.answered_by = twilio::to_string(callback->answered_by);
  }
  core::Record written;
  if (entry != nullptr) written.call_id = entry->id;
  written.wall =
      std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
  written.body = std::move(record);
  parts_.write_down(std::move(written));
  if (entry != nullptr && twilio::is_terminal(callback->status) && !entry->end_reason) {
    entry->shard->command(entry->id, call::CarrierEnded{});
  }
  return acknowledge(request);
}

core::HttpResponse TwilioRoutes::stream_status(const core::HttpRequest& request) {
  const auto callback = twilio::parse_stream_status(request.body);
  if (!callback) return plain(400, std::string(twilio::to_string(callback.error())) + "\n");
  if (callback->event == twilio::StreamEvent::error) {
    parts_.log.warn("stream_error", {{"what", callback->error}});
  }
  return acknowledge(request);
}

core::HttpResponse TwilioRoutes::acknowledge(const core::HttpRequest&) {
  core::HttpResponse response;
  response.status = 204;
  return response;
}

std::variant<core::HttpResponse, net::UpgradeTarget> TwilioRoutes::upgrade(
    const core::HttpRequest& request) {
  if (!request.path().starts_with(media_path)) return plain(404, "There is nothing here.\n");
  auto nonce = std::string(request.path().substr(media_path.size()));
  if (nonce.ends_with('/')) nonce.pop_back();
  const auto check =
      twilio::verify_upgrade(tokens_, stream_base_ + nonce, request.header("X-Twilio-Signature"));
  parts_.metrics
      .counter(ops::Family::webhooks_total, {"/media-stream", check ? "accepted" : "refused"})
      .add();
  if (!check) {
    parts_.log.warn("upgrade_refused", {{"why", twilio::to_string(check.error)},
                                        {"public_url", parts_.config.public_url},
                                        {"peer", request.peer}});
    return plain(403, "The signature does not match.\n");
  }
  CallDirectory::Entry* entry = directory_.spend_nonce(nonce);
  if (entry == nullptr) {  // T09
    parts_.log.warn("upgrade_refused", {{"why", "nonce_spent_or_unknown"}, {"peer", request.peer}});
    return plain(403, "This stream address is not valid any more.\n");
  }
  if (check.form != twilio::SignedForm::as_written) {
    parts_.log.info("upgrade_signed_form", {{"form", twilio::to_string(check.form)}});
  }
  return net::UpgradeTarget(
      [shard = entry->shard, id = entry->id, token = entry->token](net::AcceptedSocket socket) {
        shard->attach(id, std::move(socket), token);
      });
}

void TwilioRoutes::note_transfer(const core::CallId& id, call::TransferCall transfer) {
  if (CallDirectory::Entry* entry = directory_.find(id)) entry->transfer = std::move(transfer);
}

void TwilioRoutes::note_end(const core::CallId& id, call::EndReason reason) {
  directory_.end(id, reason, std::chrono::steady_clock::now());
}

}  // namespace tandem
