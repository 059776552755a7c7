#include "tests/simulation/corpus/checks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "tests/simulation/corpus/table.hpp"

namespace tandem::corpus {

namespace {

/// The caller's first loud frame has reached the bridge -> the clear leaves: the speech detector
/// needs three frames of 20 ms, and a word may begin softly.
constexpr double hold_p50_max_ms = 80;
constexpr double hold_p95_max_ms = 120;
/// One carrier message and what the playback clock cannot know of the line.
constexpr double said_twice_max_ms = 60;
/// A resampler's edge; a lost frame would be 20.
constexpr double lost_max_ms = 1;
/// Dialling, the first message of the chat and the network; after a refusal, the provider may ask
/// for half a second of patience.
constexpr double gap_p95_max_ms = 250;
constexpr double gap_after_refusal_max_ms = 1000;
constexpr std::size_t in_flight_frames_max = 4;

template <class Result>
using Rule = std::function<std::string(const Result&)>;

/// Holds for every result that is `concerned`; at least one must be.
template <class Result>
Check every(std::string name, const std::vector<Result>& results,
            const std::function<bool(const Result&)>& concerned, const Rule<Result>& problem_of) {
  std::size_t seen = 0;
  std::size_t broken = 0;
  std::string first;
  for (const auto& result : results) {
    if (!concerned(result)) continue;
    ++seen;
    const auto problem = problem_of(result);
    if (problem.empty()) continue;
    if (++broken == 1) first = fmt::format("{}: {}", to_string(result.kind), problem);
  }
  if (seen == 0) return {std::move(name), "no case of the corpus concerns this"};
  if (broken == 0) return {std::move(name), {}};
  return {std::move(name), fmt::format("{} of {} cases, the first: {}", broken, seen, first)};
}

Check at_most(std::string name, const std::vector<double>& values, double share, double most_ms) {
  const auto value = percentile(values, share);
  if (!value) return {std::move(name), "no case of the corpus concerns this"};
  if (*value <= most_ms) return {std::move(name), {}};
  return {std::move(name), fmt::format("{:.0f} ms; at most {:.0f}", *value, most_ms)};
}

std::string unless(bool holds, std::string problem) { return holds ? std::string() : problem; }

std::vector<double> hold_times(const std::vector<CutInResult>& results,
                               std::initializer_list<CutInKind> kinds) {
  std::vector<double> times;
  for (const auto& one : results) {
    const bool counts = std::find(kinds.begin(), kinds.end(), one.kind) != kinds.end();
    if (counts && one.bridge_ms) times.push_back(*one.bridge_ms);
  }
  return times;
}

bool any(const CutInResult&) { return true; }
bool is_sentence(const CutInResult& one) {
  return is_real(one.kind) && one.kind != CutInKind::one_word;
}
bool is_plain_sentence(const CutInResult& one) {
  return one.kind == CutInKind::sentence_loud || one.kind == CutInKind::sentence;
}
bool is_no_voice(const CutInResult& one) { return !is_real(one.kind) && !is_echo(one.kind); }

void check_cut_ins(const std::vector<CutInResult>& all, std::vector<Check>& checks) {
  using R = CutInResult;
  checks.push_back(every<R>("a caller of ordinary loudness who cuts in always silences the agent",
                            all, is_plain_sentence, [](const R& one) {
                              return unless(one.held > 0 && one.is_confirmed,
                                            "never held, or not cut off");
                            }));
  checks.push_back(every<R>("a caller who cuts in with a sentence always gets the floor", all,
                            is_sentence,
                            [](const R& one) { return unless(one.is_confirmed, "not cut off"); }));
  checks.push_back(at_most("half of the holds come within 80 ms of the caller's first sound",
                           hold_times(all, {CutInKind::sentence_loud, CutInKind::sentence}), 0.5,
                           hold_p50_max_ms));
  checks.push_back(at_most("95 % of the holds come within 120 ms",
                           hold_times(all, {CutInKind::sentence_loud, CutInKind::sentence}), 0.95,
                           hold_p95_max_ms));
  checks.push_back(every<R>("nodding along, coughs, bumps and noise never cut the agent off", all,
                            is_no_voice,
                            [](const R& one) { return unless(!one.is_confirmed, "cut off"); }));
  checks.push_back(every<R>(
      "an echo of 15 dB loss and more never holds the agent", all,
      [](const R& one) { return is_echo(one.kind) && one.kind != CutInKind::echo_10; },
      [](const R& one) { return unless(one.held == 0, "held"); }));
}

void check_what_is_lost(const std::vector<CutInResult>& all, std::vector<Check>& checks) {
  using R = CutInResult;
  const auto was_rejected = [](const R& one) { return one.rejected > 0; };
  checks.push_back(every<R>(
      "a hold that comes to nothing loses nothing of the agent", all,
      [](const R& one) { return one.rejected > 0 && !one.is_confirmed; },
      [](const R& one) {
        return unless(one.lost_ms <= lost_max_ms, fmt::format("{:.1f} ms lost", one.lost_ms));
      }));
  checks.push_back(every<R>(
      "a hold that comes to nothing repeats at most 60 ms", all, was_rejected, [](const R& one) {
        const auto each = one.repeated_ms / static_cast<double>(one.rejected);
        return unless(each <= said_twice_max_ms, fmt::format("{:.1f} ms", each));
      }));
  checks.push_back(every<R>(
      "E19: nothing of an utterance is heard after it was cut off", all,
      [](const R& one) { return one.is_confirmed; },
      [](const R& one) {
        return unless(one.late_ms <= 0, fmt::format("{:.1f} ms", one.late_ms));
      }));
  checks.push_back(every<R>(
      "every interruption by the agent clears the carrier in the same drain", all,
      [](const R& one) { return one.verdicts > 0; },
      [](const R& one) { return unless(one.verdicts_cleared == one.verdicts, "no clear"); }));
  checks.push_back(every<R>(
      "no frame of the caller's voice is lost on the way to the agent", all, any, [](const R& one) {
        return unless(one.frames_lost == 0, fmt::format("{} frames", one.frames_lost));
      }));
}

void check_lost_legs(const std::vector<LostLegResult>& all, std::vector<Check>& checks) {
  using R = LostLegResult;
  std::vector<double> at_once;
  std::vector<double> refused;
  for (const auto& one : all) {
    if (!one.gap_ms) continue;
    if (one.kind == Loss::broken || one.kind == Loss::server_error) at_once.push_back(*one.gap_ms);
    if (one.kind == Loss::refused_once) refused.push_back(*one.gap_ms);
  }
  const auto each = [](const R&) { return true; };
  checks.push_back(
      every<R>("a lost voice leg always comes back, and the agent is heard again", all, each,
               [](const R& one) { return unless(one.gap_ms && one.goes_on, "it does not"); }));
  checks.push_back(
      at_most("a lost voice leg is dialled again at once", at_once, 0.95, gap_p95_max_ms));
  checks.push_back(at_most("after a refusal the voice leg is back within a second", refused, 1,
                           gap_after_refusal_max_ms));
  checks.push_back(every<R>("what the caller says into a gap of up to 6 s reaches the next session",
                            all, each, [](const R& one) {
                              return unless(one.speech_lost == one.speech_beyond_bound,
                                            fmt::format("{} frames lost", one.speech_lost));
                            }));
  checks.push_back(every<R>("a broken connection takes at most 80 ms of speech with it", all, each,
                            [](const R& one) {
                              return unless(one.speech_in_flight <= in_flight_frames_max,
                                            fmt::format("{} frames", one.speech_in_flight));
                            }));
}

void check_freezes(const std::vector<FreezeResult>& all, std::vector<Check>& checks) {
  using R = FreezeResult;
  const auto of = [](FreezeKind kind) { return [kind](const R& one) { return one.kind == kind; }; };
  const auto within = [](std::optional<double> time, double low, double high) {
    return time && *time >= low && *time <= high;
  };
  checks.push_back(every<R>(
      "E12: an agent that owes an answer, or half of one, is asked again after 3.9 to 4.5 s", all,
      [](const R&) { return true; },
      [&](const R& one) { return unless(within(one.nudge_ms, 3900, 4500), "not asked then"); }));
  checks.push_back(every<R>(
      "an agent that wakes when asked is heard within 6.5 s", all, of(FreezeKind::wakes_when_asked),
      [&](const R& one) { return unless(within(one.heard_again_ms, 0, 6500), "not heard"); }));
  checks.push_back(every<R>("an agent that needs a new session is heard within 10 s", all,
                            of(FreezeKind::needs_new_session), [&](const R& one) {
                              return unless(within(one.heard_again_ms, 0, 10'000), "not heard");
                            }));
  checks.push_back(every<R>("an agent that never recovers is given up after 15 to 15.5 s", all,
                            of(FreezeKind::never_recovers), [&](const R& one) {
                              return unless(within(one.give_up_ms, 15'000, 15'500) &&
                                                one.end_reason == "voice_frozen",
                                            "the call goes on: " + one.end_reason);
                            }));
}

}  // namespace

std::vector<Check> check(const Results& results) {
  std::vector<Check> checks;
  check_cut_ins(results.cut_ins, checks);
  check_what_is_lost(results.cut_ins, checks);
  check_lost_legs(results.lost_legs, checks);
  check_freezes(results.freezes, checks);
  return checks;
}

}  // namespace tandem::corpus
