#include "gemini_live_service.hpp"

#include <algorithm>
#include <set>

#include "encoding.hpp"

namespace tandem::standins {

namespace {

constexpr std::size_t message_limit = 16 << 20;

// The official client writes two slashes in front, and Google takes them.
bool is_live_path(std::string_view path) {
  if (path.starts_with("//")) path.remove_prefix(1);
  static const std::set<std::string, std::less<>> paths = [] {
    std::set<std::string, std::less<>> known;
    for (const std::string version : {"v1", "v1beta", "v1alpha"}) {
      for (const std::string method : {"BidiGenerateContent", "BidiGenerateContentConstrained"}) {
        known.insert("/ws/google.ai.generativelanguage." + version + ".GenerativeService." +
                     method);
      }
    }
    return known;
  }();
  return paths.contains(path);
}

}  // namespace

GeminiLiveService::GeminiLiveService(std::string api_key, std::string default_scenario,
                                     const SpeechData& speech)
    : api_key_(std::move(api_key)),
      default_scenario_(std::move(default_scenario)),
      speech_(speech),
      recogniser_(speech) {
  speech_.warm(live_rate);
}

json::object GeminiLiveService::Session::report(bool full) {
  json::object report{{"id", id}};
  merge(report, record.report(full));
  const std::lock_guard lock(mutex);
  report["scenario"] = json::value(json::string_view(scenario));
  report["done"] = done;
  return report;
}

json::object GeminiLiveService::next_settings() {
  const std::lock_guard lock(mutex_);
  json::object settings = settings_;
  if (!next_.empty()) {
    merge(settings, next_.front());
    next_.pop_front();
  }
  return settings;
}

// Google looks at the key only after the upgrade: what is wrong with it becomes a close.
LiveOpening GeminiLiveService::opening_for(const HttpRequest& request, const LiveSettings& settings,
                                           EviRecord& record) const {
  LiveOpening opening;
  opening.id = random_uuid();
  opening.scenario = settings.scenario.empty() ? default_scenario_ : settings.scenario;
  std::string key(request.headers.get("x-goog-api-key"));
  if (const auto in_url = first_of(request.query(), "key")) {
    record.violation("the key is in the URL");
    if (key.empty()) key = *in_url;
  }
  if (key.empty()) {
    opening.refusal = LiveRefusal{1008,
                                  "Method doesn't allow unregistered callers (callers without "
                                  "established identity). Please use API Key or other form of "
                                  "API consumer identity to call this API."};
  } else if (!api_key_.empty() && key != api_key_) {
    opening.refusal = LiveRefusal{1007, "API key not valid. Please pass a valid API key."};
  }
  return opening;
}

void GeminiLiveService::refuse(Connection& connection, int status, std::string_view why) {
  {
    const std::lock_guard lock(mutex_);
    refusals_.push_back({{"status", status}, {"why", why}});
  }
  send_response(connection, json_response(status, json::serialize(json::object{{"message", why}})),
                false);
  connection.flush(Clock::now() + Milliseconds(2000));
  connection.shut();
}

void GeminiLiveService::handle_upgrade(Connection connection, const HttpRequest& request,
                                       std::string leftover) {
  LiveSettings settings = LiveSettings::from(next_settings());
  sleep_until(Clock::now() + Milliseconds(number_or(settings.faults, "upgrade_delay_ms", 0)));
  if (has(settings.faults, "upgrade")) {
    return refuse(connection, static_cast<int>(number_or(settings.faults, "upgrade", 503)),
                  "fault on demand");
  }
  const std::string problem = upgrade_problem(request);
  if (!problem.empty()) return refuse(connection, 400, problem);
  if (!is_live_path(request.path())) return refuse(connection, 404, "no such path");

  auto session = std::make_shared<Session>();
  LiveOpening opening = opening_for(request, settings, session->record);
  session->id = opening.id;
  session->scenario = opening.scenario;
  {
    const std::lock_guard lock(mutex_);
    sessions_.push_back(session);
  }
  send_response(connection, upgrade_response(request), true);
  play(*session, std::move(connection), std::move(leftover), std::move(opening),
       std::move(settings));
}

void GeminiLiveService::play(Session& session, Connection connection, std::string leftover,
                             LiveOpening opening, LiveSettings settings) {
  const auto take_orders = [&session] {
    const std::lock_guard lock(session.mutex);
    return std::exchange(session.orders, {});
  };
  LiveSession talk(
      WebSocket(std::move(connection), WebSocket::Role::server, std::move(leftover), message_limit),
      std::move(opening), std::move(settings), speech_, recogniser_, handles_, session.record,
      session.wakeup, take_orders);
  try {
    talk.run();
  } catch (const Stopping&) {
    session.record.set("closed_by", "stand-in");
  }
  const std::lock_guard lock(session.mutex);
  session.scenario = talk.dialogue().scenario();
  session.done = true;
}

void GeminiLiveService::add_next(const json::object& settings) {
  LiveSettings::from(settings);
  if (has(settings, "scenario")) speech_.scenario(text_or(settings, "scenario", ""));
  const std::lock_guard lock(mutex_);
  json::object once = settings;
  once.erase("count");
  for (std::int64_t i = 0; i < number_or(settings, "count", 1); ++i) next_.push_back(once);
}

void GeminiLiveService::change_settings(const json::object& settings) {
  LiveSettings::from(settings);
  if (has(settings, "scenario")) speech_.scenario(text_or(settings, "scenario", ""));
  const std::lock_guard lock(mutex_);
  for (const auto& [key, value] : settings) settings_[key] = value;
}

json::array GeminiLiveService::reports() const {
  std::vector<std::shared_ptr<Session>> sessions;
  {
    const std::lock_guard lock(mutex_);
    sessions = sessions_;
  }
  json::array result;
  for (const auto& session : sessions) result.push_back(session->report(false));
  return result;
}

json::array GeminiLiveService::refusals() const {
  const std::lock_guard lock(mutex_);
  return refusals_;
}

std::shared_ptr<GeminiLiveService::Session> GeminiLiveService::find(const std::string& id) const {
  const std::lock_guard lock(mutex_);
  const auto found = std::find_if(sessions_.begin(), sessions_.end(),
                                  [&](const auto& session) { return session->id == id; });
  return found == sessions_.end() ? nullptr : *found;
}

std::optional<json::object> GeminiLiveService::report(const std::string& id) const {
  const auto session = find(id);
  if (!session) return std::nullopt;
  return session->report(true);
}

std::optional<std::string> GeminiLiveService::wav(const std::string& id, bool received) const {
  const auto session = find(id);
  if (!session) return std::nullopt;
  return received ? session->record.received_wav() : session->record.sent_wav();
}

bool GeminiLiveService::order(const std::string& id, json::object order) {
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
