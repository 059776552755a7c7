#include "tests/simulation/scenario.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "bridge/core/limits.hpp"

namespace tandem::simulation {

namespace {

using namespace std::chrono_literals;

constexpr std::array<std::string_view, 32> fault_names = {
    "carrier_breaks",       "carrier_closes",       "carrier_silent",     "carrier_takeover",
    "carrier_unread",       "carrier_late",         "carrier_flood",      "carrier_binary",
    "carrier_second_start", "carrier_bad_messages", "carrier_says_ended", "caller_leaves",
    "caller_leaves_mutely", "voice_breaks",         "voice_closes",       "voice_error",
    "voice_frozen",         "voice_mute",           "voice_endless",      "voice_unread",
    "voice_late",           "operator_hangs_up",    "operator_says",      "operator_whispers",
    "operator_pauses",      "operator_resumes",     "operator_transfers", "shut_down",
    "operator_listens",     "carrier_answers",      "opts_out_elsewhere", "caller_refuses"};

using Kind = CallerStep::Kind;

CallerStep draw_step(Random& dice) {
  static constexpr std::array kinds = {
      Kind::answer, Kind::answer, Kind::answer,      Kind::barge_in, Kind::barge_in,
      Kind::cough,  Kind::cough,  Kind::backchannel, Kind::wait,     Kind::key};
  CallerStep step;
  step.kind = dice.pick(kinds);
  step.after = dice.between(100ms, 1500ms);
  switch (step.kind) {
    case Kind::cough:
      step.length = dice.between(60ms, 180ms);
      break;
    case Kind::backchannel:
      step.length = dice.between(220ms, 420ms);
      break;
    case Kind::wait:
      step.length = dice.between(500ms, dice.chance(0.1) ? 9000ms : 2500ms);
      break;
    case Kind::key: {
      static constexpr std::array keys = {'0', '1', '9', '*', '#'};
      step.key = dice.pick(keys);
      break;
    }
    default:
      step.length = dice.between(400ms, 2200ms);
  }
  return step;
}

void draw_caller(Scenario& scenario, Random& dice) {
  const auto steps = dice.between(1, 7);
  for (std::int64_t i = 0; i < steps; ++i) scenario.caller.push_back(draw_step(dice));
  if (dice.chance(0.8)) scenario.caller.push_back({Kind::hang_up});
  if (dice.chance(0.2)) scenario.echo = 0.02 + 0.01 * static_cast<double>(dice.between(0, 15));
}

void draw_agent(AgentManner& agent, Random& dice) {
  static constexpr std::array rates = {24'000, 24'000, 24'000, 48'000, 16'000, 8'000};
  static constexpr std::array speeds = {1, 2, 4, 8, 20};
  agent.greets = dice.chance(0.9);
  agent.greets_again = dice.chance(0.4);
  agent.min_interruption = dice.between(200ms, 800ms);
  agent.end_of_turn = dice.between(400ms, 900ms);
  agent.thinking = dice.between(100ms, 1200ms);
  agent.sentences_max = static_cast<int>(dice.between(1, 3));
  agent.sentence_max = dice.between(700ms, 3500ms);
  agent.chunk = dice.between(60ms, 900ms);
  agent.speed = dice.pick(speeds);
  agent.rate_hz = dice.pick(rates);
  agent.answers_before_goodbye = dice.chance(0.4) ? static_cast<int>(dice.between(1, 3)) : 99;
  agent.closes_after_goodbye = dice.chance(0.8);
  agent.answers_backchannels = dice.chance(0.3);
  agent.calls_tools = dice.chance(0.2);
  agent.stale_audio_follows = dice.chance(0.3);
  agent.audio_before_text = dice.chance(0.15);
}

void draw_dials(Scenario& scenario, Random& dice) {
  static constexpr std::array refusals = {0, 0, 401, 429, 500, 503, 404};
  const auto unlucky = dice.chance(0.15) ? dice.between(1, 5) : 0;
  for (int i = 0; i < 6; ++i) {
    Dial dial;
    dial.takes = dice.between(20ms, 400ms);
    dial.metadata_after = dice.between(5ms, 250ms);
    if (i < unlucky) {
      dial.refused_with = dice.pick(refusals);
      dial.never_answers = dice.chance(0.2);
      dial.no_metadata = dice.chance(0.2);
      if (dial.no_metadata) dial.refused_with = -1;
    }
    scenario.dials.push_back(dial);
  }
}

TimedFault draw_fault(Random& dice, milliseconds within) {
  static constexpr std::array<std::uint16_t, 9> codes = {1006, 1000, 1011, 1008, 1001,
                                                         1012, 1009, 1002, 1013};
  TimedFault fault;
  fault.at = dice.between(0ms, within);
  fault.what = static_cast<Fault>(dice.between(0, static_cast<std::int64_t>(Fault::shut_down)));
  // The conversation is what we want to see: what ends it outright comes less often.
  const bool ends_it = fault.what == Fault::carrier_binary || fault.what == Fault::shut_down ||
                       fault.what == Fault::carrier_says_ended ||
                       fault.what == Fault::operator_hangs_up;
  if (ends_it && dice.chance(0.6)) fault.what = Fault::voice_breaks;
  fault.lasting = dice.chance(0.2) ? dice.between(3000ms, 20'000ms) : dice.between(100ms, 3000ms);
  fault.code = dice.pick(codes);
  return fault;
}

/// What came later than the seeds that are fixed.
void draw_later(Scenario& scenario) {
  Random dice(scenario.seed ^ 0x6f70'745f'6f75'74);
  if (!dice.chance(0.3)) return;
  if (dice.chance(0.5)) scenario.answered_policy = call::AnsweredPolicy::hang_up;
  TimedFault fault;
  fault.at = dice.between(0ms, std::min(scenario.time_limit, 25'000ms));
  fault.what = static_cast<Fault>(dice.between(static_cast<std::int64_t>(Fault::operator_listens),
                                               static_cast<std::int64_t>(Fault::caller_refuses)));
  fault.code = static_cast<std::uint16_t>(dice.between(0, 3));
  scenario.faults.push_back(fault);
}

double draw_rate(Random& dice) {
  return dice.chance(0.3) ? 0.02 * static_cast<double>(dice.between(1, 5)) : 0;
}

void draw_rates(Rates& rates, Random& dice) {
  rates.caller_doubled = draw_rate(dice);
  rates.caller_missing = draw_rate(dice);
  rates.caller_leap = draw_rate(dice) / 10;
  rates.caller_unreadable = draw_rate(dice) / 100;
  rates.caller_bad_base64 = draw_rate(dice) / 4;
  rates.caller_odd_size = draw_rate(dice) / 2;
  rates.mark_lost = draw_rate(dice) * 5;
  rates.mark_doubled = draw_rate(dice) * 5;
  rates.mark_late = draw_rate(dice) * 5;
  rates.voice_unreadable = draw_rate(dice) / 10;
  rates.voice_bad_base64 = draw_rate(dice);
  rates.voice_bad_wav = draw_rate(dice);
  rates.voice_index_gap = draw_rate(dice);
  rates.voice_other_rate = draw_rate(dice);
  rates.voice_unknown = draw_rate(dice) * 2;
}

void draw_line(Scenario& scenario, Random& dice) {
  const auto draw_shape = [&](WireShape& shape, std::chrono::microseconds delay_max) {
    shape.delay = dice.between(1000us, delay_max);
    shape.jitter = dice.chance(0.5) ? 0us : dice.between(0us, 40'000us);
  };
  draw_shape(scenario.carrier_shape, 120'000us);
  draw_shape(scenario.voice_shape, 80'000us);
  scenario.stream_after = dice.between(0ms, 2500ms);
  scenario.rest_takes = dice.between(30ms, 600ms);
}

void draw_ends(Scenario& scenario, Random& dice) {
  scenario.end_is_reported = dice.chance(0.8);
  if (dice.chance(0.7)) scenario.stream_returns_after = dice.between(200ms, 6000ms);
  if (dice.chance(0.15)) scenario.rest_failures = dice.chance(0.3) ? 99 : 1;
  if (dice.chance(0.08)) {
    scenario.opening =
        static_cast<Opening>(dice.between(1, static_cast<std::int64_t>(Opening::gone_early)));
  }
}

}  // namespace

std::string_view to_string(Fault fault) noexcept {
  return fault_names[static_cast<std::size_t>(fault)];
}

bool Scenario::is_calm() const noexcept {
  const bool all_dials_work = std::all_of(dials.begin(), dials.end(), [](const Dial& dial) {
    return dial.refused_with < 0 && !dial.never_answers && !dial.no_metadata;
  });
  const Rates& r = rates;
  return faults.empty() && all_dials_work && opening == Opening::ordinary && rest_failures == 0 &&
         r.caller_doubled + r.caller_missing + r.caller_leap + r.caller_unreadable +
                 r.caller_bad_base64 + r.caller_odd_size + r.mark_lost + r.mark_doubled +
                 r.mark_late + r.voice_unreadable + r.voice_bad_base64 + r.voice_bad_wav +
                 r.voice_index_gap + r.voice_other_rate ==
             0;
}

Scenario draw_scenario(std::uint64_t seed) {
  Random dice(seed);
  Scenario scenario;
  scenario.seed = seed;
  scenario.time_limit = milliseconds(dice.between(12, 40) * 1000);
  if (dice.chance(0.15)) scenario.protected_greeting = dice.between(500ms, 3000ms);
  scenario.can_transfer = dice.chance(0.3);
  scenario.keys_reach_agent = dice.chance(0.4);
  scenario.has_one_moment = dice.chance(0.7);
  if (dice.chance(0.4)) scenario.opt_out_digit = '9';
  draw_line(scenario, dice);
  draw_caller(scenario, dice);
  draw_agent(scenario.agent, dice);
  draw_dials(scenario, dice);
  const bool is_calm = dice.chance(0.15);
  if (is_calm) {
    for (auto& dial : scenario.dials) dial.refused_with = -1;
    for (auto& dial : scenario.dials) dial.never_answers = dial.no_metadata = false;
    return scenario;
  }
  draw_ends(scenario, dice);
  if (dice.chance(0.35)) draw_rates(scenario.rates, dice);
  const auto faults = dice.between(0, 3);
  for (std::int64_t i = 0; i < faults; ++i) {
    scenario.faults.push_back(draw_fault(dice, std::min(scenario.time_limit, 25'000ms)));
  }
  draw_later(scenario);
  return scenario;
}

Scenario standard_conversation() {
  Scenario scenario;
  scenario.time_limit = 30'000ms;
  scenario.caller = {{Kind::answer, 700ms, 300ms}, {Kind::barge_in, 900ms, 500ms}, {Kind::key}};
  scenario.agent.sentence_max = 1200ms;
  scenario.agent.sentences_max = 1;
  scenario.agent.thinking = 200ms;
  scenario.agent.end_of_turn = 500ms;
  scenario.agent.answers_before_goodbye = 1;
  scenario.stream_returns_after = 1000ms;
  scenario.stream_after = 300ms;
  return scenario;
}

std::string describe(const Scenario& scenario) {
  std::string text = fmt::format(
      "limit {} s, carrier {}+{} ms, voice {}+{} ms, opening {}, {} caller steps, agent {} Hz x{}",
      scenario.time_limit.count() / 1000, scenario.carrier_shape.delay.count() / 1000,
      scenario.carrier_shape.jitter.count() / 1000, scenario.voice_shape.delay.count() / 1000,
      scenario.voice_shape.jitter.count() / 1000, static_cast<int>(scenario.opening),
      scenario.caller.size(), scenario.agent.rate_hz, scenario.agent.speed);
  for (const auto& fault : scenario.faults) {
    text += fmt::format("; {} at {} ms for {} ms ({})", to_string(fault.what), fault.at.count(),
                        fault.lasting.count(), fault.code);
  }
  const Rates& r = scenario.rates;
  text += fmt::format(
      "; of 1000 caller {:.0f} doubled {:.0f} missing {:.0f} bad, marks {:.0f} lost {:.0f} late",
      r.caller_doubled * 1000, r.caller_missing * 1000, r.caller_bad_base64 * 1000,
      r.mark_lost * 1000, r.mark_late * 1000);
  return text + (scenario.is_calm() ? "; calm" : "");
}

}  // namespace tandem::simulation
