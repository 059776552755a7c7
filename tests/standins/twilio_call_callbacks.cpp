// What a call tells the customer's web server besides asking for TwiML: call progress and stream
// events, each in a request of its own, with the disorder that a test asks for.
#include <fmt/format.h>

#include <algorithm>

#include "twilio_call.hpp"

namespace tandem::standins {

Fields TwilioCall::standard_fields() const {
  const std::string status_word = status();
  Fields fields{{"AccountSid", account_.sid},
                {"ApiVersion", "2010-04-01"},
                {"CallSid", plan_.sid},
                {"CallStatus", status_word}};
  for (const std::string_view role : {"Called", "Caller"}) {
    fields.emplace_back(role, role == "Called" ? plan_.to : plan_.from);
    for (const std::string_view part : {"City", "Country", "State", "Zip"}) {
      fields.emplace_back(fmt::format("{}{}", role, part), part == "Country" ? "US" : "");
    }
  }
  fields.emplace_back("Direction", plan_.direction);
  for (const std::string_view role : {"From", "To"}) {
    fields.emplace_back(role, role == "To" ? plan_.to : plan_.from);
    for (const std::string_view part : {"City", "Country", "State", "Zip"}) {
      fields.emplace_back(fmt::format("{}{}", role, part), part == "Country" ? "US" : "");
    }
  }
  if (plan_.direction == "inbound") {
    fields.emplace_back("CallToken",
                        R"({"parentCallInfoToken":"invented","identityHeaderTokens":[]})");
    fields.emplace_back("StirVerstat", "TN-Validation-Passed-A");
  }
  return fields;
}

void TwilioCall::notify(const std::string& event, const std::string& status) {
  if (plan_.status_url.empty()) return;
  const auto& wanted = plan_.status_events;
  if (std::find(wanted.begin(), wanted.end(), event) == wanted.end()) return;
  Fields fields = standard_fields();
  for (auto& [name, value] : fields) {
    if (name == "CallStatus") value = status;
  }
  fields.emplace_back("CallbackSource", "call-progress-events");
  fields.emplace_back("SequenceNumber", std::to_string(next_sequence_++));
  fields.emplace_back("Timestamp", rfc2822_now());
  if (event == "completed") {
    fields.emplace_back("CallDuration", std::to_string(std::max<std::int64_t>(duration_s_, 0)));
    fields.emplace_back("Duration",
                        std::to_string((std::max<std::int64_t>(duration_s_, 0) + 59) / 60));
    if (status != "completed") {
      fields.emplace_back("SipResponseCode", status == "busy"     ? "486"
                                             : status == "failed" ? "404"
                                                                  : "487");
    }
  }
  const json::object& disorder = object_or_empty(plan_.behaviour, "callbacks");
  for (const json::value& lost : array_or_empty(disorder, "lose")) {
    if (lost.as_string() == event.c_str()) return;
  }
  std::int64_t delay_ms = number_or(disorder, "delay_ms", 0);
  // Later events overtake earlier ones.
  if (flag_or(disorder, "reverse", false))
    delay_ms += std::max<std::int64_t>(0, 1500 - 500 * next_sequence_);
  const int copies = flag_or(disorder, "duplicate", false) ? 2 : 1;
  for (int copy = 0; copy < copies; ++copy) {
    couriers_.emplace_back([this, fields, event, delay_ms] {
      try {
        sleep_until(Clock::now() + Milliseconds(delay_ms));
        post_later(plan_.status_url, plan_.status_method, fields, event);
      } catch (const Stopping&) {
        return;
      }
    });
  }
}

// In a courier's thread.
void TwilioCall::post_later(const std::string& url, const std::string& method, Fields fields,
                            std::string event) {
  json::object params;
  for (const auto& [name, value] : fields) params[name] = value;
  const WebhookAnswer answer = web_.ask(url, method, fields);
  const std::string_view type = answer.response.headers.get("Content-Type");
  if (answer.error != 0) {
    log_.warn(answer.error, fmt::format("callback '{}': {}", event, answer.reason));
  } else if (answer.response.status != 204 && !type.starts_with("text/xml") &&
             !type.starts_with("application/xml") && !answer.response.body.empty()) {
    log_.warn(15003, fmt::format("callback '{}' answered with content that is not TwiML", event));
  }
  log_.callback({{"t_ms", log_.now_ms()},
                 {"event", event},
                 {"url", url},
                 {"params", std::move(params)},
                 {"status", answer.response.status},
                 {"latency_ms", answer.latency_ms},
                 {"attempts", answer.attempts}});
}

void TwilioCall::notify_stream(const TwimlElement& stream, const std::string& stream_sid,
                               std::string_view event, const std::string& reason) {
  const std::string url = stream.attribute("statusCallback");
  if (url.empty()) return;
  Fields fields{
      {"AccountSid", account_.sid},        {"CallSid", plan_.sid},
      {"StreamSid", stream_sid},           {"StreamName", stream.attribute("name", stream_sid)},
      {"StreamEvent", std::string(event)}, {"Timestamp", rfc2822_now()}};
  if (event == "stream-error") fields.emplace_back("StreamError", reason);
  couriers_.emplace_back([this, url, fields,
                          method = stream.attribute("statusCallbackMethod", "POST"),
                          name = std::string(event)] {
    try {
      post_later(url, method, fields, name);
    } catch (const Stopping&) {
      return;
    }
  });
}

}  // namespace tandem::standins
