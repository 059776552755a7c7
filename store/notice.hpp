// What the store has to say to operators. The store does not log: main hands each notice to the log
// and the metrics.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace tandem::store {

enum class Severity : std::uint8_t { info, warning, alarm };

struct Notice {
  Severity severity = Severity::info;
  std::string code;    ///< fixed word: "spool_damage", "database_unreachable", ...
  std::string detail;  ///< numbers, file names, SQLSTATEs; never personal data or credentials
};

/// Called from store threads; must not block for long and must not throw.
using NoticeSink = std::function<void(const Notice&)>;

}  // namespace tandem::store
