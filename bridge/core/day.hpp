// Days of the calendar as settings and options write them: "2026-11-22". In UTC, as all our days.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace tandem::core {

/// Exactly "YYYY-MM-DD"; nothing for what is no day of the calendar, or before 1970.
std::optional<std::chrono::sys_days> parse_day(std::string_view text) noexcept;

/// "2026-11-22".
std::string to_text(std::chrono::sys_days day);

}  // namespace tandem::core
