// The person on the phone: decides every 20 ms, from what is heard, whether to speak. Follows the
// steps of the scenario; knows nothing of wires.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "codec/audio.hpp"
#include "tests/simulation/random.hpp"
#include "tests/simulation/scenario.hpp"

namespace tandem::simulation {

/// Frames carry their number in their first samples, too quiet to be speech: 20 bits, from 1.
inline constexpr std::size_t numbered_samples = 5;
void number_frame(std::span<std::uint8_t> ulaw, std::int64_t number);
/// 0 for a frame that is not the caller's: silence of ours.
std::int64_t number_of(std::span<const std::uint8_t> ulaw);

class Caller {
 public:
  struct Deed {
    codec::UlawFrame frame{};
    bool is_speech = false;
    std::optional<char> key;
    bool hangs_up = false;
  };

  Caller(const Scenario& scenario, Random dice);

  /// The next 20 ms. `hears_agent`: in the 20 ms before; `ear`: the sample that came out last.
  const Deed& act(bool hears_agent, std::int16_t ear);
  /// Since the caller's last words, when they were words and the agent was silent.
  [[nodiscard]] std::optional<milliseconds> waiting_for_answer() const noexcept;

 private:
  void begin_next_step();
  void watch();
  void speak();
  [[nodiscard]] bool may_begin() const noexcept;

  const Scenario& scenario_;
  Random dice_;
  std::size_t next_step_ = 0;
  CallerStep step_;
  bool is_between_ = true;  // no step is under way
  milliseconds waited_{0};
  milliseconds spoken_{0};
  milliseconds patience_{0};
  milliseconds agent_heard_{0};  // in a row, short pauses included
  milliseconds agent_quiet_{0};
  bool agent_was_heard_ = false;  // since the last step
  milliseconds clear_speech_{0};  // of this step, with the agent silent
  milliseconds owed_{-1};
  std::int64_t frame_number_ = 0;
  Deed deed_;
};

}  // namespace tandem::simulation
