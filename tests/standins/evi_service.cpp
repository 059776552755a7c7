#include "evi_service.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tandem::standins {

namespace {

constexpr std::size_t message_limit = 16 << 20;

json::object config_object(const std::string& id) {
  return {{"id", id},
          {"version", 0},
          {"name", "stand-in"},
          {"evi_version", "3"},
          {"created_on", 1764547200000},
          {"modified_on", 1764547200000},
          {"builtin_tools",
           {{{"name", "hang_up"}, {"tool_type", "BUILTIN"}, {"fallback_content", nullptr}}}},
          {"event_messages", {{"on_new_chat", {{"enabled", true}, {"text", nullptr}}}}},
          {"timeouts",
           {{"inactivity", {{"enabled", true}, {"duration_secs", 120}}},
            {"max_duration", {{"enabled", true}, {"duration_secs", 1800}}}}},
          {"turn_detection", {{"end_of_turn_silence_ms", 800}}},
          {"interruption", {{"min_interruption_ms", 800}}}};
}

}  // namespace

EviService::EviService(std::string api_key, json::object settings, std::string default_scenario,
                       const SpeechData& speech)
    : api_key_(std::move(api_key)),
      default_scenario_(std::move(default_scenario)),
      speech_(speech),
      recogniser_(speech),
      settings_(std::move(settings)) {
  speech_.warm(EviSettings::from(settings_).rate);
  speech_.scenario(default_scenario_);
}

json::object EviService::Chat::report(bool full) {
  json::object report{{"id", id}, {"chat_group_id", group_id}};
  merge(report, record.report(full));
  const std::lock_guard lock(mutex);
  report["scenario"] = json::value(json::string_view(scenario));
  report["done"] = done;
  return report;
}

bool EviService::key_accepted(const HttpRequest& request) const {
  const Fields query = request.query();
  std::string key(request.headers.get("X-Hume-Api-Key"));
  const std::string_view bearer = request.headers.get("Authorization");
  if (key.empty()) key = first_of(query, "api_key").value_or("");
  if (key.empty()) key = first_of(query, "access_token").value_or("");
  if (key.empty() && bearer.starts_with("Bearer ")) key = bearer.substr(7);
  return !key.empty() && (api_key_.empty() || key == api_key_);
}

HttpResponse EviService::handle_http(const HttpRequest& request) {
  constexpr std::string_view configs = "/v0/evi/configs/";
  if (!key_accepted(request))
    return json_response(401, R"({"error":"unauthorized","message":"bad key"})");
  std::string path(request.path());
  if (EviHistory::owns(path)) return history_.answer(request, histories());
  if (request.method != "GET" || !path.starts_with(configs))
    return json_response(404, R"({"message":"not found"})");
  path = path.substr(configs.size());
  const std::size_t slash = path.find('/');
  if (slash != std::string::npos)
    return json_response(200, json::serialize(config_object(path.substr(0, slash))));
  return json_response(200, json::serialize(json::object{{"page_number", 0},
                                                         {"page_size", 1},
                                                         {"total_pages", 1},
                                                         {"configs_page", {config_object(path)}}}));
}

// Chats that never were usable have no history.
std::vector<EviChatHistory> EviService::histories() const {
  const std::lock_guard lock(mutex_);
  std::vector<EviChatHistory> histories;
  for (const auto& chat : chats_) {
    auto history = chat->record.history(chat->id, chat->group_id);
    if (!history.events.empty()) histories.push_back(std::move(history));
  }
  return histories;
}

json::object EviService::next_settings() {
  const std::lock_guard lock(mutex_);
  json::object settings = settings_;
  if (!next_.empty()) {
    merge(settings, next_.front());
    next_.pop_front();
  }
  return settings;
}

std::string EviService::scenario_for(const EviSettings& settings,
                                     const json::object& session) const {
  if (!settings.scenario.empty()) return settings.scenario;
  const std::string wanted = text_or(session, "custom_session_id", "");
  return speech_.scenarios().contains(wanted) ? wanted : default_scenario_;
}

EviOpening EviService::opening_for(const HttpRequest& request, const EviSettings& settings) {
  const Fields query = request.query();
  EviOpening opening;
  opening.chat_id = random_uuid();
  opening.session_settings = settings_of_query(query);
  opening.verbose_transcription =
      first_of(query, "verbose_transcription").value_or("false") == "true";
  opening.scenario = scenario_for(settings, opening.session_settings);
  opening.group_id = first_of(query, "resumed_chat_group_id").value_or("");
  const std::lock_guard lock(mutex_);
  if (opening.group_id.empty()) {
    opening.group_id = random_uuid();
  } else if (const auto group = groups_.find(opening.group_id); group != groups_.end()) {
    opening.resumed = true;
    opening.scenario = group->second.scenario;
    opening.next_turn = group->second.next_turn;
  } else {
    opening.unknown_group = true;
  }
  groups_[opening.group_id] = {opening.scenario, opening.next_turn};
  return opening;
}

