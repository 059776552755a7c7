#include "tests/simulation/bridge.hpp"

#include <algorithm>

#include "bridge/net/timer_wheel.hpp"
#include "codec/base64.hpp"
#include "tests/simulation/checks.hpp"
#include "tests/simulation/dialect.hpp"

namespace tandem::simulation {

namespace {

/// What a step that fails makes of a message: its end is missing.
constexpr std::size_t bytes_that_survive = 20;

core::TimePoint next_tick(core::TimePoint now, core::TimePoint deadline) {
  const auto tick = std::chrono::duration_cast<core::Duration>(net::TimerWheel::tick);
  const auto after = [tick](core::TimePoint at) {
    return core::TimePoint((at.time_since_epoch() + tick - core::Duration(1)) / tick * tick);
  };
  return std::max(after(deadline), after(now + core::Duration(1)));
}

}  // namespace

Bridge::Bridge(World& world, std::unique_ptr<call::Call> call)
    : world_(world), call_(std::move(call)), checks_(std::make_unique<Checks>(world, *call_)) {}

Bridge::~Bridge() = default;

void Bridge::start() {
  checks_->begin();
  drain();
  checks_->after_step();
  arm();
}

void Bridge::attach(Wire& wire, std::string_view token) {
  wire.at_bridge = [this, &wire](std::string_view text, const Meaning& meaning) {
    carrier_says(wire, text, meaning);
  };
  wire.at_bridge_binary = [this, &wire] {
    if (carrier_ == &wire) handle(call::CarrierBinary{});
  };
  wire.at_bridge_closed = [this, &wire](std::uint16_t code, std::string_view) {
    carrier_closed(wire, code);
  };
  wire.on_written = [this](core::TimePoint due, core::TimePoint written) {
    call_->note_written(call::Leg::carrier, due, written);
  };
  if (call_->has_ended()) return wire.close_by_bridge(1001);
  Wire* superseded = std::exchange(carrier_, &wire);
  if (superseded != nullptr) superseded->close_by_bridge(1000);
  handle(call::CarrierOpened{token});
  if (call_->has_ended()) wire.close_by_bridge(1001);
}

void Bridge::carrier_says(Wire& wire, std::string_view text, const Meaning& meaning) {
  if (carrier_ != &wire || call_->has_ended()) return;
  const bool is_audio = meaning.kind == Meaning::Kind::caller_audio;
  if (is_audio) {
    world_.frame(Channel::carrier_in, meaning.amount == 160 ? "audio" : "audio of odd length");
  } else {
    world_.note(Channel::carrier_in, text);
  }
  if (world_.fails("decoding what the carrier said")) {
    return handle(call::CarrierText{text.substr(0, bytes_that_survive)}, {Meaning::Kind::damaged});
  }
  handle(call::CarrierText{text}, meaning);
}

void Bridge::carrier_closed(Wire& wire, std::uint16_t code) {
  if (carrier_ != &wire) return;
  world_.note(Channel::carrier_in, fmt::format("socket closed: {}", code));
  handle(call::CarrierClosed{code});
  if (carrier_ == &wire) carrier_ = nullptr;
}

void Bridge::dialled(VoiceLeg& leg, Wire& wire) {
  leg.wire = &wire;
  wire.at_bridge = [this, &leg](std::string_view text, const Meaning& meaning) {
    voice_says(leg, text, meaning);
  };
  wire.at_bridge_closed = [this, &leg](std::uint16_t code, std::string_view reason) {
    voice_closed(leg, code, reason);
  };
  wire.on_written = [this](core::TimePoint due, core::TimePoint written) {
    call_->note_written(call::Leg::voice, due, written);
  };
  if (leg.is_cancelled || voice_ != &leg) return wire.close_by_bridge(1000);
  world_.note(Channel::voice_in, fmt::format("voice leg {} opened", leg.number));
  handle(call::VoiceOpened{});
  if (voice_ != &leg) wire.close_by_bridge(1000);
}

void Bridge::unreachable(VoiceLeg& leg, int status, std::string_view stage) {
  if (leg.is_cancelled || voice_ != &leg) return;
  world_.note(Channel::voice_in,
              fmt::format("voice leg {} not reached: {} at {}", leg.number, status, stage));
  voice_ = nullptr;
  handle(call::VoiceUnreachable{status, stage});
}

void Bridge::voice_says(VoiceLeg& leg, std::string_view text, const Meaning& meaning) {
  if (voice_ != &leg || call_->has_ended()) return;
  if (meaning.kind == Meaning::Kind::agent_audio) {
    world_.frame(Channel::voice_in, fmt::format("audio of utterance {}", meaning.utterance));
  } else {
    world_.note(Channel::voice_in, text);
  }
  if (world_.fails("decoding what the agent said")) {
    Meaning damaged{Meaning::Kind::damaged, 0, meaning.utterance};
    return handle(call::VoiceMessage{text.substr(0, bytes_that_survive)}, damaged);
  }
  handle(call::VoiceMessage{text}, meaning);
}

void Bridge::voice_closed(VoiceLeg& leg, std::uint16_t code, std::string_view reason) {
  if (voice_ != &leg) return;
  world_.note(Channel::voice_in, fmt::format("voice leg {} closed: {}", leg.number, code));
  voice_ = nullptr;
  handle(call::VoiceClosed{code, reason});
}

void Bridge::command(const call::Input& input) { handle(input); }

void Bridge::handle(const call::Input& input, const Meaning& meaning) {
  if (call_->has_ended() || !world_.verdict.ok()) return;
  call::Moment moment;
  moment.now = world_.now();
  if (voice_wire() != nullptr) moment.voice_outbox_bytes = voice_->wire->outbox_bytes();
  if (carrier_ != nullptr) moment.carrier_outbox_bytes = carrier_->outbox_bytes();
  feed(input, moment, meaning);
  if (carrier_is_full_ && !call_->has_ended()) {
    carrier_is_full_ = false;
    feed(call::CarrierFull{}, moment, {});
  }
  arm();
}

void Bridge::feed(const call::Input& input, const call::Moment& moment, const Meaning& meaning) {
  try {
    checks_->input(input, meaning, moment);
    call_->handle(input, moment);
    drain();
    checks_->after_step();
  } catch (const std::exception& error) {
    world_.verdict.fail("handle() never throws", error.what());
  }
}

void Bridge::drain() {
  call::Output output;
  while (call_->poll(output)) {
    checks_->output(output);
    std::visit([this](auto& action) { carry_out(action); }, output);
  }
}

void Bridge::arm() {
  const auto deadline = call_->deadline();
  if (!deadline) {
    armed_.reset();
    ++arming_;
    return;
  }
  if (armed_ == deadline) return;
  armed_ = deadline;
  world_.timeline.at(next_tick(world_.now(), *deadline), [this, mine = ++arming_] {
    if (mine != arming_) return;
    armed_.reset();
    handle(call::TimerFired{});
  });
}

void Bridge::note_send(const call::Send& send) {
  const bool to_carrier = send.leg == call::Leg::carrier;
  const auto channel = to_carrier ? Channel::carrier_out : Channel::voice_out;
  if (to_carrier && send.text.starts_with(R"({"event":"media")")) {
    return world_.frame(channel, "audio");
  }
  if (!to_carrier && is_caller_audio(send.text)) {
    return world_.frame(channel, send.due == core::TimePoint{} ? "silence" : "audio");
  }
  world_.note(channel, send.text);
}

void Bridge::carry_out(call::Send& send) {
  note_send(send);
  Wire* wire = send.leg == call::Leg::carrier ? carrier_
               : voice_ == nullptr            ? nullptr
                                              : voice_->wire;
  if (wire == nullptr) return call_->recycle(std::move(send.text));
  if (world_.fails(send.leg == call::Leg::carrier ? "send to the carrier" : "send to the agent")) {
    world_.ledger.disturb(world_.now(), world_.now() + std::chrono::seconds(2));
    return wire->break_off();
  }
  const auto status = wire->send(std::move(send.text), send.due);
  if (status == net::SendStatus::full && send.leg == call::Leg::carrier) carrier_is_full_ = true;
  call_->recycle(wire->take_buffer());
}

void Bridge::carry_out(call::DropUnsent&) {
  if (carrier_ != nullptr) carrier_->drop_unsent();
}

void Bridge::carry_out(call::OpenVoice& open) {
  voice_ = voice_legs_.emplace_back(std::make_unique<VoiceLeg>()).get();
  voice_->number = static_cast<int>(voice_legs_.size());
  voice_->endpoint = std::move(open.endpoint);
  world_.note(
      Channel::bridge,
      fmt::format(
          "opens voice leg {}{}", voice_->number,
          voice_->endpoint.url.target.find("resumed") != std::string::npos ? " (resume)" : ""));
  on_dial(*voice_);
}

void Bridge::carry_out(call::CloseLeg& close) {
  const bool is_carrier = close.leg == call::Leg::carrier;
  world_.note(Channel::bridge,
              fmt::format("closes the {} leg: {} {}", is_carrier ? "carrier" : "voice", close.code,
                          close.reason));
  if (is_carrier) {
    if (carrier_ != nullptr) carrier_->close_by_bridge(close.code);
    return;
  }
  VoiceLeg* leg = std::exchange(voice_, nullptr);
  if (leg == nullptr) return;
  leg->is_cancelled = true;
  if (leg->wire != nullptr) leg->wire->close_by_bridge(close.code);
}

void Bridge::carry_out(call::HangUpCall&) {
  world_.note(Channel::bridge, "hangs up over REST");
  on_hang_up();
}

void Bridge::carry_out(call::TransferCall&) {
  world_.note(Channel::bridge, "puts the caller through");
  world_.ledger.note(Cause::transferred);
}

void Bridge::carry_out(call::WriteDown& write) {
  // A record that cannot be queued is lost and counted by the queue; the call goes on unmoved.
  world_.fails("writing a record");
  world_.note(Channel::bridge, describe(write.record));
}

void Bridge::carry_out(call::Count& count) {
  world_.note(Channel::bridge,
              fmt::format("counts {} {}", static_cast<int>(count.what), count.label));
}

int Bridge::open_voice_legs() const {
  return static_cast<int>(
      std::count_if(voice_legs_.begin(), voice_legs_.end(), [](const auto& leg) {
        if (leg->wire == nullptr) return false;
        return !leg->wire->is_over() && !leg->wire->is_closed_by_bridge();
      }));
}

bool Bridge::carrier_is_open() const {
  return carrier_ != nullptr && !carrier_->is_over() && !carrier_->is_closed_by_bridge();
}

}  // namespace tandem::simulation
