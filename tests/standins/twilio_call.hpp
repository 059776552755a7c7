// One telephone call on Twilio's side: ringing, TwiML, the media stream, status callbacks, the end.
// Its thread runs run(); every other public member may be called from any thread.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "call_log.hpp"
#include "call_signals.hpp"
#include "caller.hpp"
#include "twilio_stream.hpp"
#include "twiml.hpp"
#include "webhook.hpp"

namespace tandem::standins {

struct TwilioAccount {
  std::string sid, auth_token, api_key, api_secret, phone_number;
  double say_speed = 1;
  double calls_per_second = 0;
};

// What is asked of a call. Times and outcomes of the far end stand in `behaviour` (README.md, `PUT
// /twilio/destinations` and the body of `POST /calls`).
struct CallPlan {
  std::string sid, direction, from, to;
  std::string url, method = "POST", twiml, fallback_url, fallback_method = "POST";
  std::string status_url, status_method = "POST";
  std::vector<std::string> status_events;
  std::string machine_detection, amd_url;
  bool async_amd = false;
  std::int64_t ring_timeout_s = 60;
  std::int64_t time_limit_s = 4 * 3600;
  TimePoint place_at{};  // outbound: when the rate limit lets it out
  json::object behaviour;
  json::array caller_steps;
  Fields replaced_parameters;  // of `stream.parameters_from`
};

class TwilioCall {
 public:
  TwilioCall(const TwilioAccount& account, const PublicWeb& web, const SpeechData& speech,
             CallPlan plan, json::object destinations);
  ~TwilioCall();

  void start();
  void join();

  const std::string& sid() const { return plan_.sid; }
  const CallPlan& plan() const { return plan_; }
  CallSignals& signals() { return signals_; }
  CallLog& log() { return log_; }
  std::string status() const;
  bool done() const { return done_; }
  json::object resource() const;  // the REST Call object
  json::object report(bool full) const;
  bool wait_done(TimePoint until) const;
  Fields custom_parameters() const;
  std::string captured_upgrade(std::string& url) const;

 private:
  struct Document {
    TwimlDocument twiml;
    std::string base;  // empty: given inline
  };
  enum class Flow { next, jump, over };

  void run();
  bool ring();
  Flow detect_machine();
  std::string answered_by() const;
  void converse();
  Flow run_document();
  Flow run_verb(const TwimlElement& verb);
  Flow say(const TwimlElement& verb);
  Flow dial(const TwimlElement& verb);
  void whisper(const std::string& url, const std::string& number);
  Flow connect(const TwimlElement& verb);
  Flow follow_stream(const StreamOutcome& outcome, const TwimlElement& stream);
  Flow action(const TwimlElement& verb, const Fields& extra);
  Flow load(const std::string& url, const std::string& method, const Fields& extra);
  Flow load_inline(const std::string& twiml);
  Flow judge(const WebhookAnswer& answer, json::object& record);
  Flow fail_document(int code, const std::string& reason, const std::string& url);
  Flow pause(std::chrono::milliseconds length);
  Flow obey();
  Flow over(std::string_view by);
  void answer();

  void set_status(const std::string& status);
  void notify(const std::string& event, const std::string& status);
  void post_later(const std::string& url, const std::string& method, Fields fields,
                  std::string event);
  void notify_stream(const TwimlElement& stream, const std::string& stream_sid,
                     std::string_view event, const std::string& reason);
  Fields standard_fields() const;
  void finish(const std::string& status);
  StreamRequest stream_request(const TwimlElement& stream) const;

  const TwilioAccount& account_;
  const PublicWeb& web_;
  const SpeechData& speech_;
  const CallPlan plan_;
  const json::object destinations_;

  CallLog log_;
  CallSignals signals_;
  Caller caller_;
  Document document_;
  bool answered_ = false;
  bool falling_back_ = false;
  std::string ended_by_;
  TimePoint hang_up_at_ = TimePoint::max();
  TimePoint time_limit_at_ = TimePoint::max();
  TimePoint answered_at_{};
  int next_sequence_ = 0;
  std::atomic<bool> done_ = false;

  mutable std::mutex mutex_;  // for what other threads read
  std::string status_;
  std::string captured_, captured_url_;
  Fields parameters_;
  std::string created_, start_time_, end_time_;
  std::int64_t duration_s_ = -1;
  mutable Wakeup over_;
  std::vector<std::thread> couriers_;
  std::thread thread_;
};

std::string rfc2822_now();

}  // namespace tandem::standins
