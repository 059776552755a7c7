#include "bridge/twilio/rest.hpp"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "codec/base64.hpp"

namespace tandem::twilio {

namespace {

namespace dom = simdjson::dom;

std::string basic_credentials(const RestAccount& account) {
  const std::string pair = account.user + ":" + account.password.expose();
  std::string out = "Basic ";
  codec::base64_encode(std::span(reinterpret_cast<const std::uint8_t*>(pair.data()), pair.size()),
                       out);
  return out;
}

/// `rest`: what follows the account in the path, "/Calls.json" for instance.
core::OutgoingRequest request(const RestAccount& account, std::string_view method,
                              std::string_view rest) {
  core::OutgoingRequest out;
  out.method = method;
  out.url = account.api;
  out.url.target = "/2010-04-01/Accounts/";
  core::append_url_encoded(out.url.target, account.account_id);
  out.url.target += rest;
  out.headers = {{"Authorization", basic_credentials(account)}, {"Accept", "application/json"}};
  return out;
}

std::string path_of(const core::CarrierCallId& id) {
  std::string path = "/Calls/";
  core::append_url_encoded(path, id.str());
  return path + ".json";
}

void add(std::string& form, std::string_view name, std::string_view value) {
  if (!form.empty()) form += '&';
  core::append_url_encoded(form, name);
  form += '=';
  core::append_url_encoded(form, value);
}

void post(core::OutgoingRequest& request, std::string form) {
  request.headers.emplace_back("Content-Type", "application/x-www-form-urlencoded");
  request.body = std::move(form);
}

core::OutgoingRequest update(const RestAccount& account, const core::CarrierCallId& id,
                             std::string_view name, std::string_view value) {
  core::OutgoingRequest out = request(account, "POST", path_of(id));
  std::string form;
  add(form, name, value);
  post(out, std::move(form));
  return out;
}

/// Codes that mean the same for every request; the others are decided by HTTP status.
struct CodeMeaning {
  int code;
  RestFault fault;
};
constexpr std::array<CodeMeaning, 33> code_meanings = {{
    {10001, RestFault::account},       {10004, RestFault::retry_safe},
    {20001, RestFault::bad_request},   {20003, RestFault::account},
    {20004, RestFault::bad_request},   {20005, RestFault::account},
    {20008, RestFault::configuration}, {20403, RestFault::account},
    {20404, RestFault::not_found},     {20409, RestFault::wrong_state},
    {20422, RestFault::bad_request},   {20429, RestFault::retry_safe},
    {21201, RestFault::bad_request},   {21202, RestFault::refused},
    {21205, RestFault::bad_request},   {21206, RestFault::bad_request},
    {21208, RestFault::bad_request},   {21209, RestFault::bad_request},
    {21210, RestFault::configuration}, {21211, RestFault::refused},
    {21212, RestFault::configuration}, {21213, RestFault::bad_request},
    {21214, RestFault::refused},       {21215, RestFault::refused},
    {21216, RestFault::refused},       {21217, RestFault::refused},
    {21218, RestFault::configuration}, {21219, RestFault::configuration},
    {21220, RestFault::wrong_state},   {21234, RestFault::bad_request},
    {21262, RestFault::configuration}, {21264, RestFault::configuration},
    {22005, RestFault::queue_full},
}};

/// Whether doing it twice does harm.
enum class Repeating { harmless, harmful };

RestFault fault_of_status(int status, Repeating repeating) noexcept {
  if (status == 429) return RestFault::retry_safe;  // never processed, documented
  if (status == 401 || status == 403) return RestFault::account;
  if (status == 404) return RestFault::not_found;
  if (status >= 300 && status < 400)
    return RestFault::configuration;  // a redirect: not the API's address
  if (status >= 400 && status < 500 && status != 408) return RestFault::refused;
  return repeating == Repeating::harmful ? RestFault::unknown_outcome : RestFault::retry_safe;
}

RestFault fault_of(int status, int code, Repeating repeating) noexcept {
  // Twilio documents codes, not which HTTP status comes with them: trouble inside may have acted.
  const bool is_trouble_inside = code == 20500 || code == 20503;
  if (is_trouble_inside) status = 500;
  const auto* known =
      std::find_if(code_meanings.begin(), code_meanings.end(),
                   [code](const CodeMeaning& meaning) { return meaning.code == code; });
  return known == code_meanings.end() ? fault_of_status(status, repeating) : known->fault;
}

int code_of(std::string_view body) {
  dom::parser parser;
  dom::object root;
  std::int64_t code = 0;
  if (parser.parse(body.data(), body.size()).get(root) != simdjson::SUCCESS) return 0;
  if (root.at_key("code").get(code) != simdjson::SUCCESS) return 0;
  return code > 0 && code < 1'000'000 ? static_cast<int>(code) : 0;
}

std::optional<std::chrono::seconds> retry_after_of(const core::HttpHeaders& headers) {
  const std::string_view text = core::find_header(headers, "Retry-After");
  int seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size() || seconds < 0)
    return {};
  return std::chrono::seconds{seconds};
}

/// Nothing when Twilio did what was asked.
std::optional<RestFailure> failure_of(const core::OutgoingResponse& response, Repeating repeating) {
  using Failure = core::OutgoingResponse::Failure;
  if (response.failure == Failure::not_sent) return RestFailure{RestFault::retry_safe, 0, 0, {}};
  if (response.failure == Failure::unknown) {
    return RestFailure{fault_of_status(0, repeating), 0, 0, {}};
  }
  if (response.status >= 200 && response.status < 300) return {};
  const int code = code_of(response.body);
  return RestFailure{fault_of(response.status, code, repeating), response.status, code,
                     retry_after_of(response.headers)};
}

/// Empty when absent or null: every scalar of a Call resource is a string or null.
std::string_view text_of(const dom::object& object, std::string_view key) {
  std::string_view text;
  return object.at_key(key).get(text) == simdjson::SUCCESS ? text : std::string_view{};
}

bool read_call(const dom::object& object, CallResource& call) {
  call.id = core::CarrierCallId(std::string(text_of(object, "sid")));
  call.status = parse_call_status(text_of(object, "status"));
  call.direction = text_of(object, "direction").starts_with("outbound") ? core::Direction::outbound
                                                                        : core::Direction::inbound;
  call.from = core::PhoneNumber(std::string(text_of(object, "from")));
  call.to = core::PhoneNumber(std::string(text_of(object, "to")));
  call.answered_by = parse_answered_by(text_of(object, "answered_by"));
  const std::string_view duration = text_of(object, "duration");
  std::int64_t seconds = 0;
  const auto [end, error] =
      std::from_chars(duration.data(), duration.data() + duration.size(), seconds);
  if (error == std::errc{} && end == duration.data() + duration.size()) call.duration_s = seconds;
  call.created = parse_rfc2822(text_of(object, "date_created"));
  return !call.id.empty();
}

core::Result<CallResource, RestFailure> parse_call(const core::OutgoingResponse& response,
                                                   Repeating repeating) {
  if (const auto failure = failure_of(response, repeating)) return core::Failure{*failure};
  dom::parser parser;
  dom::object root;
  CallResource call;
  if (parser.parse(response.body.data(), response.body.size()).get(root) == simdjson::SUCCESS &&
      read_call(root, call)) {
    return call;
  }
  // A create that was accepted but not understood has probably placed the call.
  const RestFault fault =
      repeating == Repeating::harmful ? RestFault::unknown_outcome : RestFault::unreadable;
  return core::Failure{RestFailure{fault, response.status, 0, {}}};
}

}  // namespace

