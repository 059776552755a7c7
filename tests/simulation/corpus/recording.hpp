// What the caller heard, sample by sample, and which part of which agent clip it was. Works on the
// bytes alone: the playout's mu-law is exactly that of the clip, so a piece of 40 bytes that are
// not silence is found again wherever it was cut, repeated or left out.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "tests/simulation/corpus/clips.hpp"

namespace tandem::corpus {

/// A stretch of one clip that was heard without a break.
struct Stretch {
  const AgentClip* clip = nullptr;
  std::size_t clip_begin = 0;   ///< sample of the clip
  std::size_t heard_begin = 0;  ///< sample of the recording
  std::size_t length = 0;
  [[nodiscard]] std::size_t clip_end() const noexcept { return clip_begin + length; }
  [[nodiscard]] std::size_t heard_end() const noexcept { return heard_begin + length; }
};

/// Where each piece of each clip stands. Made once.
class ClipIndex {
 public:
  explicit ClipIndex(const Clips& clips);
  struct Place {
    const AgentClip* clip = nullptr;
    std::size_t position = 0;
  };
  /// Nothing when the bytes are of no clip, or silence.
  [[nodiscard]] const Place* find(std::span<const std::int16_t> heard) const;

  static constexpr std::size_t piece = 40;

 private:
  std::unordered_map<std::uint64_t, Place> places_;
};

class Recording {
 public:
  static constexpr std::int16_t nothing = -1;

  void play(std::span<const std::uint8_t> ulaw, std::size_t length);
  [[nodiscard]] std::size_t size() const noexcept { return heard_.size(); }
  [[nodiscard]] bool is_silent(std::size_t at) const { return heard_.at(at) == nothing; }
  /// The mu-law byte as a linear sample, 0 where nothing played or outside.
  [[nodiscard]] float sample(std::int64_t at) const noexcept;
  [[nodiscard]] std::vector<Stretch> stretches(const ClipIndex& index) const;

  /// The first sample at or after `from` where nothing plays, and the first after that where
  /// something does; size() when there is none.
  [[nodiscard]] std::size_t next_silence(std::size_t from) const noexcept;
  [[nodiscard]] std::size_t next_sound(std::size_t from) const noexcept;

 private:
  [[nodiscard]] Stretch recognise(const ClipIndex& index, std::size_t at,
                                  const Stretch& last) const;

  std::vector<std::int16_t> heard_;  // mu-law byte, or `nothing`
};

}  // namespace tandem::corpus
