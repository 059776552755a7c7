// The agent freezes with its socket open: it owes an answer, or the rest of a sentence, and sends
// nothing any more. What the ladder of bridge/call/dead_air does about it, and when.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/simulation/corpus/recording.hpp"
#include "tests/simulation/corpus/talk.hpp"

namespace tandem::corpus {

enum class FreezeKind : std::uint8_t {
  wakes_when_asked,
  needs_new_session,
  never_recovers,
  stops_mid_sentence,
};
inline constexpr std::size_t freeze_kinds =
    static_cast<std::size_t>(FreezeKind::stops_mid_sentence) + 1;
std::string_view to_string(FreezeKind kind) noexcept;

struct FrozenAgent {
  FreezeKind kind{};
  std::uint64_t seed = 0;
  milliseconds sentence_at{0};  ///< of the caller, after the agent's first sound
};

/// Times count from the last sound that anybody made: the caller's question, or the agent's half
/// sentence.
struct FreezeResult {
  FreezeKind kind{};
  std::optional<double> one_moment_ms;
  std::optional<double> nudge_ms;
  std::optional<double> resume_ms;
  std::optional<double> give_up_ms;
  std::optional<double> heard_again_ms;  ///< the agent itself
  std::string end_reason;                ///< empty: the call goes on
};

std::vector<FrozenAgent> freeze_corpus();
FreezeResult run(const FrozenAgent& one, const Clips& clips, const ClipIndex& index,
                 std::span<const std::uint8_t> one_moment);

}  // namespace tandem::corpus