std::string with_callback_retries(std::string_view url) {
  return std::string(url.substr(0, url.find('#'))) + "#rc=2&rp=ct,rt,5xx";
}

core::OutgoingRequest create_call_request(const RestAccount& account, const CreateCall& call) {
  BRIDGE_ASSERT(call.to.is_e164() && call.from.is_e164() && call.to != call.from);
  BRIDGE_ASSERT(call.ring_timeout >= std::chrono::seconds{5} &&
                call.ring_timeout <= ring_timeout_max);
  BRIDGE_ASSERT(call.time_limit >= time_limit_min && call.time_limit <= time_limit_max);
  std::string form;
  add(form, "To", call.to.expose());
  add(form, "From", call.from.expose());
  add(form, "Url", call.voice_url);
  add(form, "Method", "POST");
  if (!call.fallback_url.empty()) add(form, "FallbackUrl", call.fallback_url);
  if (!call.status_url.empty()) {
    add(form, "StatusCallback", with_callback_retries(call.status_url));
    add(form, "StatusCallbackMethod", "POST");
    // Repeated, never joined: a joined value silently costs the completion callback.
    for (const char* event : {"initiated", "ringing", "answered", "completed"}) {
      add(form, "StatusCallbackEvent", event);
    }
  }
  add(form, "Timeout", std::to_string(call.ring_timeout.count()));
  add(form, "TimeLimit", std::to_string(call.time_limit.count()));
  if (!call.amd_url.empty()) {
    add(form, "MachineDetection", call.hears_machines_out ? "DetectMessageEnd" : "Enable");
    add(form, "AsyncAmd", "true");
    add(form, "AsyncAmdStatusCallback", call.amd_url);
    add(form, "AsyncAmdStatusCallbackMethod", "POST");
  }
  core::OutgoingRequest out = request(account, "POST", "/Calls.json");
  post(out, std::move(form));
  return out;
}

