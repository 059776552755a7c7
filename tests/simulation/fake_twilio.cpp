#include "tests/simulation/fake_twilio.hpp"

#include <algorithm>

#include "bridge/core/limits.hpp"
#include "codec/g711.hpp"

namespace tandem::simulation {

namespace {

using namespace std::chrono_literals;
using Kind = Meaning::Kind;

constexpr auto tick_length = codec::frame_duration;
constexpr auto forever = 24h;

std::string numbered(std::string_view prefix, std::size_t number) {
  return fmt::format("{}{:032}", prefix, number);
}

}  // namespace

FakeTwilio::FakeTwilio(World& world, Bridge& bridge)
    : world_(world),
      bridge_(bridge),
      dice_(world.dice.split()),
      caller_(world.scenario, world.dice.split()),
      hearing_(world.ledger) {
  bridge_.on_hang_up = [this] { try_rest(); };
}

void FakeTwilio::begin() {
  const auto opening = world_.scenario.opening;
  if (opening != Opening::ordinary) world_.ledger.note(Cause::bad_opening);
  if (opening == Opening::gone_early) {
    world_.timeline.after(dice_.between(0ms, 3000ms), [this] { hang_up(true); });
  }
  if (opening == Opening::never) return;
  world_.timeline.after(world_.scenario.stream_after, [this] {
    if (!is_over_) open_stream();
  });
}

FakeTwilio::Stream* FakeTwilio::newest() {
  return streams_.empty() ? nullptr : streams_.back().get();
}

FakeTwilio::Stream& FakeTwilio::open_stream() {
  auto& stream = *streams_.emplace_back(std::make_unique<Stream>());
  auto shape = world_.scenario.carrier_shape;
  shape.outbox_bytes_max = limits::carrier_outbox_bytes_max;
  stream.wire = &world_.new_wire(shape);
  stream.opened = world_.now();
  stream.ids = {numbered("MZ", streams_.size()), std::string(call_id), std::string(account_id),
                fmt::format("token-{}", streams_.size())};
  stream.wire->at_party = [this, &stream](std::string_view text) { read(stream, text); };
  stream.wire->at_party_closed = [this, &stream](std::uint16_t code) {
    stream_closed(stream, code);
  };
  world_.note(Channel::carrier_in, fmt::format("media socket {} opens", streams_.size()));
  hearing_.expect_anything();
  bridge_.attach(*stream.wire, stream.ids.token);
  introduce(stream);
  return stream;
}

void FakeTwilio::introduce(Stream& stream) {
  stream.wire->say(connected_text());
  // A second stream of the call is always an honest one.
  const auto opening = streams_.size() > 1 ? Opening::ordinary : world_.scenario.opening;
  if (opening == Opening::no_start) return;
  if (opening == Opening::wrong_token) stream.ids.token = "token-of-another";
  if (opening == Opening::wrong_call) stream.ids.call = numbered("CA", 7);
  if (opening == Opening::other_format) stream.ids.encoding = "audio/l16";
  if (opening == Opening::media_first) {
    codec::UlawFrame frame{};
    send_media(stream, frame, 2);
  }
  const bool is_good = opening == Opening::ordinary || opening == Opening::gone_early;
  world_.timeline.after(dice_.between(0ms, 30ms), [this, &stream, is_good] {
    if (!is_over_) start(stream, is_good);
  });
}

void FakeTwilio::start(Stream& stream, bool is_good) {
  stream.has_started = stream.is_running = true;
  stream.wire->say(start_text(stream.ids, ++stream.sequence),
                   {is_good ? Kind::carrier_start : Kind::other});
  if (is_ticking_) return;
  is_ticking_ = true;
  world_.timeline.after(tick_length, [this] { tick(); });
}

void FakeTwilio::tick() {
  if (is_over_) return;
  world_.timeline.after(tick_length, [this] { tick(); });
  auto* stream = newest();
  if (stream->is_running) hear(*stream);
  const auto& deed = caller_.act(stream->is_running && hearing_.tint().colour >= 0, ear_);
  if (deed.key) {
    world_.note(Channel::caller, fmt::format("presses {}", *deed.key));
    world_.ledger.note(Cause::key_pressed);
    stream->wire->say(dtmf_text(stream->ids, ++stream->sequence, *deed.key));
  }
  const bool hears = stream->is_running && hearing_.tint().colour >= 0;
  world_.frame(Channel::caller,
               fmt::format("{}, hears {}", deed.is_speech ? "speaks" : "listens",
                           hears ? fmt::format("utterance {}", hearing_.utterance()) : "nothing"));
  for (std::size_t i = 0; i < streams_.size(); ++i) speak(*streams_[i], deed);
  if (!deed.hangs_up) return;
  world_.note(Channel::caller, "hangs up");
  hang_up(true);
}

void FakeTwilio::speak(Stream& stream, const Caller::Deed& deed) {
  if (!stream.is_running) return;
  const auto& rates = world_.scenario.rates;
  stream.clock_ms += 20;
  if (dice_.chance(rates.caller_missing)) return;
  if (dice_.chance(rates.caller_leap)) stream.clock_ms += dice_.between(-5000, 60'000);
  if (dice_.chance(rates.caller_unreadable)) send_unreadable(stream);
  if (dice_.chance(rates.caller_odd_size)) return send_oddly(stream, deed.frame);
  if (dice_.chance(rates.caller_bad_base64)) {
    auto text =
        media_text(stream.ids, ++stream.sequence, ++stream.chunk, stream.clock_ms, deed.frame);
    text[text.find("payload\":\"") + 14] = '!';
    return stream.wire->say(std::move(text), {Kind::damaged});
  }
  send_media(stream, deed.frame, ++stream.sequence);
  if (dice_.chance(rates.caller_doubled)) send_media(stream, deed.frame, stream.sequence);
}

void FakeTwilio::send_media(Stream& stream, std::span<const std::uint8_t> ulaw,
                            std::int64_t sequence) {
  stream.wire->say(media_text(stream.ids, sequence, ++stream.chunk, stream.clock_ms, ulaw),
                   {Kind::caller_audio, static_cast<std::int64_t>(ulaw.size())});
}

/// T24: the same frame in two pieces, or none of it.
void FakeTwilio::send_oddly(Stream& stream, const codec::UlawFrame& frame) {
  const auto all = std::span<const std::uint8_t>(frame);
  const auto cut = static_cast<std::size_t>(dice_.between(0, 159));
  send_media(stream, all.first(cut), ++stream.sequence);
  send_media(stream, all.subspan(cut), ++stream.sequence);
}

void FakeTwilio::send_unreadable(Stream& stream) {
  static constexpr std::array<std::string_view, 6> texts = {
      "{", "", "[1,2", R"({"event":"media","media":7})", R"({"event":12})", "\xFF\xFE{}"};
  world_.ledger.note(Cause::carrier_misbehaved);
  stream.wire->say(std::string(dice_.pick(texts)), {Kind::damaged});
}

void FakeTwilio::hear(Stream& stream) {
  codec::UlawFrame frame;
  frame.fill(codec::ulaw_silence);  // what goes out when nothing is queued
  std::ranges::copy(stream.queue.play(), frame.begin());
  hearing_.hear(frame, world_.now());
  ear_ = codec::ulaw_decode(frame.back());
  echo_marks(stream);
}

void FakeTwilio::echo_marks(Stream& stream) {
  const auto& rates = world_.scenario.rates;
  std::string name;
  while (stream.queue.take_due_mark(name)) {
    if (dice_.chance(rates.mark_lost)) continue;
    if (dice_.chance(rates.mark_late)) {
      world_.timeline.after(dice_.between(100ms, 2500ms),
                            [this, &stream, name] { echo(stream, name); });
      continue;
    }
    echo(stream, name);
    if (dice_.chance(rates.mark_doubled)) echo(stream, name);
  }
}

void FakeTwilio::echo(Stream& stream, const std::string& name) {
  if (stream.is_running) stream.wire->say(mark_text(stream.ids, ++stream.sequence, name));
}

void FakeTwilio::read(Stream& stream, std::string_view text) {
  if (!stream.is_running) return;
  const auto command = read_command(text);
  if (!command || command->stream != stream.ids.stream) {
    return world_.verdict.fail("the carrier can read what it is sent", std::string(text));
  }
  switch (command->kind) {
    case StreamCommand::Kind::media:
      stream.queue.add_audio(command->ulaw);
      check_queue(stream);
      break;
    case StreamCommand::Kind::mark:
      stream.queue.add_mark(command->name);
      if (stream.queue.bytes() == 0) echo_marks(stream);
      break;
    case StreamCommand::Kind::clear:
      stream.queue.clear();
      hearing_.expect_anything();
      echo_marks(stream);
      break;
  }
}

/// Little waits at the carrier, so that a barge-in is quick: the lead, one message, and what the
/// line's jitter and the carrier's own ticks add.
void FakeTwilio::check_queue(const Stream& stream) {
  const auto& playout = world_.scenario.playout;
  const auto jitter =
      std::chrono::duration_cast<milliseconds>(world_.scenario.carrier_shape.jitter);
  const auto most = playout.lead + playout.message_max + jitter + 60ms;
  if (static_cast<std::int64_t>(stream.queue.bytes()) <= most.count() * 8) return;
  if (world_.ledger.is_disturbed(stream.opened, world_.now())) return;
  world_.verdict.fail("little agent audio waits at the carrier",
                      fmt::format("{} ms wait", stream.queue.bytes() / 8));
}

void FakeTwilio::stream_closed(Stream& stream, std::uint16_t code) {
  stream.is_running = false;
  world_.note(Channel::carrier_in, fmt::format("the carrier sees its socket closed: {}", code));
  if (&stream != newest() || is_over_) return;
  const auto back_after = world_.scenario.stream_returns_after;
  const bool returns = code == 1006 && back_after >= 0ms;
  disturb(1000ms);
  world_.timeline.after(returns ? back_after : 300ms, [this, returns, &stream] {
    if (is_over_ || &stream != newest()) return;
    if (!returns || bridge_.has_ended()) return finish();
    world_.ledger.disturb(stream.opened, world_.now() + 1s);
    open_stream();
  });
}

void FakeTwilio::stop(Stream& stream, bool closes) {
  if (!stream.is_running) return;
  stream.wire->say(stop_text(stream.ids, ++stream.sequence), {Kind::carrier_stop});
  stream.is_running = false;
  if (!closes) return;
  world_.timeline.after(dice_.between(0ms, 50ms), [&stream] { stream.wire->close_by_party(1000); });
}

void FakeTwilio::hang_up(bool closes) {
  if (is_over_) return;
  world_.ledger.note(Cause::carrier_stop);
  for (auto& stream : streams_) stop(*stream, closes);
  finish();
}

void FakeTwilio::finish() {
  if (is_over_) return;
  is_over_ = true;
  for (auto& stream : streams_) stream->is_running = false;
  if (!world_.scenario.end_is_reported) return;
  world_.timeline.after(dice_.between(50ms, 900ms), [this] {
    world_.ledger.note(Cause::carrier_reported_end);
    world_.note(Channel::carrier_in, "status callback: completed");
    bridge_.command(call::CarrierEnded{});
  });
}

/// As bridge/carrier_api does: again until it is known to have worked.
void FakeTwilio::try_rest() {
  world_.timeline.after(world_.scenario.rest_takes, [this] {
    const bool fails =
        world_.fails("REST hang-up") || ++rest_tries_ <= world_.scenario.rest_failures;
    world_.note(Channel::bridge, fails ? "REST hang-up fails" : "REST hang-up works");
    if (!fails) {
      world_.ledger.ended_by_bridge = !is_over_;
      return hang_up(true);
    }
    if (rest_tries_ < 10) world_.timeline.after(500ms, [this] { try_rest(); });
  });
}

void FakeTwilio::disturb(milliseconds lasting) {
  world_.ledger.disturb(world_.now(), world_.now() + lasting);
}

/// What the network and the carrier's side of the socket do.
bool FakeTwilio::strike_line(const TimedFault& fault, Stream& stream) {
  auto& ledger = world_.ledger;
  const auto until = world_.now() + fault.lasting;
  switch (fault.what) {
    case Fault::carrier_breaks:
      ledger.note(Cause::carrier_lost);
      stream.wire->break_off();
      return true;
    case Fault::carrier_closes:
      ledger.note(Cause::carrier_lost);
      disturb(forever);
      stream.is_running = false;
      stream.wire->close_by_party(fault.code == 1006 ? 1001 : fault.code);
      finish();
      return true;
    case Fault::carrier_silent:
      ledger.note(Cause::carrier_silent);
      stream.wire->fall_silent();
      disturb(forever);
      return true;
    case Fault::carrier_takeover:
      ledger.disturb(stream.opened, world_.now() + 2s);
      open_stream();
      return true;
    case Fault::carrier_unread:
      ledger.note(Cause::carrier_unread);
      stream.wire->stall_outgoing(until);
      disturb(fault.lasting);
      return true;
    case Fault::carrier_late:
      if (fault.lasting > 2s) ledger.note(Cause::carrier_silent);
      // What it catches up with then is more than a live line has.
      if (fault.lasting > 8s) ledger.note(Cause::carrier_misbehaved);
      stream.wire->stall_incoming(until);
      disturb(fault.lasting);
      return true;
    default:
      return false;
  }
}

/// Five seconds of silence in one instant.
void FakeTwilio::flood(Stream& stream) {
  codec::UlawFrame silence;
  silence.fill(codec::ulaw_silence);
  for (int i = 0; i < 250; ++i) {
    stream.clock_ms += 20;
    send_media(stream, silence, ++stream.sequence);
  }
}

/// What the carrier says that it should not.
bool FakeTwilio::strike_words(Fault what, Stream& stream) {
  switch (what) {
    case Fault::carrier_flood:
      world_.ledger.note(Cause::carrier_misbehaved);
      flood(stream);
      return true;
    case Fault::carrier_binary:
      world_.ledger.note(Cause::carrier_misbehaved);
      stream.wire->say_binary();
      return true;
    case Fault::carrier_second_start:
      stream.wire->say(start_text(stream.ids, ++stream.sequence));
      return true;
    case Fault::carrier_bad_messages:
      for (int i = 0; i < 6; ++i) send_unreadable(stream);
      return true;
    default:
      return false;
  }
}

bool FakeTwilio::strike(const TimedFault& fault) {
  switch (fault.what) {
    case Fault::carrier_says_ended:
      world_.ledger.note(Cause::carrier_reported_end);
      bridge_.command(call::CarrierEnded{});
      return true;
    case Fault::caller_leaves:
    case Fault::caller_leaves_mutely:
      hang_up(fault.what == Fault::caller_leaves);
      return true;
    default:
      break;
  }
  if (fault.what > Fault::caller_leaves_mutely) return false;
  auto* stream = newest();
  if (stream == nullptr || !stream->is_running) return true;  // nothing there to break
  return strike_line(fault, *stream) || strike_words(fault.what, *stream);
}

}  // namespace tandem::simulation
