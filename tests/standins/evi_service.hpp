// EVI as a listening party: upgrades, keys, refusals, the chats there were.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "evi_chat.hpp"
#include "server.hpp"

namespace tandem::standins {

class EviService {
 public:
  EviService(std::string api_key, json::object settings, std::string default_scenario,
             const SpeechData& speech);

  // Plain HTTP on EVI's port: configs, for a preflight check.
  HttpResponse handle_http(const HttpRequest& request);
  void handle_upgrade(Connection connection, const HttpRequest& request, std::string leftover);

  // Control API. The first two throw BadInput.
  void add_next(const json::object& settings);
  void change_settings(const json::object& settings);
  json::array reports() const;
  std::optional<json::object> report(const std::string& id) const;
  std::optional<std::string> wav(const std::string& id, bool received) const;
  bool order(const std::string& id, json::object order);
  json::array refusals() const;
  EviHistory& history() { return history_; }

 private:
  struct Chat {
    std::string id, group_id, scenario;
    EviRecord record;
    Wakeup wakeup;
    std::mutex mutex;
    json::array orders;
    bool done = false;
    json::object report(bool full);
  };
  struct Group {
    std::string scenario;
    std::size_t next_turn = 0;
  };

  bool key_accepted(const HttpRequest& request) const;
  json::object next_settings();
  EviOpening opening_for(const HttpRequest& request, const EviSettings& settings);
  std::string scenario_for(const EviSettings& settings, const json::object& session) const;
  void refuse(Connection& connection, int status, std::string_view why);
  std::shared_ptr<Chat> find(const std::string& id) const;
  std::vector<EviChatHistory> histories() const;

  const std::string api_key_;
  const std::string default_scenario_;
  const SpeechData& speech_;
  const Recogniser recogniser_;

  mutable std::mutex mutex_;
  json::object settings_;
  std::deque<json::object> next_;
  std::vector<std::shared_ptr<Chat>> chats_;
  std::map<std::string, Group> groups_;
  json::array refusals_;
  EviHistory history_;
};

}  // namespace tandem::standins