core::OutgoingRequest fetch_call_request(const RestAccount& account,
                                         const core::CarrierCallId& id) {
  return request(account, "GET", path_of(id));
}

core::OutgoingRequest list_calls_request(const RestAccount& account, const ListCalls& filter) {
  std::string query;
  if (!filter.to.empty()) add(query, "To", filter.to.expose());
  if (!filter.from.empty()) add(query, "From", filter.from.expose());
  if (filter.status) add(query, "Status", to_string(*filter.status));
  add(query, "PageSize", std::to_string(filter.page_size));
  return request(account, "GET", "/Calls.json?" + query);
}

core::OutgoingRequest hang_up_request(const RestAccount& account, const core::CarrierCallId& id) {
  return update(account, id, "Status", "completed");
}

core::OutgoingRequest cancel_request(const RestAccount& account, const core::CarrierCallId& id) {
  return update(account, id, "Status", "canceled");
}

core::OutgoingRequest redirect_request(const RestAccount& account, const core::CarrierCallId& id,
                                       std::string_view twiml) {
  BRIDGE_ASSERT(twiml.size() <= inline_twiml_characters_max);
  return update(account, id, "Twiml", twiml);
}

std::string_view to_string(RestFault fault) noexcept {
  static constexpr std::array<std::string_view, 10> names = {
      "retry_safe",    "unknown_outcome", "refused",    "not_found",   "wrong_state",
      "configuration", "account",         "queue_full", "bad_request", "unreadable"};
  return names[static_cast<std::size_t>(fault)];
}

bool RestFailure::needs_operator() const noexcept {
  // 21215 geographic permissions and 21216 blocked by Twilio refuse one number, but for a reason
  // that a person can mend.
  return fault == RestFault::configuration || fault == RestFault::account ||
         fault == RestFault::queue_full || fault == RestFault::bad_request || code == 21215 ||
         code == 21216;
}

core::Result<CallResource, RestFailure> parse_created(const core::OutgoingResponse& response) {
  return parse_call(response, Repeating::harmful);
}

core::Result<CallResource, RestFailure> parse_fetched(const core::OutgoingResponse& response) {
  return parse_call(response, Repeating::harmless);
}

core::Result<std::vector<CallResource>, RestFailure> parse_listed(
    const core::OutgoingResponse& response) {
  if (const auto failure = failure_of(response, Repeating::harmless))
    return core::Failure{*failure};
  const RestFailure unreadable{RestFault::unreadable, response.status, 0, {}};
  dom::parser parser;
  dom::object root;
  dom::array list;
  if (parser.parse(response.body.data(), response.body.size()).get(root) != simdjson::SUCCESS ||
      root.at_key("calls").get(list) != simdjson::SUCCESS) {
    return core::Failure{unreadable};
  }
  std::vector<CallResource> calls;
  for (const dom::element element : list) {
    dom::object object;
    if (element.get(object) != simdjson::SUCCESS || !read_call(object, calls.emplace_back())) {
      return core::Failure{unreadable};
    }
  }
  return calls;
}

core::Result<core::Done, RestFailure> parse_ended(const core::OutgoingResponse& response) {
  const auto failure = failure_of(response, Repeating::harmless);
  if (!failure || failure->code == 20404 || failure->code == 21220) return core::Done{};
  return core::Failure{*failure};
}

core::Result<core::Done, RestFailure> parse_redirected(const core::OutgoingResponse& response) {
  if (const auto failure = failure_of(response, Repeating::harmless))
    return core::Failure{*failure};
  return core::Done{};
}

std::optional<core::WallTime> parse_rfc2822(std::string_view text) noexcept {
  static constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";
  if (text.size() != 31 || text.substr(25) != " +0000") return {};
  const auto number = [text](std::size_t at, std::size_t size) {
    int value = -1;
    const char* end = text.data() + at + size;
    const auto [stop, error] = std::from_chars(text.data() + at, end, value);
    return error == std::errc{} && stop == end ? value : -1;
  };
  const auto month = months.find(text.substr(8, 3));
  const int year = number(12, 4);
  const int day = number(5, 2);
  const int hour = number(17, 2);
  const int minute = number(20, 2);
  const int second = number(23, 2);
  if (month == std::string_view::npos || month % 3 != 0 || year < 0 || day < 1 || hour < 0 ||
      minute < 0 || second < 0)
    return {};
  const std::chrono::year_month_day date{std::chrono::year{year},
                                         std::chrono::month{static_cast<unsigned>(month / 3 + 1)},
                                         std::chrono::day{static_cast<unsigned>(day)}};
  if (!date.ok() || hour > 23 || minute > 59 || second > 60) return {};
  return core::WallTime{std::chrono::sys_days{date} + std::chrono::hours{hour} +
                        std::chrono::minutes{minute} + std::chrono::seconds{second}};
}

}  // namespace tandem::twilio
