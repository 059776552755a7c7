// The driver of one call: owns its two sockets and its place on the shard's timer wheel, takes the
// time once per event, feeds call::Call and carries out what it answers. Everything here runs on
// the shard's thread; no decision about the call is made here.
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>

#include "bridge/call/call.hpp"
#include "bridge/net/task.hpp"
#include "bridge/net/timer_wheel.hpp"
#include "bridge/net/tls.hpp"
#include "bridge/net/websocket.hpp"
#include "bridge/ops/latency_board.hpp"
#include "bridge/ops/log.hpp"
#include "bridge/ops/metrics.hpp"

namespace tandem::net {

/// What a call needs of the rest of the program. Called on the shard's thread; none may block.
struct CallServices {
  TlsClientContext& tls;
  ops::Log& log;
  ops::Metrics& metrics;
  /// False when the record could not be queued; it is counted there.
  std::function<bool(core::Record)> write_down;
  /// Ends the phone call through the carrier's API.
  std::function<void(const call::CallSettings&)> hang_up;
  /// What the carrier must do with the caller when it asks; comes before `ended`.
  std::function<void(const call::CallSettings&, call::TransferCall)> transfer;
  /// What became of a connection to a voice provider, for its health across calls.
  std::function<void(call::VoiceReport)> voice_report;
  /// It is decided why the call ends. Comes before the carrier can ask what to do next.
  std::function<void(const call::CallSettings&, call::EndReason)> ended;
  /// One lane for each shard, by its index.
  ops::LatencyBoard& latency;
  std::function<void(core::MeasuredTurn)> turn_completed;
  /// Mu-law of one track for the people who listen to this call. Empty: nobody can.
  std::function<void(const core::CallId&, call::Track, core::MediaOffset, std::string ulaw)>
      listen = {};
};

class CallRunner {
 public:
  CallRunner(asio::io_context& context, TimerWheel& wheel, CallServices& services,
             ops::LatencyLane& lane, std::unique_ptr<call::Call> call,
             std::function<void()> wake_wheel);
  ~CallRunner();
  CallRunner(const CallRunner&) = delete;
  CallRunner& operator=(const CallRunner&) = delete;

  /// Carries out what the new call wants first: its first record, its voice leg.
  void start();
  /// A media socket of the carrier arrived; its `start` must carry `token`. The newest one wins.
  void attach(AcceptedSocket socket, std::string token);
  /// An operator's or the program's wish.
  void command(const call::Input& input);
  /// Ends when the call has ended and both sockets are gone.
  Task<void> join();

  [[nodiscard]] const call::Call& call() const noexcept { return *call_; }
  /// What may be seen of the call now, with what waits at its sockets.
  [[nodiscard]] call::Snapshot snapshot() const;

 private:
  /// One connection to the voice provider; superseded ones finish in the background.
  struct VoiceLeg {
    ConnectCanceller canceller;
    std::unique_ptr<WebSocket> socket;
  };

  /// One media socket of the carrier.
  struct CarrierLeg {
    std::unique_ptr<WebSocket> socket;
  };

  Task<void> run_carrier(CarrierLeg& leg, AcceptedSocket accepted, std::string token);
  Task<void> read_carrier(WebSocket& socket);
  Task<void> run_voice(VoiceLeg& leg, call::VoiceEndpoint endpoint);
  Task<void> wait_for_older_legs(const VoiceLeg& leg);
  void handle(const call::Input& input);
  void drain();
  void arm();
  void finish();
  void measure(core::TimePoint now);
  void measure(const core::TurnLatency& turn);
  void measure(const core::CallEnded& ended);
  void fail(const char* what) noexcept;

  void carry_out(call::Send& send);
  void carry_out(call::DropUnsent&);
  void carry_out(call::OpenVoice& open);
  void carry_out(call::CloseLeg& close);
  void carry_out(call::HangUpCall&);
  void carry_out(call::TransferCall& transfer);
  void carry_out(call::WriteDown& record);
  void carry_out(call::Count& count);
  void carry_out(call::Measure& measured);
  void carry_out(call::VoiceReport& report);
  void carry_out(call::Listen& heard);
  [[nodiscard]] std::function<void(core::TimePoint, core::TimePoint)> stamp(call::Leg leg);

  asio::io_context& context_;
  TimerWheel& wheel_;
  CallServices& services_;
  ops::LatencyLane& lane_;
  std::unique_ptr<call::Call> call_;
  std::function<void()> wake_wheel_;
  Timer ended_;  // never expires; cancelled when the call has ended
  TimerWheel::Timer timer_;
  std::list<CarrierLeg> carrier_legs_;
  WebSocket* carrier_ = nullptr;  // the newest media socket; null while none
  std::list<VoiceLeg> voice_legs_;
  VoiceLeg* voice_ = nullptr;  // the leg that the call talks to; null while none
  bool carrier_is_full_ = false;
  bool is_end_told_ = false;
  bool is_finished_ = false;
  core::TimePoint now_{};           // of the input that is being handled
  std::int64_t caller_frames_ = 0;  // these were measured:
  core::TimePoint caller_frame_at_{};
  std::int64_t underruns_ = 0;
  std::size_t turns_ = 0;
  TaskGroup tasks_;
};

}  // namespace tandem::net
