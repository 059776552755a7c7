#include "bridge/twilio_routes.hpp"

#include <algorithm>
#include <array>
#include <chrono>

#include "bridge/clock.hpp"
#include "bridge/twilio/signature.hpp"
#include "bridge/twilio/twiml.hpp"
#include "bridge/twilio/webhook.hpp"
#include "web/api.hpp"
#include "web/call_id.hpp"

namespace tandem {

namespace {

bool is_voice_path(std::string_view path) {
  return path == "/twilio/voice" || path == "/incoming-call" || path == "/twiml";
}

/// As a metric label: strangers must not be able to invent series.
std::string_view known_route(std::string_view path) {
  static constexpr std::array<std::string_view, 7> routes = {
      "/twilio/voice",         "/twilio/connect-done", "/twilio/transfer-done", "/twilio/status",
      "/twilio/stream-status", "/twilio/amd",          voice_fallback_path};
  if (is_voice_path(path)) return routes[0];
  if (path.starts_with(whisper_path)) return "/twilio/whisper";
  const auto known = std::find(routes.begin(), routes.end(), path);
  return known == routes.end() ? "other" : *known;
}

core::HttpResponse acknowledged() {
  core::HttpResponse response;
  response.status = 204;
  return response;
}

/// A member of the query that we put into the address ourselves; empty when it is not there.
std::string query_text(const core::HttpRequest& request, std::string_view name) {
  std::vector<std::pair<std::string, std::string>> members;
  if (!core::parse_form(request.query(), members)) return {};
  const auto found = std::find_if(members.begin(), members.end(),
                                  [name](const auto& member) { return member.first == name; });
  return found == members.end() ? std::string() : found->second;
}

/// The id of the intent that this request is about: empty for a call that came in.
core::CallId intent_of(const core::HttpRequest& request) {
  return core::CallId(web::parse_call_id(query_text(request, "intent")).value_or(""));
}

call::AnsweredBy answered_by(twilio::AnsweredBy by) noexcept {
  switch (by) {
    case twilio::AnsweredBy::human:
      return call::AnsweredBy::human;
    case twilio::AnsweredBy::machine:
      return call::AnsweredBy::machine;
    case twilio::AnsweredBy::fax:
      return call::AnsweredBy::fax;
    case twilio::AnsweredBy::unknown:
    case twilio::AnsweredBy::not_detected:
      break;
  }
  return call::AnsweredBy::unknown;
}

core::HttpResponse unreadable(twilio::WebhookError error) {
  return plain_answer(400, std::string(twilio::to_string(error)) + "\n");
}

core::CarrierStatus status_of(const twilio::StatusCallback& callback) {
  core::CarrierStatus status;
  status.carrier_call_id = callback.call_id;
  status.status = twilio::to_string(callback.status);
  status.rank = twilio::rank(callback.status);
  if (callback.duration_s) status.duration_s = static_cast<std::int32_t>(*callback.duration_s);
  if (callback.answered_by != twilio::AnsweredBy::not_detected)
    status.answered_by = twilio::to_string(callback.answered_by);
  return status;
}

}  // namespace

TwilioRoutes::TwilioRoutes(Parts parts) : parts_(std::move(parts)) {
  tokens_.push_back(parts_.config.twilio.auth_token);
}

bool TwilioRoutes::owns(std::string_view path) noexcept {
  return path.starts_with("/twilio/") || path.starts_with(media_path) || is_voice_path(path);
}

void TwilioRoutes::handle(const core::HttpRequest& request, net::Respond respond) {
  if (request.path().starts_with(media_path))
    return respond(plain_answer(426, "This address takes WebSocket upgrades only.\n"));
  if (request.method != "POST")
    return respond(plain_answer(405, "Twilio posts to this address.\n"));
  if (!is_signed(request)) return respond(plain_answer(403, "The signature does not match.\n"));
  route(request, std::move(respond));
}

void TwilioRoutes::route(const core::HttpRequest& request, net::Respond respond) {
  const auto path = request.path();
  if (is_voice_path(path)) return respond(voice(request));
  if (path == "/twilio/status") return respond(status(request));
  if (path == "/twilio/stream-status") return respond(stream_status(request));
  if (path == "/twilio/amd") return respond(amd(request));
  if (path == voice_fallback_path) return respond(voice_failed(request));
  if (path.starts_with(whisper_path)) return respond(whisper(request));
  const bool is_connect_done = path == "/twilio/connect-done";
  if (!is_connect_done && path != "/twilio/transfer-done")
    return respond(plain_answer(404, "There is nothing here.\n"));
  const auto webhook = twilio::parse_connect_done(request.body);
  if (!webhook) return respond(unreadable(webhook.error()));
  if (is_connect_done) return parts_.connect_done.answer(*webhook, std::move(respond));
  respond(parts_.connect_done.transfer_done(*webhook));
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
  if (!webhook) return unreadable(webhook.error());
  if (webhook->account_id != parts_.config.twilio.account_sid)
    return plain_answer(403, "Another account.\n");
  auto& switchboard = parts_.switchboard;
  Switchboard::Entry* entry = switchboard.find(webhook->call_id);
  if (entry != nullptr && entry->end_reason) return twiml_answer(twilio::hang_up_twiml());
  // T26: a repeated webhook is the same call; its media socket gets an address of its own.
  if (entry != nullptr)
    return twiml_answer(parts_.documents.connect(switchboard.new_stream_key(*entry), true));
  const auto intent = intent_of(request);
  return intent.empty() ? begin_inbound(*webhook) : begin_placed(*webhook, intent, request);
}

core::HttpResponse TwilioRoutes::begin_inbound(const twilio::VoiceWebhook& webhook) {
  auto& switchboard = parts_.switchboard;
  if (!switchboard.takes_calls()) {
    const auto caller = shown_number(webhook.direction, webhook.from, webhook.to);
    return twiml_answer(parts_.documents.without_agent(busy_text, caller));
  }
  auto& entry = switchboard.begin(webhook);
  return twiml_answer(parts_.documents.connect(switchboard.new_stream_key(entry), true));
}

core::HttpResponse TwilioRoutes::begin_placed(const twilio::VoiceWebhook& webhook,
                                              const core::CallId& intent,
                                              const core::HttpRequest& request) {
  using Verdict = PlacedCalls::Verdict;
  const auto verdict = parts_.placed_calls.judge(intent, webhook.call_id);
  if (verdict == Verdict::not_known) return ask_again(intent, request);
  if (verdict == Verdict::other_call)
    parts_.log.error("intent_called_twice", {{"call_id", intent}});
  auto& switchboard = parts_.switchboard;
  const bool may_talk = verdict == Verdict::expected && switchboard.finishes_calls();
  if (!may_talk) return twiml_answer(twilio::hang_up_twiml());
  auto& entry = switchboard.begin_placed(webhook, intent, *parts_.placed_calls.find(intent));
  return twiml_answer(parts_.documents.connect(switchboard.new_stream_key(entry), true));
}

/// Another node placed it a moment ago, or this one was started a moment ago. Whoever has picked up
/// hears silence until the next survey; then nobody of ours placed this call.
core::HttpResponse TwilioRoutes::ask_again(const core::CallId& intent,
                                           const core::HttpRequest& request) {
  constexpr std::string_view times = "11";
  const auto asked = query_text(request, "asked");
  if (asked == times) {  // T27
    parts_.log.error("unknown_call", {{"route", "/twilio/voice"}, {"call_id", intent}});
    return twiml_answer(twilio::hang_up_twiml());
  }
  parts_.look_again();
  const auto url = parts_.config.public_url + "/twilio/voice?intent=" + intent.str();
  return twiml_answer(twilio::ask_again_twiml(url + "&asked=" + asked + "1"));
}

/// T31: what a failed voice webhook costs is this one call, and no silence.
core::HttpResponse TwilioRoutes::voice_failed(const core::HttpRequest& request) {
  const auto webhook = twilio::parse_voice_webhook(request.body);
  parts_.log.error("voice_webhook_failed",
                   {{"call_id", intent_of(request)}, {"code", webhook ? webhook->error_code : ""}});
  return twiml_answer(twilio::hang_up_twiml());
}

core::HttpResponse TwilioRoutes::whisper(const core::HttpRequest& request) {
  return parts_.connect_done.whisper(std::string(request.path().substr(whisper_path.size())));
}

core::HttpResponse TwilioRoutes::status(const core::HttpRequest& request) {
  const auto callback = twilio::parse_status_callback(request.body);
  if (!callback) return unreadable(callback.error());
  Switchboard::Entry* entry = parts_.switchboard.find(callback->call_id);
  const auto intent = intent_of(request);
  const auto status = status_of(*callback);
  write_status(entry != nullptr ? entry->id : intent, status);
  // of a call that another process of ours began, the row of the intent is another one
  if (entry != nullptr && !intent.empty() && entry->id != intent) write_status(intent, status);
  if (!intent.empty()) parts_.placed_calls.judge(intent, callback->call_id);
  if (entry != nullptr && twilio::is_terminal(callback->status))
    parts_.switchboard.note_carrier_end(*entry);
  return acknowledged();
}

void TwilioRoutes::write_status(const core::CallId& id, const core::CarrierStatus& status) {
  core::Record record;
  record.call_id = id;
  record.wall = wall_now();
  record.body = status;
  parts_.write_down(std::move(record));
}

/// Any node may be told; the one that carries the call learns it from the record if not from here.
core::HttpResponse TwilioRoutes::amd(const core::HttpRequest& request) {
  const auto callback = twilio::parse_amd_callback(request.body);
  if (!callback) return unreadable(callback.error());
  core::CarrierStatus status;
  status.carrier_call_id = callback->call_id;
  status.status = twilio::to_string(twilio::CallStatus::in_progress);
  status.rank = twilio::rank(twilio::CallStatus::in_progress);
  status.answered_by = twilio::to_string(callback->answered_by);
  Switchboard::Entry* entry = parts_.switchboard.find(callback->call_id);
  const auto intent = intent_of(request);
  write_status(entry != nullptr ? entry->id : intent, status);
  if (entry == nullptr) return acknowledged();
  call::CarrierAnswered input{answered_by(callback->answered_by)};
  const bool is_told = parts_.switchboard.command(entry->id, input);
  if (auto* const placed = parts_.placed_calls.find(intent)) placed->knows_answered_by = is_told;
  return acknowledged();
}

core::HttpResponse TwilioRoutes::stream_status(const core::HttpRequest& request) {
  const auto callback = twilio::parse_stream_status(request.body);
  if (!callback) return unreadable(callback.error());
  if (callback->event == twilio::StreamEvent::error)
    parts_.log.warn("stream_error", {{"what", callback->error}});
  return acknowledged();
}

std::variant<core::HttpResponse, net::UpgradeTarget> TwilioRoutes::upgrade(
    const core::HttpRequest& request) {
  if (!request.path().starts_with(media_path)) return plain_answer(404, "There is nothing here.\n");
  auto nonce = std::string(request.path().substr(media_path.size()));
  if (nonce.ends_with('/')) nonce.pop_back();
  const auto check = twilio::verify_upgrade(tokens_, parts_.documents.stream_base() + nonce,
                                            request.header("X-Twilio-Signature"));
  parts_.metrics
      .counter(ops::Family::webhooks_total, {"/media-stream", check ? "accepted" : "refused"})
      .add();
  if (!check) {
    parts_.log.warn("upgrade_refused", {{"why", twilio::to_string(check.error)},
                                        {"public_url", parts_.config.public_url},
                                        {"peer", request.peer}});
    return plain_answer(403, "The signature does not match.\n");
  }
  auto spent = parts_.switchboard.spend_nonce(nonce);
  if (!spent) {  // T09
    parts_.log.warn("upgrade_refused", {{"why", "nonce_spent_or_unknown"}, {"peer", request.peer}});
    return plain_answer(403, "This stream address is not valid any more.\n");
  }
  if (check.form != twilio::SignedForm::as_written) {
    parts_.log.info("upgrade_signed_form", {{"form", twilio::to_string(check.form)}});
  }
  return net::UpgradeTarget([shard = spent->entry->shard, id = spent->entry->id,
                             token = std::move(spent->token)](net::AcceptedSocket socket) {
    shard->attach(id, std::move(socket), token);
  });
}

}  // namespace tandem
