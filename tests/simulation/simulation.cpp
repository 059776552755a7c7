#include "tests/simulation/simulation.hpp"

#include "bridge/twilio/media_stream.hpp"
#include "codec/audio.hpp"
#include "tests/simulation/agent.hpp"
#include "tests/simulation/checks.hpp"
#include "tests/simulation/fake_twilio.hpp"

namespace tandem::simulation {

namespace {

using namespace std::chrono_literals;

/// After the call's end: what is on its way arrives, what was left behind shows.
constexpr auto aftermath = 12s;
/// A run that is longer has escaped every cap.
constexpr auto longest_run = 10min;
/// No display of time may change what happens: the runs' wall clocks lie decades apart.
constexpr std::int64_t wall_clocks = 60;

std::span<const std::uint8_t> one_moment() {
  static constexpr auto clip = [] {
    std::array<std::uint8_t, 40 * codec::frame_bytes> ulaw{};
    for (std::size_t i = 0; i < ulaw.size(); ++i) ulaw[i] = clip_bytes[i % 2];
    return ulaw;
  }();
  return clip;
}

std::unique_ptr<call::Call> make_call(const World& world, std::string_view provider) {
  const auto& scenario = world.scenario;
  call::CallSettings settings;
  settings.id = core::CallId("00000000-0000-4000-8000-000000000001");
  settings.carrier_call_id = core::CarrierCallId(std::string(call_id));
  settings.account_id = account_id;
  settings.from = core::PhoneNumber("+15555550101");
  settings.to = core::PhoneNumber("+15555550102");
  settings.time_limit = std::chrono::duration_cast<std::chrono::seconds>(scenario.time_limit);
  settings.playout = scenario.playout;
  settings.protected_greeting = scenario.protected_greeting;
  settings.opt_out_digit = scenario.opt_out_digit;
  settings.answered_policy = scenario.answered_policy;
  settings.keys_reach_agent = scenario.keys_reach_agent;
  if (scenario.can_transfer) settings.transfer_to = core::PhoneNumber("+15555550103");
  if (scenario.has_one_moment) settings.one_moment = one_moment();
  std::vector<std::unique_ptr<call::VoiceProvider>> voices;
  voices.push_back(make_provider(provider));
  const auto years = static_cast<std::int64_t>(scenario.seed) % wall_clocks;
  return std::make_unique<call::Call>(
      std::move(settings), std::make_unique<twilio::MediaStreamCodec>(), std::move(voices),
      world.now(), core::WallTime(std::chrono::hours(24 * 365 * years)));
}

class Run {
 public:
  Run(const Scenario& scenario, const RunOptions& options)
      : world_(scenario, options.nth_failure, options.keeps_lines),
        bridge_(world_, make_call(world_, options.provider)),
        carrier_(world_, bridge_),
        agent_(world_, bridge_, options.provider) {}

  Outcome play() {
    world_.note(Channel::bridge, describe(world_.scenario));
    bridge_.start();
    carrier_.begin();
    for (const auto& fault : world_.scenario.faults) {
      world_.timeline.after(fault.at, [this, &fault] { strike(fault); });
    }
    while (goes_on()) bridge_.checks().watch(carrier_.caller_waits());
    if (world_.verdict.ok()) {
      bridge_.checks().at_end(bridge_.open_voice_legs() > 0, bridge_.carrier_is_open());
    }
    return outcome();
  }

 private:
  bool goes_on() {
    if (!world_.verdict.ok() || world_.timeline.elapsed() > longest_run) return false;
    if (bridge_.has_ended() && !over_at_) over_at_ = world_.now() + aftermath;
    if (over_at_ && world_.now() > *over_at_) return false;
    return world_.timeline.step();
  }

  void strike(const TimedFault& fault) {
    if (bridge_.has_ended()) return;
    world_.note(Channel::fault, fmt::format("{} for {} ms ({})", to_string(fault.what),
                                            fault.lasting.count(), fault.code));
    if (carrier_.strike(fault) || agent_.strike(fault)) return;
    command(fault);
  }

  void command(const TimedFault& fault) {
    auto& ledger = world_.ledger;
    switch (fault.what) {
      case Fault::operator_hangs_up:
        ledger.note(Cause::operator_hung_up);
        return bridge_.command(call::OperatorHangUp{});
      case Fault::operator_says:
        return bridge_.command(call::OperatorSay{fmt::format("operator sentence {}", ++said_)});
      case Fault::operator_whispers:
        return bridge_.command(call::OperatorContext{"the caller's name is not known"});
      case Fault::operator_pauses:
        return bridge_.command(call::OperatorPause{true});
      case Fault::operator_resumes:
        return bridge_.command(call::OperatorPause{false});
      case Fault::operator_transfers:
        return bridge_.command(
            call::OperatorTransfer{core::PhoneNumber("+15555550104"), "a caller for you"});
      case Fault::operator_listens:
        return bridge_.command(call::OperatorListen{1, "an operator", true});
      case Fault::carrier_answers:
        ledger.note(Cause::machine_answered);
        return bridge_.command(call::CarrierAnswered{static_cast<call::AnsweredBy>(fault.code)});
      case Fault::opts_out_elsewhere:
        ledger.note(Cause::opted_out);
        return bridge_.command(call::OptedOutElsewhere{});
      default:
        ledger.note(Cause::shut_down);
        return bridge_.command(call::ShutDown{});
    }
  }

  Outcome outcome() {
    const auto& call = bridge_.call();
    return {world_.verdict.ok(),
            world_.verdict.rule(),
            world_.verdict.what(),
            world_.trace.hash(),
            world_.failures.steps(),
            std::chrono::duration_cast<milliseconds>(world_.timeline.elapsed()).count(),
            call.end_reason() ? std::string(to_string(*call.end_reason())) : "none",
            world_.trace.take_lines()};
  }

  World world_;
  Bridge bridge_;
  FakeTwilio carrier_;
  Agent agent_;
  std::optional<core::TimePoint> over_at_;
  int said_ = 0;
};

}  // namespace

Outcome run(const Scenario& scenario, const RunOptions& options) {
  return Run(scenario, options).play();
}

}  // namespace tandem::simulation
