#include "twilio_call.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <ctime>

namespace tandem::standins {

namespace {

bool is_final(std::string_view status) {
  return status == "completed" || status == "busy" || status == "failed" || status == "no-answer" ||
         status == "canceled";
}

}  // namespace

std::string rfc2822_now() {
  return fmt::format("{:%a, %d %b %Y %H:%M:%S} +0000", fmt::gmtime(std::time(nullptr)));
}

TwilioCall::TwilioCall(const TwilioAccount& account, const PublicWeb& web, const SpeechData& speech,
                       CallPlan plan, json::object destinations)
    : account_(account),
      web_(web),
      speech_(speech),
      plan_(std::move(plan)),
      destinations_(std::move(destinations)),
      caller_(speech_, plan_.caller_steps),
      status_(plan_.direction == "inbound" ? "ringing" : "queued"),
      created_(rfc2822_now()) {}

TwilioCall::~TwilioCall() { join(); }

void TwilioCall::start() {
  thread_ = std::thread([this] { run(); });
}

void TwilioCall::join() {
  if (thread_.joinable()) thread_.join();
}

void TwilioCall::run() {
  std::string final_status = "completed";
  try {
    if (plan_.direction == "inbound") {
      converse();
    } else if (ring()) {
      converse();
    } else {
      final_status = status();
    }
    if (!answered_ && final_status == "completed") final_status = status();
    if (!is_final(final_status)) final_status = ended_by_ == "rest" ? "canceled" : "no-answer";
    finish(final_status);
  } catch (const Stopping&) {
    ended_by_ = "stand-in";
  } catch (const std::exception& error) {
    log_.violation(fmt::format("the stand-in failed: {}", error.what()));
  }
  for (std::thread& courier : couriers_) courier.join();
  done_ = true;
  over_.ring();
}

bool TwilioCall::ring() {
  if (pause(std::chrono::duration_cast<Milliseconds>(plan_.place_at - Clock::now())) == Flow::over)
    return false;
  notify("initiated", "initiated");
  const std::int64_t ring_ms = number_or(plan_.behaviour, "ring_ms", 1500);
  const std::string outcome = text_or(plan_.behaviour, "outcome", "answer");
  if (pause(Milliseconds(std::min<std::int64_t>(ring_ms / 4, 500))) == Flow::over) return false;
  if (outcome == "failed") return set_status("failed"), false;
  set_status("ringing");
  notify("ringing", "ringing");
  const std::int64_t limit_ms = plan_.ring_timeout_s * 1000;
  if (pause(Milliseconds(std::min(ring_ms, limit_ms))) == Flow::over) return false;
  if (outcome == "busy") return set_status("busy"), false;
  if (outcome != "answer" || ring_ms > limit_ms) return set_status("no-answer"), false;
  answer();
  return detect_machine() != Flow::over;
}

/// What the detection that was asked for can say of this machine: only DetectMessageEnd waits for
/// the end of its greeting, and it says nothing before.
std::string TwilioCall::answered_by() const {
  std::string word = text_or(plan_.behaviour, "answered_by", "human");
  const bool hears_out = plan_.machine_detection == "DetectMessageEnd";
  if (!word.starts_with("machine_") || hears_out == word.starts_with("machine_end_")) return word;
  return hears_out ? "machine_end_beep" : "machine_start";
}

TwilioCall::Flow TwilioCall::detect_machine() {
  if (plan_.machine_detection.empty()) return Flow::next;
  const std::int64_t delay_ms = number_or(plan_.behaviour, "amd_ms", 3000);
  if (!plan_.async_amd) return pause(Milliseconds(delay_ms));
  if (plan_.amd_url.empty()) return log_.warn(21262, "async AMD without a callback"), Flow::next;
  Fields fields{{"CallSid", plan_.sid},
                {"AccountSid", account_.sid},
                {"AnsweredBy", answered_by()},
                {"MachineDetectionDuration", std::to_string(delay_ms)}};
  couriers_.emplace_back([this, fields, delay_ms] {
    try {
      sleep_until(Clock::now() + Milliseconds(delay_ms));
      post_later(plan_.amd_url, "POST", fields, "amd");
    } catch (const Stopping&) {
      return;
    }
  });
  return Flow::next;
}

void TwilioCall::answer() {
  if (answered_) return;
  answered_ = true;
  answered_at_ = Clock::now();
  time_limit_at_ = answered_at_ + std::chrono::seconds(plan_.time_limit_s);
  if (has(plan_.behaviour, "hangup_after_ms")) {
    hang_up_at_ = answered_at_ + Milliseconds(number_or(plan_.behaviour, "hangup_after_ms", 0));
  }
  {
    const std::lock_guard lock(mutex_);
    start_time_ = rfc2822_now();
  }
  log_.set("answered_ms", log_.now_ms());
  set_status("in-progress");
  notify("answered", "in-progress");
}

TwilioCall::Flow TwilioCall::over(std::string_view by) {
  if (ended_by_.empty()) ended_by_ = by;
  return Flow::over;
}

// What others want from the call by now.
TwilioCall::Flow TwilioCall::obey() {
  switch (signals_.wish()) {
    case CallSignals::Wish::caller_hangs_up:
      return over("caller");
    case CallSignals::Wish::complete:
      return over("rest");
    case CallSignals::Wish::cancel:
      return set_status("canceled"), over("rest");
    case CallSignals::Wish::redirect: {
      const CallSignals::NewDocument wanted = signals_.take_redirect();
      log_.event("redirected", {{"url", wanted.url}});
      return wanted.twiml.empty() ? load(wanted.url, wanted.method, {}) : load_inline(wanted.twiml);
    }
    case CallSignals::Wish::none:
      break;
  }
  if (Clock::now() >= hang_up_at_) return over("caller");
  if (Clock::now() >= time_limit_at_)
    return log_.warn(32015, "maximum call duration reached", true), over("time_limit");
  return Flow::next;
}

TwilioCall::Flow TwilioCall::pause(std::chrono::milliseconds length) {
  const TimePoint until = Clock::now() + length;
  while (true) {
    if (const Flow flow = obey(); flow != Flow::next) return flow;
    if (Clock::now() >= until) return Flow::next;
    signals_.wakeup().wait(std::min({until, hang_up_at_, time_limit_at_}));
  }
}

void TwilioCall::set_status(const std::string& status) {
  {
    const std::lock_guard lock(mutex_);
    status_ = status;
  }
  log_.event("status", {{"status", status}});
}

std::string TwilioCall::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

void TwilioCall::finish(const std::string& status) {
  set_status(status);
  {
    const std::lock_guard lock(mutex_);
    end_time_ = rfc2822_now();
    const double seconds =
        answered_ ? std::chrono::duration<double>(Clock::now() - answered_at_).count() : 0.0;
    duration_s_ = static_cast<std::int64_t>(std::ceil(seconds));
  }
  log_.set("ended_by",
           json::value(json::string_view(ended_by_.empty() ? "bridge" : ended_by_.c_str())));
  log_.set("duration_ms", log_.now_ms());
  notify("completed", status);
  const std::string folder = text_or(plan_.behaviour, "recording_dir", "");
  if (folder.empty()) return;
  write_file(fmt::format("{}/{}.heard.wav", folder, plan_.sid),
             wav_file(ulaw_decode(log_.heard()), 8000));
  write_file(fmt::format("{}/{}.caller.wav", folder, plan_.sid),
             wav_file(ulaw_decode(log_.sent()), 8000));
}

bool TwilioCall::wait_done(TimePoint until) const {
  while (!done_ && Clock::now() < until) {
    // Several may wait and one clears the bell: so never for long.
    over_.wait(std::min(until, Clock::now() + Milliseconds(100)));
  }
  return done_;
}

Fields TwilioCall::custom_parameters() const {
  const std::lock_guard lock(mutex_);
  return parameters_;
}

std::string TwilioCall::captured_upgrade(std::string& url) const {
  const std::lock_guard lock(mutex_);
  url = captured_url_;
  return captured_;
}

json::object TwilioCall::report(bool full) const {
  json::object report{
      {"sid", plan_.sid},       {"direction", plan_.direction}, {"from", plan_.from},
      {"to", plan_.to},         {"status", status()},           {"done", done_.load()},
      {"answered_ms", nullptr}, {"ended_by", nullptr},          {"error", nullptr}};
  merge(report, log_.report(full));
  return report;
}

json::object TwilioCall::resource() const {
  const std::lock_guard lock(mutex_);
  const std::string uri =
      fmt::format("/2010-04-01/Accounts/{}/Calls/{}.json", account_.sid, plan_.sid);
  const auto text_or_null = [](const std::string& text) -> json::value {
    if (text.empty()) return nullptr;
    return json::value(text);
  };
  const json::value duration =
      duration_s_ < 0 ? json::value(nullptr) : json::value(std::to_string(duration_s_));
  const json::value who =
      plan_.machine_detection.empty() ? json::value(nullptr) : json::value(answered_by());
  return {{"sid", plan_.sid},
          {"account_sid", account_.sid},
          {"api_version", "2010-04-01"},
          {"answered_by", who},
          {"caller_name", nullptr},
          {"date_created", created_},
          {"date_updated", created_},
          {"direction", plan_.direction},
          {"duration", duration},
          {"end_time", text_or_null(end_time_)},
          {"forwarded_from", nullptr},
          {"from", plan_.from},
          {"from_formatted", plan_.from},
          {"group_sid", nullptr},
          {"parent_call_sid", nullptr},
          {"phone_number_sid", "PN" + std::string(32, '0')},
          {"price", nullptr},
          {"price_unit", "USD"},
          {"queue_time", "0"},
          {"start_time", text_or_null(start_time_)},
          {"status", status_},
          {"subresource_uris", {{"events", uri.substr(0, uri.size() - 5) + "/Events.json"}}},
          {"to", plan_.to},
          {"to_formatted", plan_.to},
          {"trunk_sid", nullptr},
          {"uri", uri}};
}

}  // namespace tandem::standins
