#include "bridge/net/call_runner.hpp"

#include <algorithm>
#include <boost/asio/redirect_error.hpp>

#include "bridge/clock.hpp"

namespace tandem::net {

namespace {

WebSocketOptions carrier_options() {
  WebSocketOptions options;
  options.read_message_bytes_max = limits::carrier_message_bytes_max;
  options.outbox_bytes_max = limits::carrier_outbox_bytes_max;
  options.handshake_timeout = limits::start_timeout;
  return options;
}

WebSocketOptions voice_options(bool pings) {
  WebSocketOptions options;
  options.read_message_bytes_max = limits::voice_message_bytes_max;
  options.outbox_bytes_max = limits::voice_outbox_bytes_max;
  options.handshake_timeout = limits::voice_attempt_timeout;
  options.idle_timeout = std::chrono::seconds(30);
  options.pings = pings;
  return options;
}

std::string what_of(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const std::exception& error) {
    return error.what();
  } catch (...) {
    return "unknown exception";
  }
}

}  // namespace

CallRunner::CallRunner(asio::io_context& context, TimerWheel& wheel, CallServices& services,
                       ops::LatencyLane& lane, std::unique_ptr<call::Call> call,
                       std::function<void()> wake_wheel)
    : context_(context),
      wheel_(wheel),
      services_(services),
      lane_(lane),
      call_(std::move(call)),
      wake_wheel_(std::move(wake_wheel)),
      ended_(context, core::TimePoint::max()),
      timer_([this](core::TimePoint) { handle(call::TimerFired{}); }),
      tasks_(context, [this](std::exception_ptr failure) { fail(what_of(failure).c_str()); }) {}

CallRunner::~CallRunner() = default;

void CallRunner::start() {
  services_.metrics.gauge(ops::Family::calls_active, {to_string(call_->settings().direction)})
      .add(1);
  drain();
  arm();
}

void CallRunner::attach(AcceptedSocket socket, std::string token) {
  if (call_->has_ended()) return;  // dropping the descriptor closes it
  tasks_.spawn(run_carrier(carrier_legs_.emplace_back(), std::move(socket), std::move(token)));
}

void CallRunner::command(const call::Input& input) { handle(input); }

call::Snapshot CallRunner::snapshot() const {
  call::Snapshot seen = call_->snapshot(clock_now());
  if (voice_ != nullptr && voice_->socket) seen.voice_outbox_bytes = voice_->socket->outbox_bytes();
  if (carrier_ != nullptr) seen.carrier_outbox_bytes = carrier_->outbox_bytes();
  return seen;
}

Task<void> CallRunner::join() {
  // Between two attempts to reach the voice provider no task runs, yet the call lives.
  while (!is_finished_) {
    boost::system::error_code ignored;
    co_await ended_.async_wait(asio::redirect_error(use_task, ignored));
  }
  co_await tasks_.join();
}

Task<void> CallRunner::run_carrier(CarrierLeg& leg, AcceptedSocket accepted, std::string token) {
  leg.socket = co_await WebSocket::accept(context_, std::move(accepted), carrier_options());
  if (leg.socket) {
    WebSocket* superseded = std::exchange(carrier_, leg.socket.get());
    if (superseded != nullptr) superseded->close(1000, "another stream took over");
    handle(call::CarrierOpened{token});
    leg.socket->on_written = stamp(call::Leg::carrier);
    if (call_->has_ended()) leg.socket->close(1001, "call ended");
    co_await read_carrier(*leg.socket);
    leg.socket->close(1000, "");
    co_await leg.socket->join();
    if (carrier_ == leg.socket.get()) carrier_ = nullptr;
  } else if (carrier_ == nullptr) {
    handle(call::CarrierOpened{token});  // it was tried, and broke at once
    handle(call::CarrierClosed{});
  }
  carrier_legs_.remove_if([&leg](const CarrierLeg& each) { return &each == &leg; });
}

/// Until the socket is over. What a superseded stream still says is not the call's any more.
Task<void> CallRunner::read_carrier(WebSocket& socket) {
  for (;;) {
    const Message message = co_await socket.read();
    const bool is_ours = carrier_ == &socket;
    if (message.kind == Message::Kind::closed) {
      if (is_ours) handle(call::CarrierClosed{message.close_code});
      co_return;
    }
    if (!is_ours) continue;
    if (message.kind == Message::Kind::binary) {
      handle(call::CarrierBinary{});
    } else {
      handle(call::CarrierText{message.data});
    }
  }
}

