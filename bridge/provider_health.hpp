// How the voice providers fare, seen over all calls: which to try first for the next call, and
// whether any is worth a call at all. A breaker per provider. Pure; lives on the control thread.
//
//   refusal (credentials, configuration; E01)    open after 3 in a row, tried again after 60 s
//   trouble (rate limit, 5xx, no answer; E02, E03) open after 3 in a row, tried again after 10 s
//   a session that became ready                  closed
//
// An open provider is not left out, it only comes last: with every other one gone it is still the
// best there is. "Tried again" means that one call per period puts it first (half open).
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "bridge/core/types.hpp"

namespace tandem {

class ProviderHealth {
 public:
  static constexpr int failures_max = 3;
  static constexpr std::chrono::seconds refusal_pause{60};
  static constexpr std::chrono::seconds trouble_pause{10};

  enum class Outcome : std::uint8_t { ready, trouble, refusal };

  /// `providers`: how many there are; below they are named by their place in the order that the
  /// settings ask for.
  explicit ProviderHealth(std::size_t providers) : breakers_(providers) {}

  /// True when this was the one that opened the breaker.
  bool note(std::size_t provider, Outcome outcome, core::TimePoint now);
  /// All providers, in the order in which the call that begins now should try them.
  std::vector<std::size_t> order(core::TimePoint now);
  /// False when every provider refuses us: calls would only hear an apology.
  [[nodiscard]] bool can_carry_calls(core::TimePoint now) const noexcept;
  [[nodiscard]] bool is_open(std::size_t provider, core::TimePoint now) const noexcept;

 private:
  struct Breaker {
    int refusals = 0;  ///< in a row
    int troubles = 0;  ///< in a row
    core::TimePoint try_again_at{};
    [[nodiscard]] bool has_tripped() const noexcept {
      return refusals >= failures_max || troubles >= failures_max;
    }
    [[nodiscard]] std::chrono::seconds pause() const noexcept {
      return refusals >= failures_max ? refusal_pause : trouble_pause;
    }
  };

  std::vector<Breaker> breakers_;
};

}  // namespace tandem
