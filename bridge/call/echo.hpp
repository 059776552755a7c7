// What the caller may send back of our own voice: the levels of what we sent, by the moment at
// which it plays. Caller audio that is not louder than this can be echo and does not interrupt the
// agent (hazard: an agent that barges in on itself over a speakerphone).
//
// Not an echo canceller: nothing is subtracted, only a level is compared. Canceling is the
// carrier's; what is left of it here is some 30 dB below what we send, on bad lines 10 to 20.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "bridge/core/types.hpp"

namespace tandem::call {

class EchoReference {
 public:
  /// Mu-law that the carrier begins to play at `plays_at`; whole frames. Returns the loudest level.
  float sent(std::span<const std::uint8_t> ulaw, core::TimePoint plays_at) noexcept;
  /// The carrier dropped what would have played from now on.
  void flushed(core::TimePoint now) noexcept;

  /// The loudest (dBFS) that an echo arriving at `at` can be; codec::silence_dbfs when nothing of
  /// ours played in the last 600 ms.
  [[nodiscard]] float ceiling(core::TimePoint at) const noexcept;

  /// Caller audio of this level came while nobody but us spoke. Shows how much of us comes back: a
  /// line without an echo is trusted with quieter callers after a few seconds of the agent's voice.
  void overheard(float level_dbfs, core::TimePoint at) noexcept;

  /// Caller audio of this level held the agent and turned out to be nothing. Twice the same
  /// distance below what we sent is an echo, not a cough: from then on it is expected.
  void false_alarm(float level_dbfs, core::TimePoint at) noexcept;
  /// The caller really speaks: what was learnt from false alarms may be wrong.
  void real_speech() noexcept;

 private:
  struct Played {
    core::TimePoint at{};
    float level = -100.0F;
  };
  [[nodiscard]] float loudest_around(core::TimePoint at) const noexcept;

  static constexpr float default_return_loss_db = 15.0F;
  static constexpr float return_loss_max_db = 28.0F;
  std::array<Played, 64> ring_{};  // 1.28 s
  std::size_t next_ = 0;
  float return_loss_db_ = default_return_loss_db;
  std::optional<float> suspected_loss_db_;
};

}  // namespace tandem::call