/// Some providers refuse a session while the one before is still open. Its close is under way; one
/// that hangs is not waited for longer than a second.
Task<void> CallRunner::wait_for_older_legs(const VoiceLeg& leg) {
  const auto until = clock_now() + std::chrono::seconds(1);
  Timer timer(context_);
  while (&voice_legs_.front() != &leg && clock_now() < until) {
    timer.expires_after(std::chrono::milliseconds(10));
    boost::system::error_code ignored;
    co_await timer.async_wait(asio::redirect_error(use_task, ignored));
  }
}

Task<void> CallRunner::run_voice(VoiceLeg& leg, call::VoiceEndpoint endpoint) {
  const bool pings = call_->voice_capabilities().wants_client_pings;
  if (call_->voice_capabilities().one_connection_at_a_time) co_await wait_for_older_legs(leg);
  ConnectResult connected = co_await WebSocket::connect(
      context_, services_.tls, std::move(endpoint.url), std::move(endpoint.headers),
      voice_options(pings), &leg.canceller);
  leg.socket = std::move(connected.socket);
  if (!leg.socket) {
    if (voice_ == &leg) {
      voice_ = nullptr;
      handle(call::VoiceUnreachable{connected.http_status, connected.stage});
    }
  } else {
    leg.socket->on_written = stamp(call::Leg::voice);
    if (voice_ == &leg) handle(call::VoiceOpened{});
    if (voice_ != &leg) leg.socket->close(1000, "");
    for (;;) {
      const Message message = co_await leg.socket->read();
      if (message.kind == Message::Kind::closed) {
        if (voice_ == &leg) {
          voice_ = nullptr;
          handle(call::VoiceClosed{message.close_code, message.reason});
        }
        break;
      }
      if (voice_ == &leg) handle(call::VoiceMessage{message.data});
    }
    leg.socket->close(1000, "");
    co_await leg.socket->join();
  }
  voice_legs_.remove_if([&leg](const VoiceLeg& each) { return &each == &leg; });
}

void CallRunner::handle(const call::Input& input) {
  if (call_->has_ended()) return;
  call::Moment moment;
  moment.now = clock_now();
  if (voice_ != nullptr && voice_->socket)
    moment.voice_outbox_bytes = voice_->socket->outbox_bytes();
  if (carrier_ != nullptr) moment.carrier_outbox_bytes = carrier_->outbox_bytes();
  now_ = moment.now;
  try {
    call_->handle(input, moment);
    drain();
    if (carrier_is_full_ && !call_->has_ended()) {
      carrier_is_full_ = false;
      call_->handle(call::CarrierFull{}, moment);
      drain();
    }
    measure(moment.now);
    arm();
  } catch (const core::BugError& bug) {
    fail(bug.what());
  }
}

/// The one place where a bug of ours ends a call; every other call talks on.
void CallRunner::fail(const char* what) noexcept {
  services_.log.error("call_failed", {{"call_id", call_->settings().id}, {"what", what}});
  call_->abandon(clock_now());
  drain();
  arm();
}

void CallRunner::drain() {
  if (call_->end_reason() && !is_end_told_) {
    is_end_told_ = true;
    services_.ended(call_->settings(), *call_->end_reason());
  }
  call::Output output;
  while (call_->poll(output)) {
    std::visit([this](auto& action) { carry_out(action); }, output);
  }
  if (call_->has_ended()) finish();
}

void CallRunner::arm() {
  const auto deadline = call_->deadline();
  if (!deadline) return wheel_.cancel(timer_);
  if (timer_.armed() && timer_.deadline() == *deadline) return;
  wheel_.arm(timer_, *deadline);
  wake_wheel_();
}

void CallRunner::finish() {
  if (is_finished_) return;
  is_finished_ = true;
  ended_.cancel();
  const auto& settings = call_->settings();
  services_.metrics.gauge(ops::Family::calls_active, {to_string(settings.direction)}).add(-1);
  services_.log.info("call_ended", {{"call_id", settings.id},
                                    {"end_reason", to_string(*call_->end_reason())},
                                    {"direction", to_string(settings.direction)}});
}

