#include "tests/simulation/corpus/report.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "tests/simulation/corpus/table.hpp"

namespace tandem::corpus {

namespace {

template <class Result, class Kind>
std::vector<const Result*> of(const std::vector<Result>& all, Kind kind) {
  std::vector<const Result*> found;
  for (const auto& one : all) {
    if (one.kind == kind) found.push_back(&one);
  }
  return found;
}

template <class Result>
std::vector<double> values(const std::vector<const Result*>& all,
                           std::optional<double> Result::*member) {
  std::vector<double> found;
  for (const auto* one : all) {
    if (one->*member) found.push_back(*(one->*member));
  }
  return found;
}

template <class Result, class Counts>
std::string count(const std::vector<const Result*>& all, Counts counts) {
  return std::to_string(std::count_if(all.begin(), all.end(), counts));
}

using CutIns = std::vector<const CutInResult*>;

std::vector<double> holes(const CutIns& all) {
  std::vector<double> found;
  for (const auto* one : all) found.insert(found.end(), one->holes_ms.begin(), one->holes_ms.end());
  return found;
}

std::string repeated(const CutIns& all) {
  double most = 0;
  for (const auto* one : all) {
    if (one->rejected > 0)
      most = std::max(most, one->repeated_ms / static_cast<double>(one->rejected));
  }
  return fmt::format("{:.0f}", most);
}

std::string lost(const CutIns& all) {
  double most = 0;
  for (const auto* one : all) most = std::max(most, one->lost_ms);
  return fmt::format("{:.0f}", most);
}

template <class Result>
std::string sum(const std::vector<const Result*>& all, std::size_t Result::*member) {
  std::size_t total = 0;
  for (const auto* one : all) total += one->*member;
  return std::to_string(total);
}

NamedTable holds_table(const std::vector<CutInResult>& all) {
  Table table({"while the agent speaks", "cases", "held", "clear sent after, ms",
               "agent silent after, ms", "by its own verdict only, ms", "cut off", "cut itself off",
               "holds resumed", "pause heard, ms", "agent lost, ms", "said twice, ms",
               "caller lost, frames"});
  for (std::size_t i = 0; i < cut_in_kinds; ++i) {
    const auto kind = static_cast<CutInKind>(i);
    const auto some = of(all, kind);
    table.add(
        {std::string(to_string(kind)), std::to_string(some.size()),
         count(some, [](const auto* one) { return one->held > 0; }),
         p50_p95(values(some, &CutInResult::bridge_ms)),
         p50_p95(values(some, &CutInResult::stop_ms)),
         p50_p95(values(some, &CutInResult::no_hold_ms)),
         count(some, [](const auto* one) { return one->is_confirmed && !one->cut_itself_off; }),
         count(some, [](const auto* one) { return one->cut_itself_off; }),
         sum(some, &CutInResult::rejected), p50_p95(holes(some)), lost(some), repeated(some),
         sum(some, &CutInResult::frames_lost)});
  }
  return {"barge-in", "Barge-in", table.lines()};
}

NamedTable lost_legs_table(const std::vector<LostLegResult>& all) {
  Table table({"the voice leg", "cases", "gap, ms (p50 / p95 / max)",
               "caller spoke into it, frames", "kept", "older than 6 s", "lost with the socket",
               "\"one moment\" played", "greeted again", "agent goes on"});
  for (std::size_t i = 0; i < losses; ++i) {
    const auto kind = static_cast<Loss>(i);
    const auto some = of(all, kind);
    std::size_t kept = 0;
    for (const auto* one : some) kept += one->speech_while_away - one->speech_lost;
    table.add({std::string(to_string(kind)), std::to_string(some.size()),
               p50_p95_max(values(some, &LostLegResult::gap_ms)),
               sum(some, &LostLegResult::speech_while_away), std::to_string(kept),
               sum(some, &LostLegResult::speech_beyond_bound),
               sum(some, &LostLegResult::speech_in_flight),
               count(some, [](const auto* one) { return one->one_moment; }),
               count(some, [](const auto* one) { return one->greeted_again_ms > 100; }),
               count(some, [](const auto* one) { return one->goes_on; })});
  }
  return {"lost-leg", "Voice leg lost", table.lines()};
}

NamedTable freezes_table(const std::vector<FreezeResult>& all) {
  Table table({"the agent", "cases", "\"one moment\" after, ms", "asked again after, ms",
               "new session after, ms", "given up after, ms", "recovered",
               "heard again after, ms"});
  for (std::size_t i = 0; i < freeze_kinds; ++i) {
    const auto kind = static_cast<FreezeKind>(i);
    const auto some = of(all, kind);
    table.add({std::string(to_string(kind)), std::to_string(some.size()),
               p50_p95(values(some, &FreezeResult::one_moment_ms)),
               p50_p95(values(some, &FreezeResult::nudge_ms)),
               p50_p95(values(some, &FreezeResult::resume_ms)),
               p50_p95(values(some, &FreezeResult::give_up_ms)),
               count(some, [](const auto* one) { return one->heard_again_ms.has_value(); }),
               p50_p95(values(some, &FreezeResult::heard_again_ms))});
  }
  return {"freeze", "Agent frozen", table.lines()};
}

}  // namespace

std::vector<NamedTable> report(const Results& results) {
  return {holds_table(results.cut_ins), lost_legs_table(results.lost_legs),
          freezes_table(results.freezes)};
}

}  // namespace tandem::corpus
