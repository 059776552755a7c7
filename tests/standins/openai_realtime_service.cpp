#include "openai_realtime_service.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tandem::standins {

namespace {

constexpr std::size_t message_limit = 16 << 20;
constexpr const char* models[] = {"gpt-realtime-2.1", "gpt-realtime-2.1-mini", "gpt-realtime-2"};

json::value value_of(std::string_view text) { return json::value(json::string_view(text)); }

json::object model_object(std::string_view id) {
  return {{"id", value_of(id)},
          {"object", "model"},
          {"created", 1788480000},
          {"owned_by", "openai"},
          {"shutdown_date", nullptr}};
}

HttpResponse error_response(int status, std::string_view code, std::string_view message) {
  const json::object body{{"error",
                           {{"message", value_of(message)},
                            {"type", "invalid_request_error"},
                            {"param", nullptr},
                            {"code", value_of(code)}}}};
  return json_response(status, json::serialize(body));
}

}  // namespace

RealtimeService::RealtimeService(std::string api_key, std::string default_scenario,
                                 const SpeechData& speech)
    : api_key_(std::move(api_key)),
      default_scenario_(std::move(default_scenario)),
      speech_(speech),
      recogniser_(speech) {
  speech_.scenario(default_scenario_);
  speech_.warm(8000);
}

json::object RealtimeService::Session::report(bool full) {
  json::object report{{"id", value_of(id)}};
  merge(report, record.report(full));
  const std::lock_guard lock(mutex);
  report["scenario"] = value_of(scenario);
  report["done"] = done;
  return report;
}

bool RealtimeService::key_accepted(const HttpRequest& request) const {
  const std::string_view bearer = request.headers.get("Authorization");
  if (!bearer.starts_with("Bearer ") || bearer.size() == 7) return false;
  return api_key_.empty() || bearer.substr(7) == api_key_;
}

HttpResponse RealtimeService::handle_http(const HttpRequest& request) const {
  if (!key_accepted(request))
    return error_response(401, "invalid_api_key", "Incorrect API key provided.");
  const std::string_view path = request.path();
  if (request.method == "GET" && path == "/v1/models") {
    json::array list;
    for (const char* model : models) list.push_back(model_object(model));
    return json_response(200, json::serialize(json::object{{"object", "list"}, {"data", list}}));
  }
  for (const char* model : models) {
    if (request.method == "GET" && path == fmt::format("/v1/models/{}", model))
      return json_response(200, json::serialize(model_object(model)));
  }
  return error_response(404, "model_not_found", "The model does not exist.");
}

int RealtimeService::problem_of(const HttpRequest& request, const RealtimeSettings& settings,
                                std::string& why) const {
  if (has(settings.faults, "upgrade")) {
    why = "fault on demand";
    return static_cast<int>(number_or(settings.faults, "upgrade", 503));
  }
  why = upgrade_problem(request);
  if (!why.empty()) return 400;
  if (request.path() != "/v1/realtime") {
    why = "no such path";
    return 404;
  }
  if (!key_accepted(request)) {
    why = "bad or missing key";
    return 401;
  }
  const Fields query = request.query();
  const bool is_call = first_of(query, "call_id") || first_of(query, "intent");
  if (is_call || !first_of(query, "model")) {
    why = "exactly a model is wanted";
    return 400;
  }
  return 0;
}

json::object RealtimeService::next_settings() {
  const std::lock_guard lock(mutex_);
  json::object settings = settings_;
  if (!next_.empty()) {
    merge(settings, next_.front());
    next_.pop_front();
  }
  return settings;
}

void RealtimeService::refuse(Connection& connection, int status, std::string_view why) {
  {
    const std::lock_guard lock(mutex_);
    refusals_.push_back({{"status", status}, {"why", value_of(why)}});
  }
  send_response(connection, error_response(status, "refused", why), false);
  connection.flush(Clock::now() + Milliseconds(2000));
  connection.shut();
}