void CallRunner::carry_out(call::Send& send) {
  WebSocket* socket = send.leg == call::Leg::carrier ? carrier_
                      : voice_ != nullptr            ? voice_->socket.get()
                                                     : nullptr;
  if (socket == nullptr) return call_->recycle(std::move(send.text));
  if (send.leg == call::Leg::carrier && send.due != core::TimePoint{})
    lane_.add(core::Timing::pacing_lateness, now_ - send.due);
  const auto status = socket->send(std::move(send.text), send.due);
  if (status == SendStatus::full && send.leg == call::Leg::carrier) carrier_is_full_ = true;
  call_->recycle(socket->take_buffer());
}

void CallRunner::carry_out(call::DropUnsent&) {
  if (carrier_) carrier_->drop_unsent();
}

void CallRunner::carry_out(call::OpenVoice& open) {
  voice_ = &voice_legs_.emplace_back();
  tasks_.spawn(run_voice(*voice_, std::move(open.endpoint)));
}

void CallRunner::carry_out(call::CloseLeg& close) {
  if (close.leg == call::Leg::carrier) {
    if (carrier_) carrier_->close(close.code, close.reason);
    return;
  }
  VoiceLeg* leg = std::exchange(voice_, nullptr);
  if (leg == nullptr) return;
  if (leg->socket) {
    leg->socket->close(close.code, close.reason);
  } else {
    leg->canceller.cancel();
  }
}

void CallRunner::carry_out(call::HangUpCall&) { services_.hang_up(call_->settings()); }

void CallRunner::carry_out(call::TransferCall& transfer) {
  services_.transfer(call_->settings(), std::move(transfer));
}

void CallRunner::carry_out(call::VoiceReport& report) { services_.voice_report(std::move(report)); }

/// The listener gets a copy: the string goes back, so that audio on its way finds it again.
void CallRunner::carry_out(call::Listen& heard) {
  if (services_.listen)
    services_.listen(call_->settings().id, heard.track, heard.offset, std::string(heard.ulaw));
  call_->recycle(std::move(heard.ulaw));
}

void CallRunner::carry_out(call::Measure& measured) {
  using call::Measured;
  using ops::Family;
  const auto observe = [&](Family family, std::initializer_list<std::string_view> labels = {}) {
    services_.metrics.histogram(family, labels)
        .observe(std::chrono::duration<double>(measured.value).count());
  };
  switch (measured.what) {
    case Measured::pickup_to_first_audio:
      return observe(Family::pickup_to_first_audio_seconds);
    case Measured::barge_in_stop:
      return observe(Family::barge_in_stop_seconds);
    case Measured::voice_gap:
      return observe(Family::voice_gap_seconds);
    case Measured::voice_connect:
      lane_.add(core::Timing::voice_connect, services_.latency.provider(call_->voice_name()),
                measured.value);
      return observe(Family::voice_connect_seconds, {call_->voice_name()});
    case Measured::mark_rtt:
      return lane_.add(core::Timing::carrier_round_trip, measured.value);
  }
}

/// After an input: what it brought that is timed. Once per frame, so it compares numbers and no
/// more.
void CallRunner::measure(core::TimePoint now) {
  if (const auto frames = call_->caller_frames(); frames != caller_frames_) {
    if (caller_frames_ > 0) lane_.add(core::Timing::inbound_gap, now - caller_frame_at_);
    caller_frames_ = frames;
    caller_frame_at_ = now;
  }
  if (const auto underruns = call_->underruns(); underruns != underruns_) {
    services_.metrics.counter(ops::Family::underruns_total)
        .add(static_cast<std::uint64_t>(underruns - underruns_));
    underruns_ = underruns;
  }
  while (turns_ < call_->turns().size()) measure(call_->turns()[turns_++]);
}

