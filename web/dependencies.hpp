// What the bridge leans on and how that fares: GET /api/v1/health/dependencies. Pure; who knows
// something about a party notes it here. No secrets: errors are the words of our own checks.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bridge/core/types.hpp"

namespace tandem::web {

enum class DependencyState : std::uint8_t {
  unknown,  ///< not tried yet
  ok,
  degraded,  ///< it works, or will by itself; nothing is lost
  down,
  not_configured,  ///< switched off by the settings
};

struct Dependency {
  std::string name;  ///< "database", "spool", "importer", "voice:hume", "carrier", "analysis"
  DependencyState state = DependencyState::unknown;
  std::optional<core::WallTime> since;  ///< when the state was first seen
  std::string last_error;               ///< of the newest failure, also when it is over; or empty
};

class DependencyTable {
 public:
  /// `error` is kept until the next one.
  void note(std::string_view name, DependencyState state, std::string_view error,
            core::WallTime now);
  [[nodiscard]] const std::vector<Dependency>& all() const noexcept { return all_; }

 private:
  std::vector<Dependency> all_;
};

/// "status" is the worst state of all: "ok", "degraded" or "down".
std::string render_dependencies(const std::vector<Dependency>& all, core::WallTime now);

}  // namespace tandem::web
