// A call runs TwiML: fetching, judging and executing documents (twilio.com "TwiML for Programmable
// Voice"; what follows what when a stream ends: twilio.com "Connect", "Stream").
#include <fmt/format.h>

#include <algorithm>

#include "twilio_call.hpp"

namespace tandem::standins {

namespace {

// English speech synthesis: about 15 characters a second.
constexpr double say_ms_per_character = 66.0;
constexpr std::size_t say_limit = 4096;
constexpr std::size_t parameter_limit = 500;

bool is_xml(std::string_view content_type) {
  const std::string_view type = content_type.substr(0, content_type.find(';'));
  return type == "text/xml" || type == "application/xml";
}

}  // namespace

void TwilioCall::converse() {
  Flow flow = plan_.url.empty() ? load_inline(plan_.twiml) : load(plan_.url, plan_.method, {});
  while (flow == Flow::jump) flow = run_document();
  if (ended_by_.empty()) over("bridge");
}

TwilioCall::Flow TwilioCall::run_document() {
  const Document document = document_;
  for (const std::string& warning : document.twiml.warnings) log_.warn(12200, warning);
  bool first = true;
  for (const TwimlElement& verb : document.twiml.verbs) {
    if (verb.name == "Reject" && first && !answered_) {
      log_.event("rejected", {{"reason", verb.attribute("reason", "rejected")}});
      set_status(verb.attribute("reason") == "busy" ? "busy" : "no-answer");
      return over("bridge");
    }
    first = false;
    answer();
    const Flow flow = run_verb(verb);
    if (flow != Flow::next) return flow;
  }
  answer();
  log_.event("twiml_ran_out");
  return over("bridge");
}

TwilioCall::Flow TwilioCall::run_verb(const TwimlElement& verb) {
  log_.event("verb", {{"name", verb.name}, {"text", verb.text}});
  if (verb.name == "Say") return say(verb);
  if (verb.name == "Pause") {
    const double seconds = std::atof(verb.attribute("length", "1").c_str());
    return pause(Milliseconds(static_cast<std::int64_t>(seconds * 1000 / account_.say_speed)));
  }
  if (verb.name == "Hangup") return over("bridge");
  if (verb.name == "Redirect") {
    if (document_.base.empty()) return load(verb.text, verb.attribute("method", "POST"), {});
    const std::string url = Url::parse(document_.base).resolve(verb.text).text();
    return load(url, verb.attribute("method", "POST"), {});
  }
  if (verb.name == "Dial") return dial(verb);
  if (verb.name == "Connect") return connect(verb);
  if (verb.name == "Reject") log_.warn(12200, "<Reject> must be the first verb");
  return Flow::next;
}

TwilioCall::Flow TwilioCall::say(const TwimlElement& verb) {
  if (verb.text.empty()) return log_.warn(13520, "<Say> without text"), Flow::next;
  if (verb.text.size() > say_limit) return log_.warn(13521, "<Say> text too long"), Flow::next;
  const double ms = std::max(300.0, static_cast<double>(verb.text.size()) * say_ms_per_character);
  return pause(Milliseconds(static_cast<std::int64_t>(ms / account_.say_speed)));
}

TwilioCall::Flow TwilioCall::dial(const TwimlElement& verb) {
  std::string number = verb.text;
  std::string whisper_url;
  for (const TwimlElement& noun : verb.children) {
    if (noun.name != "Number") continue;
    number = noun.text;
    whisper_url = noun.attribute("url");
  }
  const json::object& behaviour = has(destinations_, number)
                                      ? object_or_empty(destinations_, number)
                                      : object_or_empty(destinations_, "*");
  const bool is_e164 = number.size() > 7 && number[0] == '+';
  if (!is_e164) log_.warn(13223, fmt::format("cannot dial '{}'", number));
  const std::int64_t ring_ms = number_or(behaviour, "ring_ms", 1500);
  const auto timeout_ms =
      static_cast<std::int64_t>(std::atof(verb.attribute("timeout", "30").c_str()) * 1000);
  std::string result = is_e164 ? text_or(behaviour, "outcome", "answer") : "failed";
  if (result == "answer" && ring_ms > timeout_ms) result = "no-answer";
  const Flow rang = pause(Milliseconds(std::min(ring_ms, timeout_ms)));
  if (rang != Flow::next) return rang;
  std::int64_t talk_ms = 0;
  if (result == "answer") {
    result = "completed";
    if (!whisper_url.empty()) whisper(whisper_url, number);
    talk_ms = number_or(behaviour, "talk_ms", 2000);
    const Flow talked = pause(Milliseconds(talk_ms));
    if (talked != Flow::next) return talked;
  }
  log_.event("dialled", {{"number", number}, {"result", result}});
  return action(verb, {{"DialCallStatus", result},
                       {"DialCallSid", "CA" + random_hex(32)},
                       {"DialCallDuration", std::to_string((talk_ms + 999) / 1000)}});
}

// What the person who answered hears before the caller is connected to them (twilio.com "<Number>":
// url). The request is about the dialled leg.
void TwilioCall::whisper(const std::string& url, const std::string& number) {
  Fields fields = standard_fields();
  for (auto& [name, value] : fields) {
    if (name == "CallSid") value = "CA" + random_hex(32);
    if (name == "Direction") value = "outbound-dial";
    if (name == "To" || name == "Called") value = number;
  }
  fields.emplace_back("ParentCallSid", plan_.sid);
  const WebhookAnswer answer = web_.ask(url, "POST", fields);
  const TwimlDocument document = parse_twiml(answer.response.body);
  std::string text;
  for (const TwimlElement& verb : document.verbs) text += verb.text;
  if (answer.error != 0 || document.error != 0) log_.warn(document.error, "whisper: " + url);
  log_.event("whisper", {{"text", text}, {"status", answer.response.status}});
}

// The action URL of a finished verb, or the next verb.
TwilioCall::Flow TwilioCall::action(const TwimlElement& verb, const Fields& extra) {
  const std::string url = verb.attribute("action");
  if (url.empty()) return Flow::next;
  if (document_.base.empty()) {
    if (url.find("://") == std::string::npos)
      return fail_document(15004, "action url is not absolute", url);
    return load(url, verb.attribute("method", "POST"), extra);
  }
  return load(Url::parse(document_.base).resolve(url).text(), verb.attribute("method", "POST"),
              extra);
}

StreamRequest TwilioCall::stream_request(const TwimlElement& stream) const {
  StreamRequest request{stream.attribute("url"),
                        {},
                        account_.sid,
                        plan_.sid,
                        object_or_empty(plan_.behaviour, "stream"),
                        {},
                        {}};
  for (const TwimlElement& child : stream.children) {
    if (child.name == "Parameter")
      request.parameters.emplace_back(child.attribute("name"), child.attribute("value"));
  }
  if (!plan_.replaced_parameters.empty()) request.parameters = plan_.replaced_parameters;
  if (has(request.variations, "parameters")) {
    request.parameters.clear();
    for (const auto& [name, value] : object_or_empty(request.variations, "parameters")) {
      request.parameters.emplace_back(name, value.as_string());
    }
  }
  if (flag_or(request.variations, "corrupt_parameters", false)) {
    for (auto& [name, value] : request.parameters) {
      if (!value.empty()) value.back() = value.back() == 'a' ? 'b' : 'a';
    }
  }
  return request;
}

TwilioCall::Flow TwilioCall::connect(const TwimlElement& verb) {
  const auto stream =
      std::find_if(verb.children.begin(), verb.children.end(),
                   [](const TwimlElement& child) { return child.name == "Stream"; });
  if (stream == verb.children.end())
    return log_.warn(12200, "<Connect> without <Stream>"), Flow::next;
  if (stream->attribute("track", "inbound_track") != "inbound_track") {
    log_.warn(31941, "track must be inbound_track");
    return action(verb, {});
  }
  StreamRequest request = stream_request(*stream);
  for (const auto& [name, value] : request.parameters) {
    if (name.size() + value.size() >= parameter_limit)
      log_.warn(12200, "<Parameter> too long: " + name);
  }
  request.on_upgrade = [this, url = request.url,
                        parameters = request.parameters](const std::string& text) {
    const std::lock_guard lock(mutex_);
    captured_ = text;
    captured_url_ = url;
    parameters_ = parameters;
  };
  request.on_open = [&](const std::string& sid) {
    notify_stream(*stream, sid, "stream-started", {});
  };
  TwilioStream leg(web_, request, log_, caller_, signals_, std::min(hang_up_at_, time_limit_at_));
  const StreamOutcome outcome = leg.run();
  const Flow flow = follow_stream(outcome, *stream);
  return flow == Flow::next ? action(verb, {}) : flow;
}

TwilioCall::Flow TwilioCall::follow_stream(const StreamOutcome& outcome,
                                           const TwimlElement& stream) {
  if (outcome.error != 0) {
    // Our own faults and a close that ends the conversation are meant; everything else is the
    // bridge's.
    const bool intended = outcome.error == 31921 || outcome.reason.ends_with("by the script") ||
                          has(object_or_empty(plan_.behaviour, "stream"), "signature");
    log_.warn(outcome.error, outcome.reason, intended);
  }
  const bool stopped = outcome.error == 0 || outcome.error == 31921;
  notify_stream(stream, outcome.stream_sid, stopped ? "stream-stopped" : "stream-error",
                outcome.reason);
  log_.event("stream_over",
             {{"sid", outcome.stream_sid}, {"error", outcome.error}, {"reason", outcome.reason}});
  if (outcome.by == StreamOutcome::By::caller) {
    const bool by_limit = Clock::now() >= time_limit_at_;
    return over(by_limit ? "time_limit" : "caller");
  }
  if (outcome.by == StreamOutcome::By::signals) return obey();
  if (outcome.by == StreamOutcome::By::failure) {
    const json::object& variations = object_or_empty(plan_.behaviour, "stream");
    return pause(Milliseconds(number_or(variations, "fall_through_ms", 1000)));
  }
  return obey();
}

TwilioCall::Flow TwilioCall::load_inline(const std::string& twiml) {
  document_ = {parse_twiml(twiml), {}};
  if (document_.twiml.error != 0)
    return fail_document(document_.twiml.error, document_.twiml.reason, "");
  return Flow::jump;
}

TwilioCall::Flow TwilioCall::load(const std::string& url, const std::string& method,
                                  const Fields& extra) {
  Fields fields = standard_fields();
  fields.insert(fields.end(), extra.begin(), extra.end());
  if (!plan_.machine_detection.empty() && !plan_.async_amd) {
    fields.emplace_back("AnsweredBy", answered_by());
    fields.emplace_back("MachineDetectionDuration",
                        std::to_string(number_or(plan_.behaviour, "amd_ms", 3000)));
  }
  json::object record{{"t_ms", log_.now_ms()}, {"url", url}};
  const WebhookAnswer answer = web_.ask(url, method, fields);
  record["latency_ms"] = answer.latency_ms;
  record["status"] = answer.response.status;
  record["content_type"] = answer.response.headers.get("Content-Type");
  record["body"] = answer.response.body;
  const Flow flow = judge(answer, record);
  log_.twiml(std::move(record));
  return flow;
}

TwilioCall::Flow TwilioCall::judge(const WebhookAnswer& answer, json::object& record) {
  int code = answer.error;
  std::string reason = answer.reason;
  if (code == 0 && !is_xml(answer.response.headers.get("Content-Type"))) {
    code = 12300;
    reason = "content type is not XML";
  }
  if (code == 0) {
    TwimlDocument twiml = parse_twiml(answer.response.body);
    code = twiml.error;
    reason = twiml.reason;
    document_ = {std::move(twiml), answer.url};
  }
  record["error"] = code;
  if (code == 0) return Flow::jump;
  return fail_document(code, reason, answer.url);
}

TwilioCall::Flow TwilioCall::fail_document(int code, const std::string& reason,
                                           const std::string& url) {
  log_.warn(code, fmt::format("{} ({})", reason, url));
  log_.set("error", json::object{{"code", code}, {"reason", reason}, {"url", url}});
  if (!plan_.fallback_url.empty() && !falling_back_) {
    falling_back_ = true;
    return load(plan_.fallback_url, plan_.fallback_method,
                {{"ErrorCode", std::to_string(code)}, {"ErrorUrl", url}});
  }
  answer();
  log_.event("application_error");
  const Flow flow = pause(Milliseconds(static_cast<std::int64_t>(3000 / account_.say_speed)));
  return flow == Flow::jump ? flow : over("twilio");
}

}  // namespace tandem::standins
