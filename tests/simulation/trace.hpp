// What happened in a run: always a hash (same seed, same hash), and on request one legible line per
// event. Frames of audio follow each other by the hundred, so equal neighbours of one channel
// become one line with a count.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "bridge/core/types.hpp"

namespace tandem::simulation {

enum class Channel : std::uint8_t {
  carrier_in,   ///< carrier -> bridge
  carrier_out,  ///< bridge -> carrier
  voice_in,     ///< agent -> bridge
  voice_out,    ///< bridge -> agent
  bridge,       ///< what the call decided or wrote down
  operators,    ///< commands, shutdown
  caller,       ///< what the person on the phone does and hears
  fault,        ///< what the simulator breaks
};

class Trace {
 public:
  Trace(core::TimePoint start, bool keeps_lines) : start_(start), keeps_lines_(keeps_lines) {}

  /// An event of its own; `what` may be a wire text of any length.
  void note(core::TimePoint now, Channel channel, std::string_view what);
  /// A frame of audio: `what` says of which kind, short; only its first of a row gets a line.
  void frame(core::TimePoint now, Channel channel, std::string_view what);

  [[nodiscard]] std::uint64_t hash() const noexcept { return hash_; }
  [[nodiscard]] bool keeps_lines() const noexcept { return keeps_lines_; }
  /// All lines so far, each ending in a line feed.
  [[nodiscard]] std::vector<std::string> take_lines();

 private:
  struct Run {
    std::string what;
    core::TimePoint first{};
    int count = 0;
  };
  static constexpr std::size_t channel_count = static_cast<std::size_t>(Channel::fault) + 1;

  void mix(core::TimePoint now, Channel channel, std::string_view what) noexcept;
  void flush(Channel channel);
  void flush_all();
  void line(core::TimePoint when, Channel channel, std::string_view what);

  core::TimePoint start_;
  bool keeps_lines_;
  std::uint64_t hash_ = 0xCBF29CE484222325;
  std::array<Run, channel_count> runs_;
  std::vector<std::string> lines_;
};

}  // namespace tandem::simulation
