// The corpus of what happens while the agent speaks: cut-ins, single words, "uh-huh", coughs,
// bumps, noise, the agent's own echo. Each case is one call in which the agent reads its opening
// hours (14.6 s) and the caller's end makes a sound at a given place of it.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "tests/simulation/corpus/recording.hpp"
#include "tests/simulation/corpus/talk.hpp"

namespace tandem::corpus {

enum class CutInKind : std::uint8_t {
  sentence_loud,
  sentence,
  sentence_quiet,
  sentence_in_noise,
  sentence_over_echo,
  one_word,
  backchannel,
  cough,
  bump,
  typing,
  distant_talk,
  steady_noise,
  echo_30,
  echo_20,
  echo_15,
  echo_10,
};
inline constexpr std::size_t cut_in_kinds = static_cast<std::size_t>(CutInKind::echo_10) + 1;
std::string_view to_string(CutInKind kind) noexcept;
/// The caller wants the floor.
bool is_real(CutInKind kind) noexcept;
bool is_echo(CutInKind kind) noexcept;

struct CutIn {
  CutInKind kind{};
  std::uint64_t seed = 0;
  milliseconds position{0};  ///< of the agent's turn, as heard
  double agent_speed = 2;    ///< of generation: slow agents still generate when the caller cuts in
  Heard caller;              ///< empty: the caller's end is silent
  Sound background;
  EchoPath echo;
  milliseconds min_interruption{800};  ///< of the agent: a setting of Hume's configuration
};

/// What came of it.
struct CutInResult {
  CutInKind kind{};
  std::size_t held = 0;
  std::size_t rejected = 0;
  bool is_confirmed = false;         ///< the agent was cut off for good
  bool cut_itself_off = false;       ///< ... although nobody had spoken but itself
  std::optional<double> bridge_ms;   ///< the caller's first loud frame is here -> clear is sent
  std::optional<double> stop_ms;     ///< first loud sample -> the agent's last sample is played
  std::optional<double> no_hold_ms;  ///< the same, had only the agent's verdict counted
  std::vector<double> holes_ms;      ///< silences heard inside the agent's turn, by rejected holds
  double lost_ms = 0;                ///< of the turn, never heard although it was not cut off
  double repeated_ms = 0;            ///< of the turn, heard twice
  double late_ms = 0;                ///< of the turn, heard after it had been cut off
  std::size_t frames_lost = 0;       ///< of the caller's voice, that the agent never got
  std::size_t verdicts = 0;
  std::size_t verdicts_cleared = 0;  ///< of those, with a clear in the same drain
};

std::vector<CutIn> cut_in_corpus(const Clips& clips);
CutInResult run(const CutIn& one, const Clips& clips, const ClipIndex& index);

}  // namespace tandem::corpus
