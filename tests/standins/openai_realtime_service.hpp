// OpenAI Realtime as a listening party: who may connect, which session plays what, and what became
// of each. Safe from any thread.
#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "http.hpp"
#include "openai_realtime_session.hpp"

namespace tandem::standins {

class RealtimeService {
 public:
  RealtimeService(std::string api_key, std::string default_scenario, const SpeechData& speech);

  // Plain HTTP on the same port: the models, for a preflight check.
  HttpResponse handle_http(const HttpRequest& request) const;
  // Takes over the connection; returns when it is over.
  void handle_upgrade(Connection connection, const HttpRequest& request, std::string leftover);

  // Control API. The first two throw BadInput.
  void add_next(const json::object& settings);
  void change_settings(const json::object& settings);
  json::array reports() const;
  json::array refusals() const;
  // nullopt / false: no such session.
  std::optional<json::object> report(const std::string& id) const;
  std::optional<std::string> wav(const std::string& id, bool received) const;
  bool order(const std::string& id, json::object order);

 private:
  struct Session {
    std::string id;
    EviRecord record;
    Wakeup wakeup;
    std::mutex mutex;
    json::array orders;
    std::string scenario;
    bool done = false;
    json::object report(bool full);
  };

  bool key_accepted(const HttpRequest& request) const;
  // 0, or the status of the refusal with its reason.
  int problem_of(const HttpRequest& request, const RealtimeSettings& settings,
                 std::string& why) const;
  json::object next_settings();
  void refuse(Connection& connection, int status, std::string_view why);
  void play(Session& session, Connection connection, std::string leftover, std::string model,
            const RealtimeSettings& settings);
  std::shared_ptr<Session> find(const std::string& id) const;

  const std::string api_key_;
  const std::string default_scenario_;
  const SpeechData& speech_;
  const Recogniser recogniser_;

  mutable std::mutex mutex_;
  json::object settings_;
  std::deque<json::object> next_;
  std::vector<std::shared_ptr<Session>> sessions_;
  json::array refusals_;
};

}  // namespace tandem::standins
