// The voice leg is lost at any instant of a talk: while the agent speaks, while the caller speaks,
// in between. What the caller notices, and what of the caller's words reaches the next session.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "tests/simulation/corpus/recording.hpp"
#include "tests/simulation/corpus/talk.hpp"

namespace tandem::corpus {

enum class Loss : std::uint8_t { broken, server_error, refused_once, slow, no_answer };
inline constexpr std::size_t losses = static_cast<std::size_t>(Loss::no_answer) + 1;
std::string_view to_string(Loss loss) noexcept;

struct LostLeg {
  Loss loss{};
  std::uint64_t seed = 0;
  milliseconds at{0};  ///< after the agent's first sound
};

struct LostLegResult {
  Loss kind{};
  std::optional<double> gap_ms;         ///< lost -> the next session is ready; nothing: never
  std::size_t speech_while_away = 0;    ///< frames of the caller's voice that came in the gap
  std::size_t speech_lost = 0;          ///< of those, that no session ever got
  std::size_t speech_beyond_bound = 0;  ///< of the lost, older than what is kept when they went
  std::size_t speech_in_flight = 0;     ///< given to the old session, which was gone
  double greeted_again_ms = 0;          ///< heard of a greeting that had been heard before
  bool one_moment = false;
  bool goes_on = false;  ///< the agent is heard again
};

std::vector<LostLeg> lost_leg_corpus();
LostLegResult run(const LostLeg& one, const Clips& clips, const ClipIndex& index,
                  std::span<const std::uint8_t> one_moment);

}  // namespace tandem::corpus
