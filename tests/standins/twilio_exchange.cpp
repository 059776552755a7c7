#include "twilio_exchange.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tandem::standins {

TwilioExchange::TwilioExchange(TwilioAccount account, std::vector<Route> routes,
                               std::shared_ptr<TlsContext> trust, const SpeechData& speech)
    : account_(std::move(account)),
      web_(account_.auth_token, std::move(routes), std::move(trust)),
      speech_(speech),
      destinations_{{"*", json::object()}} {}

TwilioExchange::~TwilioExchange() {
  for (const auto& [sid, call] : calls_) call->join();
}

json::array TwilioExchange::steps_of(const json::object& behaviour) const {
  const auto found = behaviour.find("script");
  if (found == behaviour.end() || found->value().is_null())
    return speech_.scenario("booking").caller_steps;
  const json::value& script = found->value();
  if (script.is_string()) return speech_.scenario(std::string(script.as_string())).caller_steps;
  const json::array& steps =
      script.is_array() ? script.as_array() : array_or_empty(script.as_object(), "caller");
  check_steps(steps);
  return steps;
}

void TwilioExchange::place(CallPlan plan, json::object behaviour) {
  plan.caller_steps = steps_of(behaviour);
  const std::string lender = text_or(object_or_empty(behaviour, "stream"), "parameters_from", "");
  if (!lender.empty()) {
    const auto other = find(lender);
    if (!other) throw BadInput("parameters_from names no call");
    plan.replaced_parameters = other->custom_parameters();
  }
  plan.behaviour = std::move(behaviour);
  const std::lock_guard lock(mutex_);
  const std::string sid = plan.sid;
  auto call = std::make_shared<TwilioCall>(account_, web_, speech_, std::move(plan), destinations_);
  call->start();
  calls_[sid] = std::move(call);
  order_.push_back(sid);
}

json::object TwilioExchange::start_inbound(const json::object& body) {
  CallPlan plan;
  plan.direction = "inbound";
  plan.from = text_or(body, "from", "+14155550123");
  plan.to = text_or(body, "to", account_.phone_number);
  plan.url = text_or(body, "voice_url", "");
  plan.method = text_or(body, "voice_method", "POST");
  plan.fallback_url = text_or(body, "fallback_url", "");
  plan.status_url = text_or(body, "status_url", "");
  plan.time_limit_s = number_or(body, "time_limit_s", plan.time_limit_s);
  if (plan.url.empty()) throw BadInput("voice_url is missing");
  for (const json::value& event : array_or_empty(body, "status_events")) {
    plan.status_events.emplace_back(event.as_string());
  }
  if (plan.status_events.empty()) plan.status_events = {"completed"};
  json::array sids;
  for (std::int64_t i = 0; i < number_or(body, "count", 1); ++i) {
    if (i > 0) sleep_until(Clock::now() + Milliseconds(number_or(body, "spacing_ms", 0)));
    plan.sid = "CA" + random_hex(32);
    place(plan, body);
    sids.push_back(json::value(json::string_view(plan.sid)));
  }
  if (sids.empty()) throw BadInput("count must be at least 1");
  return {{"sid", sids.front()}, {"sids", sids}};
}

std::shared_ptr<TwilioCall> TwilioExchange::find(const std::string& sid) const {
  const std::lock_guard lock(mutex_);
  const auto found = calls_.find(sid);
  return found == calls_.end() ? nullptr : found->second;
}

json::array TwilioExchange::reports() const {
  const std::lock_guard lock(mutex_);
  json::array result;
  for (const std::string& sid : order_) result.push_back(calls_.at(sid)->report(false));
  return result;
}

void TwilioExchange::set_destination(json::object behaviour) {
  steps_of(behaviour);
  const std::string number = text_or(behaviour, "number", "*");
  const std::lock_guard lock(mutex_);
  destinations_[number] = std::move(behaviour);
}

json::object TwilioExchange::destination(const std::string& number) const {
  const std::lock_guard lock(mutex_);
  return object_or_empty(destinations_, destinations_.contains(number) ? number : "*");
}

void TwilioExchange::add_faults(const json::object& fault) {
  const std::lock_guard lock(mutex_);
  for (std::int64_t i = 0; i < number_or(fault, "count", 1); ++i) faults_.push_back(fault);
}

json::array TwilioExchange::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

int TwilioExchange::replay_upgrade(TwilioCall& call) const {
  std::string url;
  const std::string text = call.captured_upgrade(url);
  if (text.empty()) throw BadInput("that call has opened no stream");
  return send_upgrade(web_, Url::parse(url), text).status;
}

int TwilioExchange::try_handshake(const json::object& body) const {
  const Url url = Url::parse(text_or(body, "url", ""));
  const std::string text = upgrade_text(web_, url, text_or(body, "signature", "valid"),
                                        static_cast<int>(number_or(body, "bit", 0)));
  return send_upgrade(web_, url, text).status;
}

}  // namespace tandem::standins
