// Runs one call::Call on a virtual clock and keeps what came out, so that a test reads as a script.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "bridge/call/call.hpp"
#include "tests/simulation/line_carrier.hpp"
#include "tests/simulation/line_voice.hpp"

namespace tandem::call::test {

using namespace std::chrono_literals;

class CallScript {
 public:
  explicit CallScript(std::chrono::seconds time_limit = 3600s)
      : CallScript(with_limit(time_limit)) {}
  explicit CallScript(CallSettings settings, std::vector<VoiceCapabilities> providers = {})
      : call_(make(std::move(settings), std::move(providers))) {
    drain();
  }

  /// Lets virtual time pass, firing every deadline on its way.
  void pass(core::Duration duration) {
    const auto until = now_ + duration;
    for (auto next = call_.deadline(); next && *next <= until; next = call_.deadline()) {
      now_ = std::max(now_ + 1us, *next);
      input(TimerFired{});
    }
    now_ = std::max(now_, until);
  }
  void input(const Input& event) {
    call_.handle(event, Moment{now_, voice_outbox_bytes, carrier_outbox_bytes});
    drain();
  }
  void carrier(std::string_view line) { input(CarrierText{line}); }
  void voice(std::string_view line) { input(VoiceMessage{line}); }
  void open_stream() {
    input(CarrierOpened{"TOKEN-1"});
    carrier("connected");
    carrier("start CALL-1 TOKEN-1 ACCOUNT-1");
  }
  void ready() {
    input(VoiceOpened{});
    voice("ready chat-1");
  }
  /// 20 ms of caller audio and the time it takes; silence unless a value is given.
  void speak(int frames, int value = 0xFF) {
    for (int i = 0; i < frames; ++i) {
      pass(20ms);
      carrier(fmt::format("media {} {} 160 {}", ++sequence_, timestamp_, value));
      timestamp_ += 20;
    }
  }
  void talking() {
    open_stream();
    ready();
  }

  [[nodiscard]] long sent(Leg leg, std::string_view prefix) const {
    return std::count_if(sends_.begin(), sends_.end(), [&](const Send& send) {
      return send.leg == leg && std::string_view(send.text).starts_with(prefix);
    });
  }
  [[nodiscard]] std::int64_t agent_bytes_sent() const {
    std::int64_t bytes = 0;
    for (const auto& send : sends_) {
      if (send.leg == Leg::carrier && send.text.starts_with("media "))
        bytes += std::stoll(send.text.substr(6));
    }
    return bytes;
  }
  template <class Body>
  [[nodiscard]] std::vector<Body> records() const {
    std::vector<Body> found;
    for (const auto& record : records_) {
      if (const auto* body = std::get_if<Body>(&record.body)) found.push_back(*body);
    }
    return found;
  }
  [[nodiscard]] long events(std::string_view type) const {
    const auto all = records<core::CallEvent>();
    return std::count_if(all.begin(), all.end(),
                         [&](const core::CallEvent& event) { return event.type == type; });
  }
  /// The JSON of the only event of this type; empty when there is none, or more than one.
  [[nodiscard]] std::string event(std::string_view type) const {
    std::string json;
    if (events(type) != 1) return json;
    for (const auto& event : records<core::CallEvent>()) {
      if (event.type == type) json = event.json;
    }
    return json;
  }
  [[nodiscard]] core::CallEnded ending() const {
    const auto all = records<core::CallEnded>();
    return all.size() == 1 ? all[0] : core::CallEnded{};
  }

  Call& call() { return call_; }
  core::TimePoint now() const { return now_; }

  std::vector<Send> sends_;
  std::vector<core::Record> records_;
  std::vector<CloseLeg> closes_;
  std::vector<OpenVoice> opens_;
  std::vector<Count> counts_;
  std::vector<Measure> measures_;
  std::vector<TransferCall> transfers_;
  std::vector<Listen> heard_;
  int hang_ups_ = 0;
  int drops_ = 0;
  std::size_t voice_outbox_bytes = 0;
  std::size_t carrier_outbox_bytes = 0;

 private:
  static CallSettings with_limit(std::chrono::seconds time_limit) {
    CallSettings settings;
    settings.time_limit = time_limit;
    return settings;
  }

  Call make(CallSettings settings, std::vector<VoiceCapabilities> providers) {
    settings.id = core::CallId("00000000-0000-4000-8000-000000000001");
    settings.carrier_call_id = core::CarrierCallId("CALL-1");
    settings.account_id = "ACCOUNT-1";
    settings.from = core::PhoneNumber("+15555550101");
    settings.to = core::PhoneNumber("+15555550102");
    std::vector<std::unique_ptr<VoiceProvider>> voices;
    for (const auto& can : providers)
      voices.push_back(std::make_unique<simulation::LineVoice>(can));
    if (voices.empty()) voices.push_back(std::make_unique<simulation::LineVoice>());
    return Call(std::move(settings), std::make_unique<simulation::LineCarrier>(), std::move(voices),
                now_, core::WallTime{});
  }

  void drain() {
    Output output;
    while (call_.poll(output)) {
      if (auto* send = std::get_if<Send>(&output)) sends_.push_back(*send);
      if (auto* write = std::get_if<WriteDown>(&output)) records_.push_back(write->record);
      if (auto* close = std::get_if<CloseLeg>(&output)) closes_.push_back(*close);
      if (auto* open = std::get_if<OpenVoice>(&output)) opens_.push_back(*open);
      if (auto* count = std::get_if<Count>(&output)) counts_.push_back(*count);
      if (auto* measure = std::get_if<Measure>(&output)) measures_.push_back(*measure);
      if (auto* transfer = std::get_if<TransferCall>(&output)) transfers_.push_back(*transfer);
      if (auto* heard = std::get_if<Listen>(&output)) heard_.push_back(*heard);
      if (std::get_if<HangUpCall>(&output) != nullptr) ++hang_ups_;
      if (std::get_if<DropUnsent>(&output) != nullptr) ++drops_;
    }
  }

  core::TimePoint now_{1h};
  std::int64_t sequence_ = 1;
  std::int64_t timestamp_ = 120;
  Call call_;
};

}  // namespace tandem::call::test
