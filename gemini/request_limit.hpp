// One pause for everybody in a process who asks Gemini: a quota is the account's, so a refusal of
// one question is a refusal of all (G01). Waits what the server asked for, at least 30 s, doubled
// with every further refusal up to an hour; an answer ends it. Pure: the clock comes as an
// argument. Not thread-safe; bridge/analysis holds it under a lock.
#pragma once

#include <chrono>

#include "bridge/core/types.hpp"
#include "gemini/analysis.hpp"

namespace tandem::gemini {

inline constexpr std::chrono::seconds pause_min{30};
inline constexpr std::chrono::hours pause_max{1};

class RequestLimit {
 public:
  /// How long nobody is to ask; 0: go ahead.
  [[nodiscard]] std::chrono::milliseconds pause(core::TimePoint now) const noexcept;
  /// What became of a question. Failures that are no quota change nothing. Answers the pause that
  /// this one began, 0 for none.
  std::chrono::milliseconds refused(const AnalysisFailure& failure, core::TimePoint now) noexcept;
  void answered() noexcept;

 private:
  core::TimePoint until_{};
  int refusals_ = 0;  ///< in a row
};

/// Is it the account's quota that speaks?
[[nodiscard]] bool is_quota(const AnalysisFailure& failure) noexcept;

}  // namespace tandem::gemini