void CallRunner::measure(const core::TurnLatency& turn) {
  auto& metrics = services_.metrics;
  const auto observe = [&](ops::Family family, std::initializer_list<std::string_view> labels,
                           core::Timing part) {
    metrics.histogram(family, labels).observe(static_cast<double>(core::part_us(turn, part)) / 1e6);
  };
  observe(ops::Family::turn_gap_seconds, {}, core::Timing::turn_gap);
  for (const auto part : core::turn_parts)
    observe(ops::Family::turn_stage_seconds, {to_string(part)}, part);
  const auto provider = services_.latency.provider(call_->voice_name());
  lane_.add(turn, provider);
  core::MeasuredTurn measured;
  measured.call_id = call_->settings().id;
  measured.provider = call_->voice_name();
  measured.offset = call_->snapshot(now_).offset;
  measured.turn = turn;
  if (voice_ != nullptr && voice_->socket) {
    measured.voice_network = voice_->socket->round_trip();
    lane_.add(core::Timing::voice_network, provider, measured.voice_network);
  }
  services_.turn_completed(std::move(measured));
}

/// What a finished call adds to the metrics. Frames are counted here and not one by one.
void CallRunner::measure(const core::CallEnded& ended) {
  using ops::Family;
  auto& metrics = services_.metrics;
  const auto count = [&](Family family, std::initializer_list<std::string_view> labels,
                         std::int64_t number) {
    metrics.counter(family, labels).add(static_cast<std::uint64_t>(number));
  };
  metrics.histogram(Family::call_duration_seconds)
      .observe(static_cast<double>(ended.duration_ms) / 1e3);
  count(Family::frames_total, {"carrier", "in"}, ended.audio.caller_frames_in);
  count(Family::frames_total, {"voice", "out"}, ended.audio.caller_frames_sent);
  count(Family::frames_total, {"carrier", "out"}, ended.audio.agent_ms_sent / 20);
  count(Family::frames_dropped_total, {"uplink"}, ended.audio.caller_frames_dropped);
}

void CallRunner::carry_out(call::WriteDown& record) {
  if (const auto* ended = std::get_if<core::CallEnded>(&record.record.body)) measure(*ended);
  services_.write_down(std::move(record.record));
}

void CallRunner::carry_out(call::Count& count) {
  using call::Counted;
  using ops::Family;
  auto& metrics = services_.metrics;
  const auto& settings = call_->settings();
  const auto provider = call_->voice_name();
  switch (count.what) {
    case Counted::call_ended:
      return metrics.counter(Family::calls_total, {to_string(settings.direction), count.label})
          .add();
    case Counted::carrier_bad_message:
      services_.log.warn("carrier_bad_message", {{"call_id", settings.id}, {"why", count.label}});
      return metrics.counter(Family::carrier_bad_messages_total, {count.label}).add();
    case Counted::voice_bad_message:
      services_.log.warn("voice_bad_message", {{"call_id", settings.id}, {"why", count.label}});
      return metrics.counter(Family::voice_bad_messages_total, {provider, count.label}).add();
    case Counted::voice_closed:
      services_.log.info("voice_closed", {{"call_id", settings.id}, {"why", count.label}});
      return metrics.counter(Family::voice_close_total, {provider, count.label}).add();
    case Counted::barge_in:
      return metrics.counter(Family::barge_in_total, {count.label}).add();
    case Counted::voice_freeze:
      services_.log.warn("voice_freeze", {{"call_id", settings.id}, {"step", count.label}});
      return metrics.counter(Family::voice_freeze_total, {count.label}).add();
    case Counted::voice_reconnect:
      return metrics.counter(Family::voice_reconnects_total, {provider, count.label}).add();
    case Counted::dead_air_ms:
      return metrics.counter(Family::dead_air_seconds_total, {count.label})
          .add(static_cast<std::uint64_t>((count.amount + 500) / 1000));
  }
}

/// Once per message of either leg, so what it needs is looked up beforehand.
std::function<void(core::TimePoint, core::TimePoint)> CallRunner::stamp(call::Leg leg) {
  const auto timing =
      leg == call::Leg::voice ? core::Timing::uplink_transit : core::Timing::downlink_transit;
  return [this, leg, timing](core::TimePoint due, core::TimePoint written) {
    if (due == core::TimePoint{}) return;
    call_->note_written(leg, due, written);
    lane_.add(timing, written - due);
  };
}

}  // namespace tandem::net
