// The caller's ear: says for every sample played whose utterance it is, by its colour, and counts.
// A few samples between two levels belong to the sound before them.
#pragma once

#include <cstdint>
#include <span>

#include "tests/simulation/ledger.hpp"

namespace tandem::simulation {

class Hearing {
 public:
  explicit Hearing(Ledger& ledger) : ledger_(ledger) {}

  void hear(std::span<const std::uint8_t> ulaw, core::TimePoint now);
  /// The stream was cut: what follows need not continue what was before.
  void expect_anything() noexcept;
  /// What sounded last.
  [[nodiscard]] Tint tint() const noexcept { return current_; }
  /// Whose it is; only while tint() has a colour.
  [[nodiscard]] int utterance() const {
    return ledger_.owner[static_cast<std::size_t>(current_.colour)];
  }

 private:
  void attribute(std::int64_t samples, core::TimePoint now);
  void change_to(Tint tint);

  Ledger& ledger_;
  Tint current_{Tint::silence, 0};
  Tint candidate_{Tint::silence, 0};
  std::int64_t run_ = 0;      // samples of the candidate in a row
  std::int64_t between_ = 0;  // samples since `current_` that are of nobody
};

}  // namespace tandem::simulation
