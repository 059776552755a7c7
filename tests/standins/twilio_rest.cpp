// Twilio's REST API, version 2010-04-01, as far as calls go (twilio.com "Call resource", "Make
// calls", "Test credentials").
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "twilio_exchange.hpp"

namespace tandem::standins {

namespace {

struct ApiError {
  int status = 400;
  int code = 0;
  std::string message;
};

HttpResponse error_response(const ApiError& error) {
  return json_response(
      error.status,
      json::serialize(json::object{
          {"code", error.code},
          {"message", error.message},
          {"more_info", fmt::format("https://www.twilio.com/docs/errors/{}", error.code)},
          {"status", error.status}}));
}

bool is_e164(std::string_view number) {
  if (number.size() < 3 || number.size() > 16 || number[0] != '+' || number[1] == '0') return false;
  return std::all_of(number.begin() + 1, number.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool is_number_in(const std::optional<std::string>& text, long low, long high) {
  if (!text) return true;
  if (text->empty() || text->size() > 6) return false;
  if (!std::all_of(text->begin(), text->end(), [](char c) { return c >= '0' && c <= '9'; }))
    return false;
  const long value = std::stol(*text);
  return value >= low && value <= high;
}

bool is_web_url(std::string_view text) {
  return text.starts_with("https://") || text.starts_with("http://");
}

const std::set<std::string_view>& known_parameters() {
  static const std::set<std::string_view> names{"To",
                                                "From",
                                                "Url",
                                                "Method",
                                                "Twiml",
                                                "ApplicationSid",
                                                "FallbackUrl",
                                                "FallbackMethod",
                                                "StatusCallback",
                                                "StatusCallbackMethod",
                                                "StatusCallbackEvent",
                                                "Timeout",
                                                "TimeLimit",
                                                "SendDigits",
                                                "Record",
                                                "RecordingChannels",
                                                "RecordingTrack",
                                                "RecordingStatusCallback",
                                                "RecordingStatusCallbackMethod",
                                                "RecordingStatusCallbackEvent",
                                                "Trim",
                                                "MachineDetection",
                                                "MachineDetectionTimeout",
                                                "MachineDetectionSpeechThreshold",
                                                "MachineDetectionSpeechEndThreshold",
                                                "MachineDetectionSilenceTimeout",
                                                "AsyncAmd",
                                                "AsyncAmdStatusCallback",
                                                "AsyncAmdStatusCallbackMethod",
                                                "CallerId",
                                                "CallReason",
                                                "CallToken",
                                                "Byoc",
                                                "SipAuthUsername",
                                                "SipAuthPassword",
                                                "ClientNotificationUrl",
                                                "Status"};
  return names;
}

std::optional<ApiError> number_problem(const std::string& to, const std::string& from,
                                       const std::string& owned) {
  if (to.empty()) return ApiError{400, 21201, "No 'To' number is specified"};
  if (from.empty()) return ApiError{400, 21213, "No 'From' number is specified"};
  if (!is_e164(to) || to == from) return ApiError{400, 21211, "Invalid 'To' Phone Number"};
  if (from == "+15005550001") return ApiError{400, 21212, "Invalid 'From' Phone Number"};
  if (from != "+15005550006" && from != owned)
    return ApiError{400, 21210, "'From' phone number not verified"};
  static const std::map<std::string, int> magic{{"+15005550001", 21217},
                                                {"+15005550002", 21214},
                                                {"+15005550003", 21215},
                                                {"+15005550004", 21216}};
  const auto found = magic.find(to);
  if (found != magic.end()) return ApiError{400, found->second, "The 'To' number cannot be called"};
  return std::nullopt;
}

std::optional<ApiError> create_problem(const Fields& params, const std::string& owned) {
  const auto get = [&](std::string_view name) { return first_of(params, name); };
  if (auto problem = number_problem(get("To").value_or(""), get("From").value_or(""), owned))
    return problem;
  const bool has_content = get("Url") || get("Twiml") || get("ApplicationSid");
  if (!has_content || (get("Url") && !is_web_url(*get("Url"))))
    return ApiError{400, 21205, "Url is not a valid url"};
  if (get("Twiml").value_or("").size() > 4000)
    return ApiError{400, 20422, "Twiml is longer than 4000 characters"};
  for (const char* name : {"Method", "FallbackMethod", "StatusCallbackMethod"}) {
    const std::string method = get(name).value_or("POST");
    if (method != "POST" && method != "GET") return ApiError{400, 21209, "Invalid method"};
  }
  if (get("StatusCallback") && !is_web_url(*get("StatusCallback")))
    return ApiError{400, 21609, "Invalid StatusCallback"};
  if (!is_number_in(get("Timeout"), 1, 600)) return ApiError{400, 21208, "Invalid Timeout"};
  if (!is_number_in(get("TimeLimit"), 1, 86400)) return ApiError{400, 20422, "Invalid TimeLimit"};
  const std::string digits = get("SendDigits").value_or("");
  if (digits.size() > 32 || digits.find_first_not_of("0123456789*#wW") != std::string::npos) {
    return ApiError{400, 21206, "Invalid SendDigits"};
  }
  const std::string detection = get("MachineDetection").value_or("Enable");
  if ((detection != "Enable" && detection != "DetectMessageEnd") ||
      !is_number_in(get("MachineDetectionTimeout"), 3, 59)) {
    return ApiError{400, 21234, "Invalid MachineDetection"};
  }
  return std::nullopt;
}

std::vector<std::string> events_of(const Fields& params, json::object& record) {
  static const std::set<std::string_view> known{"initiated", "ringing", "answered", "completed"};
  std::vector<std::string> events;
  json::array violations;
  for (const auto& [name, value] : params) {
    if (name != "StatusCallbackEvent") continue;
    if (!known.contains(value))
      violations.push_back(json::value(fmt::format("unknown event '{}'", value)));
    events.push_back(value);
  }
  record["violations"] = std::move(violations);
  if (events.empty()) events = {"completed"};
  return events;
}

}  // namespace

bool TwilioExchange::authorized(const HttpRequest& request, json::object& record) const {
  const std::string_view header = request.headers.get("Authorization");
  if (!header.starts_with("Basic ")) return false;
  const std::string pair = base64_decode(header.substr(6)).value_or("");
  record["user"] = pair.substr(0, pair.find(':'));
  return pair == account_.sid + ":" + account_.auth_token ||
         (!account_.api_key.empty() && pair == account_.api_key + ":" + account_.api_secret);
}

std::optional<HttpResponse> TwilioExchange::handle_rest(const HttpRequest& request) {
  json::object record{{"method", request.method}, {"path", request.path()}};
  const bool is_create = request.method == "POST" && request.path().ends_with("/Calls.json");
  const Fields params = request.method == "POST" ? form_decode(request.body) : request.query();
  json::object seen;
  json::array unknown;
  for (const auto& [name, value] : params) {
    seen[name] = value;
    if (request.method == "POST" && !known_parameters().contains(name))
      unknown.push_back(json::value(json::string_view(name)));
  }
  record["params"] = std::move(seen);
  record["unknown"] = std::move(unknown);
  bool drop = false;
  std::optional<HttpResponse> response;
  if (!authorized(request, record)) {
    response = error_response({401, 20003, "Authenticate"});
  } else {
    const bool is_update = request.method == "POST" && !is_create;
    if (is_create) response = apply_fault("create", drop, [&] { route(request, record); });
    if (is_update) response = apply_fault("update", drop, [&] { route(request, record); });
    if (!response && !drop) response = route(request, record);
  }
  record["status"] = response ? response->status : 0;
  const std::lock_guard lock(mutex_);
  requests_.push_back(std::move(record));
  return response;
}

std::optional<HttpResponse> TwilioExchange::apply_fault(std::string_view of, bool& drop,
                                                        const std::function<void()>& act) {
  json::object fault;
  {
    const std::lock_guard lock(mutex_);
    const auto next = std::find_if(faults_.begin(), faults_.end(), [&](const json::object& each) {
      return text_or(each, "of", "create") == of;
    });
    if (next == faults_.end()) return std::nullopt;
    fault = std::move(*next);
    faults_.erase(next);
  }
  const std::string kind = text_or(fault, "fault", "delay");
  sleep_until(Clock::now() + Milliseconds(number_or(fault, "delay_ms", 0)));
  if (kind.ends_with("_placed")) act();
  drop = kind.starts_with("drop");
  if (kind == "429") return error_response({429, 20429, "Too Many Requests"});
  if (kind == "error") {
    return error_response({static_cast<int>(number_or(fault, "status", 400)),
                           static_cast<int>(number_or(fault, "code", 20500)), "ordered by a test"});
  }
  if (kind.starts_with("500")) return error_response({500, 20500, "Internal Server Error"});
  if (kind.starts_with("503")) return error_response({503, 20503, "Service Unavailable"});
  return std::nullopt;
}

HttpResponse TwilioExchange::route(const HttpRequest& request, json::object& record) {
  const std::string prefix = "/2010-04-01/Accounts/" + account_.sid;
  std::string path(request.path());
  const ApiError missing{404, 20404, fmt::format("The requested resource {} was not found", path)};
  if (!path.starts_with(prefix) || !path.ends_with(".json")) return error_response(missing);
  path = path.substr(prefix.size(), path.size() - prefix.size() - 5);
  if (path.empty()) {
    return json_response(200, json::serialize(json::object{
                                  {"sid", account_.sid}, {"status", "active"}, {"type", "Full"}}));
  }
  if (path == "/IncomingPhoneNumbers") {
    const json::array numbers{
        {{"sid", "PN" + std::string(32, '0')}, {"phone_number", account_.phone_number}}};
    return json_response(200, json::serialize(json::object{{"incoming_phone_numbers", numbers}}));
  }
  if (path == "/Calls") {
    return request.method == "POST" ? create(form_decode(request.body), record)
                                    : list(request.query());
  }
  const auto call = path.starts_with("/Calls/") ? find(path.substr(7)) : nullptr;
  if (!call) return error_response(missing);
  if (request.method == "POST") return update(*call, form_decode(request.body));
  if (request.method == "DELETE") {
    if (!call->done()) return error_response({409, 20009, "Cannot delete a call in progress"});
    const std::lock_guard lock(mutex_);
    calls_.erase(call->sid());
    std::erase(order_, call->sid());
    return {204, {}, {}};
  }
  if (request.method != "GET") return error_response({405, 20004, "Method not allowed"});
  return json_response(200, json::serialize(call->resource()));
}

CallPlan TwilioExchange::plan_from(const Fields& params) {
  const auto get = [&](std::string_view name, std::string_view fallback = {}) {
    return first_of(params, name).value_or(std::string(fallback));
  };
  CallPlan plan;
  plan.sid = "CA" + random_hex(32);
  plan.direction = "outbound-api";
  plan.from = get("From");
  plan.to = get("To");
  plan.url = get("Url");
  plan.method = get("Method", "POST");
  plan.twiml = get("Twiml");
  plan.fallback_url = get("FallbackUrl");
  plan.fallback_method = get("FallbackMethod", "POST");
  plan.status_url = get("StatusCallback");
  plan.status_method = get("StatusCallbackMethod", "POST");
  plan.machine_detection = get("MachineDetection");
  plan.async_amd = get("AsyncAmd") == "true";
  plan.amd_url = get("AsyncAmdStatusCallback");
  plan.ring_timeout_s = std::stol(get("Timeout", "60"));
  plan.time_limit_s = std::stol(get("TimeLimit", "14400"));
  const std::lock_guard lock(mutex_);
  plan.place_at = std::max(Clock::now(), next_slot_);
  if (account_.calls_per_second > 0) {
    next_slot_ =
        plan.place_at + Milliseconds(static_cast<std::int64_t>(1000 / account_.calls_per_second));
  }
  return plan;
}

HttpResponse TwilioExchange::create(const Fields& params, json::object& record) {
  if (const auto problem = create_problem(params, account_.phone_number)) {
    record["code"] = problem->code;
    return error_response(*problem);
  }
  CallPlan plan = plan_from(params);
  plan.status_events = events_of(params, record);
  const std::string sid = plan.sid;
  json::object behaviour = destination(plan.to);
  place(std::move(plan), std::move(behaviour));
  record["sid"] = sid;
  json::object resource = find(sid)->resource();
  resource["status"] = "queued";
  return json_response(201, json::serialize(resource));
}

HttpResponse TwilioExchange::update(TwilioCall& call, const Fields& params) {
  const std::string status = first_of(params, "Status").value_or("");
  const std::string url = first_of(params, "Url").value_or("");
  const std::string twiml = first_of(params, "Twiml").value_or("");
  const ApiError wrong_state{400, 21220, "Call is not in-progress. Cannot redirect."};
  const bool before_answer = call.status() == "queued" || call.status() == "ringing";
  if (call.done()) return error_response(wrong_state);
  if (status == "completed") {
    call.signals().post(CallSignals::Wish::complete);
  } else if (status == "canceled") {
    if (before_answer) call.signals().post(CallSignals::Wish::cancel);
  } else if (!status.empty()) {
    return error_response({400, 21218, "Invalid status"});
  } else if (!url.empty() || !twiml.empty()) {
    if (before_answer) return error_response(wrong_state);
    call.signals().post_redirect({url, first_of(params, "Method").value_or("POST"), twiml});
  }
  json::object resource = call.resource();
  if (!status.empty()) {
    call.wait_done(Clock::now() + Milliseconds(50));
    resource = call.resource();
  }
  return json_response(200, json::serialize(resource));
}

HttpResponse TwilioExchange::list(const Fields& query) const {
  const auto matches = [&](const json::object& call, const char* param, const char* key) {
    const auto wanted = first_of(query, param);
    return !wanted || (call.at(key).is_string() && call.at(key).as_string() == wanted->c_str());
  };
  const auto limit =
      static_cast<std::size_t>(std::stol(first_of(query, "PageSize").value_or("50")));
  json::array page;
  const std::lock_guard lock(mutex_);
  for (auto sid = order_.rbegin(); sid != order_.rend() && page.size() < limit; ++sid) {
    json::object call = calls_.at(*sid)->resource();
    if (matches(call, "To", "to") && matches(call, "From", "from") &&
        matches(call, "Status", "status")) {
      page.push_back(std::move(call));
    }
  }
  return json_response(
      200, json::serialize(json::object{{"calls", page}, {"page", 0}, {"page_size", limit}}));
}

}  // namespace tandem::standins
