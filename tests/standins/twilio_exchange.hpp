// Everything Twilio keeps for one account: its calls, what happens at which number, the rate limit,
// the faults to come.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "twilio_call.hpp"

namespace tandem::standins {

class TwilioExchange {
 public:
  TwilioExchange(TwilioAccount account, std::vector<Route> routes,
                 std::shared_ptr<TlsContext> trust, const SpeechData& speech);
  ~TwilioExchange();  // the program must be stopping

  // REST, http(s)://…/2010-04-01/…; nullopt: drop the connection.
  std::optional<HttpResponse> handle_rest(const HttpRequest& request);

  // Control API.
  json::object start_inbound(const json::object& body);
  std::shared_ptr<TwilioCall> find(const std::string& sid) const;  // nullptr
  json::array reports() const;
  void set_destination(json::object behaviour);
  void add_faults(const json::object& fault);
  json::array requests() const;
  int replay_upgrade(TwilioCall& call) const;
  int try_handshake(const json::object& body) const;
  void check_steps(const json::array& steps) const { Caller(speech_, steps); }

 private:
  struct Verdict;
  HttpResponse route(const HttpRequest& request, json::object& record);
  HttpResponse create(const Fields& params, json::object& record);
  HttpResponse update(TwilioCall& call, const Fields& params);
  HttpResponse list(const Fields& query) const;
  bool authorized(const HttpRequest& request, json::object& record) const;
  // The next fault ordered for such requests; `act` does what was asked.
  std::optional<HttpResponse> apply_fault(std::string_view of, bool& drop,
                                          const std::function<void()>& act);
  CallPlan plan_from(const Fields& params);
  void place(CallPlan plan, json::object behaviour);
  json::object destination(const std::string& number) const;
  json::array steps_of(const json::object& behaviour) const;

  const TwilioAccount account_;
  const PublicWeb web_;
  const SpeechData& speech_;

  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<TwilioCall>> calls_;
  std::vector<std::string> order_;
  json::object destinations_;
  std::deque<json::object> faults_;
  json::array requests_;
  TimePoint next_slot_{};
};

}  // namespace tandem::standins