void EviService::refuse(Connection& connection, int status, std::string_view why) {
  {
    const std::lock_guard lock(mutex_);
    refusals_.push_back({{"status", status}, {"why", why}});
  }
  send_response(connection, json_response(status, json::serialize(json::object{{"message", why}})),
                false);
  connection.flush(Clock::now() + Milliseconds(2000));
  connection.shut();
}

void EviService::handle_upgrade(Connection connection, const HttpRequest& request,
                                std::string leftover) {
  const EviSettings settings = EviSettings::from(next_settings());
  sleep_until(Clock::now() + Milliseconds(number_or(settings.faults, "upgrade_delay_ms", 0)));
  if (has(settings.faults, "upgrade")) {
    return refuse(connection, static_cast<int>(number_or(settings.faults, "upgrade", 503)),
                  "fault on demand");
  }
  const std::string problem = upgrade_problem(request);
  if (!problem.empty()) return refuse(connection, 400, problem);
  if (request.path() != "/v0/evi/chat") return refuse(connection, 404, "no such path");
  if (!key_accepted(request)) return refuse(connection, 401, "bad or missing key");

  EviOpening opening = opening_for(request, settings);
  auto chat = std::make_shared<Chat>();
  chat->id = opening.chat_id;
  chat->group_id = opening.group_id;
  chat->scenario = opening.scenario;
  {
    const std::lock_guard lock(mutex_);
    chats_.push_back(chat);
  }
  if (first_of(request.query(), "api_key")) chat->record.violation("the key is in the URL");
  chat->record.set("resumed", opening.resumed);
  chat->record.set("verbose_transcription", opening.verbose_transcription);
  send_response(connection, upgrade_response(request), true);
  const auto take_orders = [chat] {
    const std::lock_guard lock(chat->mutex);
    return std::exchange(chat->orders, {});
  };
  EviChat talk(
      WebSocket(std::move(connection), WebSocket::Role::server, std::move(leftover), message_limit),
      std::move(opening), settings, speech_, recogniser_, chat->record, chat->wakeup, take_orders);
  try {
    talk.run();
  } catch (const Stopping&) {
    chat->record.set("closed_by", "stand-in");
  }
  {
    const std::lock_guard lock(mutex_);
    groups_[chat->group_id] = {talk.dialogue().scenario(), talk.dialogue().next_turn()};
  }
  const std::lock_guard lock(chat->mutex);
  chat->scenario = talk.dialogue().scenario();
  chat->done = true;
}

void EviService::add_next(const json::object& settings) {
  speech_.warm(EviSettings::from(settings).rate);
  if (has(settings, "scenario")) speech_.scenario(text_or(settings, "scenario", ""));
  const std::lock_guard lock(mutex_);
  json::object once = settings;
  once.erase("count");
  for (std::int64_t i = 0; i < number_or(settings, "count", 1); ++i) next_.push_back(once);
}

void EviService::change_settings(const json::object& settings) {
  speech_.warm(EviSettings::from(settings).rate);
  if (has(settings, "scenario")) speech_.scenario(text_or(settings, "scenario", ""));
  const std::lock_guard lock(mutex_);
  for (const auto& [key, value] : settings) settings_[key] = value;
}

json::array EviService::reports() const {
  std::vector<std::shared_ptr<Chat>> chats;
  {
    const std::lock_guard lock(mutex_);
    chats = chats_;
  }
  json::array result;
  for (const auto& chat : chats) result.push_back(chat->report(false));
  return result;
}

std::shared_ptr<EviService::Chat> EviService::find(const std::string& id) const {
  const std::lock_guard lock(mutex_);
  const auto found =
      std::find_if(chats_.begin(), chats_.end(), [&](const auto& chat) { return chat->id == id; });
  return found == chats_.end() ? nullptr : *found;
}

std::optional<json::object> EviService::report(const std::string& id) const {
  const auto chat = find(id);
  if (!chat) return std::nullopt;
  return chat->report(true);
}

std::optional<std::string> EviService::wav(const std::string& id, bool received) const {
  const auto chat = find(id);
  if (!chat) return std::nullopt;
  return received ? chat->record.received_wav() : chat->record.sent_wav();
}

bool EviService::order(const std::string& id, json::object order) {
  const auto chat = find(id);
  if (!chat) return false;
  {
    const std::lock_guard lock(chat->mutex);
    chat->orders.push_back(std::move(order));
  }
  chat->wakeup.ring();
  return true;
}

json::array EviService::refusals() const {
  const std::lock_guard lock(mutex_);
  return refusals_;
}

}  // namespace tandem::standins
