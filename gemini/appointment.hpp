// What was agreed, in the words of the call and as facts, and whether those facts can be true. A
// model that reads a transcript written by strangers invents or is talked into dates, numbers and
// names (G06); here they are held against the calendar and the call's own record. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bridge/core/types.hpp"
#include "gemini/transcript.hpp"

namespace tandem::gemini {

/// Any part may be missing.
struct Appointment {
  std::string when_text = {};  ///< as the caller and the agent put it
  std::string service = {};
  std::string name = {};
  std::string date = {};                   ///< "2026-11-26"
  std::string time = {};                   ///< "10:20"
  std::optional<std::int64_t> party = {};  ///< persons
  std::string phone = {};                  ///< the number that was given for it
  std::string kind = {};                   ///< one of appointment_kinds
};

inline constexpr std::string_view appointment_kinds[] = {"new", "rescheduled", "cancelled"};

/// What the record knows of a call beside its words.
struct CallFacts {
  std::optional<core::WallTime> began = {};     ///< none: dates are not held against it
  std::vector<core::PhoneNumber> numbers = {};  ///< of both ends
};

inline constexpr int appointment_days_max = 365;
inline constexpr std::int64_t party_max = 50;

/// Empty, or the machine word of the first thing that cannot be: "date_not_real",
/// "date_out_of_range" (before the call, or more than a year after it; a day of grace on both sides
/// for the time zone, which is not known), "weekday_contradicts", "time_not_real",
/// "party_out_of_range", "phone_unknown" (neither said nor one of the call's numbers),
/// "name_not_found", "year_not_found", "date_without_words" (a date, but no words that could mean
/// it).
std::string_view check_appointment(const Appointment& appointment,
                                   std::span<const TranscriptTurn> turns, const CallFacts& facts);

}  // namespace tandem::gemini
