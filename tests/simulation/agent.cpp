#include "tests/simulation/agent.hpp"

#include "bridge/core/limits.hpp"
#include "codec/g711.hpp"
#include "tests/simulation/caller.hpp"
#include "tests/simulation/session.hpp"

namespace tandem::simulation {

namespace {

using namespace std::chrono_literals;

constexpr std::array<std::string_view, 10> error_codes = {
    "I0100", "I0116", "I0118", "E0705", "E0708", "E0710", "E0712", "E0714", "E0715", "E9999"};

}  // namespace

Agent::Agent(World& world, Bridge& bridge, std::string_view provider)
    : world_(world), bridge_(bridge), dialect_(make_dialect(provider)), dice_(world.dice.split()) {
  world_.habits = std::visit([](const auto& known) { return known.habits; }, dialect_);
  bridge_.on_dial = [this](VoiceLeg& leg) { dial(leg); };
}

Agent::~Agent() = default;

void Agent::dial(VoiceLeg& leg) {
  static constexpr Dial good;
  const auto& dials = world_.scenario.dials;
  const Dial& how = dials_ < dials.size() ? dials[dials_] : good;
  ++dials_;
  const bool fails = world_.fails("opening the voice leg");
  if (how.never_answers && !fails) return world_.ledger.note(Cause::voice_lost);
  world_.timeline.after(how.takes, [this, &leg, &how, fails] {
    if (leg.is_cancelled) return;
    if (!fails && how.refused_with < 0) return answer(leg, how);
    world_.ledger.note(how.refused_with == 0 || fails ? Cause::voice_lost : Cause::voice_refused);
    bridge_.unreachable(leg, fails ? 0 : how.refused_with, "upgrade");
  });
}

void Agent::answer(VoiceLeg& leg, const Dial& how) {
  auto shape = world_.scenario.voice_shape;
  shape.outbox_bytes_max = limits::voice_outbox_bytes_max;
  auto& wire = world_.new_wire(shape);
  const bool is_resumed =
      leg.endpoint.url.target.find("resumed_chat_group_id") != std::string::npos;
  auto& session = *sessions_.emplace_back(
      std::make_unique<Session>(*this, wire, static_cast<int>(dials_), is_resumed));
  session_ = &session;
  wire.at_party = [&session](std::string_view text) { session.read(text); };
  wire.at_party_closed = [&session](std::uint16_t) { session.end(); };
  bridge_.dialled(leg, wire);
  if (how.no_metadata) return world_.ledger.note(Cause::voice_lost);
  session.begin(how.metadata_after);
}

Utterance& Agent::new_utterance(int& index, bool is_goodbye) {
  auto& all = world_.ledger.utterances;
  index = static_cast<int>(all.size());
  auto& utterance = all.emplace_back();
  utterance.id = fmt::format("utterance-{}", index);
  utterance.text = fmt::format("agent sentence {}", index);
  utterance.colour = index % colours;
  utterance.is_goodbye = is_goodbye;
  return utterance;
}

/// What reaches the agent is the caller's audio in its order, nothing twice. A session that was
/// given up may still get what had been written for it.
void Agent::hear_frame(const Session& session, std::span<const std::int16_t> samples) {
  if (!world_.habits.keeps_samples) return;  // a resampler cuts frames anew and blurs numbers
  if (samples.size() != codec::frame_samples) {
    return world_.verdict.fail("the agent gets whole frames",
                               fmt::format("{} samples", samples.size()));
  }
  const auto& rates = world_.scenario.rates;
  if (rates.caller_odd_size > 0 || rates.caller_doubled > 0) return;  // numbers cut or repeated
  if (&session != session_) return;
  std::array<std::uint8_t, numbered_samples> head{};
  codec::ulaw_encode(samples.first(numbered_samples), head);
  const auto number = number_of(head);
  if (number == 0) return;
  if (number <= last_frame_number_) {
    return world_.verdict.fail("caller audio reaches the agent in its order, nothing twice",
                               fmt::format("{} after {}", number, last_frame_number_));
  }
  last_frame_number_ = number;
}

bool Agent::strike(const TimedFault& fault) {
  const bool stands = session_ != nullptr && !session_->is_over();
  const auto until = world_.now() + fault.lasting;
  auto& ledger = world_.ledger;
  switch (fault.what) {
    case Fault::voice_breaks:
      if (!stands) return true;
      ledger.note(Cause::voice_lost);
      session_->break_off();
      return true;
    case Fault::voice_closes:
      if (!stands) return true;
      ledger.note(fault.code == 1000 ? Cause::voice_ended : Cause::voice_lost);
      if (fault.code == 1008 || fault.code == 1002) ledger.note(Cause::voice_refused);
      if (fault.code == 1009 && world_.habits.big_is_final) ledger.note(Cause::voice_refused);
      session_->close(fault.code == 1006 ? 1011 : fault.code);
      return true;
    case Fault::voice_error:
      if (!stands) return true;
      ledger.note(Cause::voice_lost);
      ledger.note(Cause::voice_ended);
      ledger.note(Cause::voice_refused);
      session_->report_error(error_codes[fault.code % error_codes.size()], fault.code % 2 == 0);
      return true;
    case Fault::voice_frozen:
      ledger.note(Cause::voice_frozen);
      frozen_until_ = until;
      return true;
    case Fault::voice_mute:
      ledger.note(Cause::voice_frozen);
      mute_until_ = until;
      return true;
    case Fault::voice_endless:
      ledger.note(Cause::voice_frozen);
      endless_until_ = until;
      return true;
    case Fault::voice_unread:
      ledger.note(Cause::voice_frozen);
      if (stands) session_->wire().stall_outgoing(until);
      return true;
    case Fault::voice_late:
      ledger.note(Cause::voice_frozen);
      if (stands) session_->wire().stall_incoming(until);
      return true;
    case Fault::caller_refuses:
      ledger.note(Cause::opted_out);
      caller_refuses_ = true;
      return true;
    default:
      return false;
  }
}

}  // namespace tandem::simulation
