// How often, how soon and with whom the voice leg is dialled: attempts in a row, sessions lost, and
// the next provider when one is used up. Decides only; call_voice.cpp dials.
#pragma once

#include <chrono>
#include <cstddef>

#include "bridge/call/end_reason.hpp"
#include "bridge/call/voice.hpp"

namespace tandem::call {

class VoiceAttempts {
 public:
  enum class Next : std::uint8_t { again, next_provider, give_up };
  struct Decision {
    Next next = Next::give_up;
    std::chrono::milliseconds delay{0};
    bool resume = false;                              ///< `again`: continue the session if possible
    EndReason reason = EndReason::voice_unavailable;  ///< `give_up`: why the call cannot go on
  };

  /// `providers`: how many there are to try, in order; at least 1.
  explicit VoiceAttempts(std::size_t providers) noexcept : providers_(providers) {}

  void dialled() noexcept { ++in_a_row_; }
  /// The session is usable.
  void ready() noexcept;
  /// An attempt failed or a session was lost. `spread` (0 to 1) keeps many calls from coming back
  /// in the same instant after a rate limit.
  Decision lost(const VoiceVerdict& verdict, double spread) noexcept;
  /// This provider froze beyond recovery: try another, if there is one.
  Decision frozen() noexcept;

  [[nodiscard]] bool was_ready() const noexcept { return was_ready_; }
  /// Index of the provider to dial.
  [[nodiscard]] std::size_t provider() const noexcept { return provider_; }

 private:
  Decision use_up(EndReason reason) noexcept;

  std::size_t providers_;
  std::size_t provider_ = 0;
  int in_a_row_ = 0;        // since a session was ready
  int losses_ = 0;          // sessions of this provider that had become ready
  bool is_ready_ = false;   // the present session
  bool was_ready_ = false;  // any session of this call
};

}  // namespace tandem::call