void RealtimeService::handle_upgrade(Connection connection, const HttpRequest& request,
                                     std::string leftover) {
  const RealtimeSettings settings = RealtimeSettings::from(next_settings());
  sleep_until(Clock::now() + Milliseconds(number_or(settings.faults, "upgrade_delay_ms", 0)));
  std::string why;
  if (const int status = problem_of(request, settings, why)) return refuse(connection, status, why);

  auto session = std::make_shared<Session>();
  session->id = "sess_" + random_hex(12);
  session->scenario = settings.scenario.empty() ? default_scenario_ : settings.scenario;
  const std::string model = first_of(request.query(), "model").value_or("");
  session->record.set("model", value_of(model));
  if (request.headers.get("OpenAI-Beta") != "")
    session->record.violation("the header OpenAI-Beta asks for the old API");
  {
    const std::lock_guard lock(mutex_);
    sessions_.push_back(session);
  }
  send_response(connection, upgrade_response(request), true);
  play(*session, std::move(connection), std::move(leftover), model, settings);
}

void RealtimeService::play(Session& session, Connection connection, std::string leftover,
                           std::string model, const RealtimeSettings& settings) {
  const auto take_orders = [&session] {
    const std::lock_guard lock(session.mutex);
    return std::exchange(session.orders, {});
  };
  RealtimeSession talk(
      WebSocket(std::move(connection), WebSocket::Role::server, std::move(leftover), message_limit),
      {session.id, std::move(model), session.scenario}, settings, speech_, recogniser_,
      session.record, session.wakeup, take_orders);
  try {
    talk.run();
  } catch (const Stopping&) {
    session.record.set("closed_by", "stand-in");
  }
  const std::lock_guard lock(session.mutex);
  session.scenario = talk.dialogue().scenario();
  session.done = true;
}

void RealtimeService::add_next(const json::object& settings) {
  const RealtimeSettings checked = RealtimeSettings::from(settings);
  if (checked.pcmu != "obeyed") speech_.warm(24000);
  if (!checked.scenario.empty()) speech_.scenario(checked.scenario);
  const std::lock_guard lock(mutex_);
  json::object once = settings;
  once.erase("count");
  for (std::int64_t i = 0; i < number_or(settings, "count", 1); ++i) next_.push_back(once);
}

void RealtimeService::change_settings(const json::object& settings) {
  const RealtimeSettings checked = RealtimeSettings::from(settings);
  if (checked.pcmu != "obeyed") speech_.warm(24000);
  if (!checked.scenario.empty()) speech_.scenario(checked.scenario);
  const std::lock_guard lock(mutex_);
  for (const auto& [key, value] : settings) settings_[key] = value;
}

json::array RealtimeService::reports() const {
  std::vector<std::shared_ptr<Session>> sessions;
  {
    const std::lock_guard lock(mutex_);
    sessions = sessions_;
  }
  json::array result;
  for (const auto& session : sessions) result.push_back(session->report(false));
  return result;
}

json::array RealtimeService::refusals() const {
  const std::lock_guard lock(mutex_);
  return refusals_;
}

std::shared_ptr<RealtimeService::Session> RealtimeService::find(const std::string& id) const {
  const std::lock_guard lock(mutex_);
  const auto found = std::find_if(sessions_.begin(), sessions_.end(),
                                  [&](const auto& session) { return session->id == id; });
  return found == sessions_.end() ? nullptr : *found;
}

std::optional<json::object> RealtimeService::report(const std::string& id) const {
  const auto session = find(id);
  if (!session) return std::nullopt;
  return session->report(true);
}

std::optional<std::string> RealtimeService::wav(const std::string& id, bool received) const {
  const auto session = find(id);
  if (!session) return std::nullopt;
  return received ? session->record.received_wav() : session->record.sent_wav();
}

bool RealtimeService::order(const std::string& id, json::object order) {
  const auto session = find(id);
  if (!session) return false;
  {
    const std::lock_guard lock(session->mutex);
    session->orders.push_back(std::move(order));
  }
  session->wakeup.ring();
  return true;
}

}  // namespace tandem::standins
