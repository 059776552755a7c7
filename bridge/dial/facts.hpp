// What the gate must know before a person may be called. Plain data: store/dialling loads it inside
// the transaction that writes the intent. An empty optional means "could not be learnt", and always
// refuses; it never means "none".
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bridge/core/types.hpp"

namespace tandem::dial {

/// Why a person is called. Whatever is not certainly informational is telemarketing.
enum class Purpose : std::uint8_t { telemarketing, informational };
std::string_view to_string(Purpose purpose) noexcept;
/// "informational"; every other text is telemarketing.
Purpose parse_purpose(std::string_view text) noexcept;

/// One consent of the callee as it was recorded. 47 U.S.C. 227(b); 47 CFR 64.1200(a)(1)-(3), (10).
struct Consent {
  Purpose purpose = Purpose::telemarketing;
  bool is_written = false;
  bool names_seller = false;
  bool has_wording = false;   ///< exactly what was shown or said
  bool has_channel = false;   ///< by which way it was given
  bool has_evidence = false;  ///< an IP address or a recording, and the hash of the document
  core::WallTime captured{};
  std::optional<core::WallTime> revoked;
};

/// The imported national registry. 47 CFR 64.1200(c)(2)(i)(D).
struct NationalList {
  core::WallTime data_date{};  ///< of the data, not of the import
  bool is_complete = false;    ///< as many rows arrived as the file promised
  std::int64_t rows = 0;
  std::int64_t rows_before = 0;  ///< of the import before this one; 0: there was none
  bool is_listed = false;        ///< this callee
};

/// Calls that were placed, or may have been.
struct Attempts {
  std::int64_t in_a_day = 0;   ///< to this callee, in the 24 hours before now
  std::int64_t in_a_week = 0;  ///< to this callee, in the 7 days before now
  bool is_under_way = false;   ///< a call to this callee has begun and is not known to have ended
  std::int64_t running = 0;    ///< to anybody, at this moment
  std::int64_t today = 0;      ///< to anybody, in the 24 hours before now
};

struct Facts {
  std::optional<bool> is_stopped;  ///< the switch that stops all dialling on all nodes
  /// True when wall and steady clock have agreed for the last minute (dial::ClockWatch).
  std::optional<bool> clock_is_steady;
  /// Between the clock of this machine and that of the database, without sign.
  std::optional<std::chrono::seconds> clock_difference;
  /// Caller ids that are ours; the carrier has verified them.
  std::optional<std::vector<core::PhoneNumber>> owned_numbers;
  std::optional<std::vector<Consent>> consents;  ///< all of this callee, revoked ones included
  std::optional<bool> is_on_internal_list;
  /// The newest import; an engaged outer optional with an empty inner one: never imported.
  std::optional<std::optional<NationalList>> national_list;
  std::optional<Attempts> attempts;
  std::vector<std::string> regions;  ///< states of addresses on file, "FL"
};

/// What the operator decided. The defaults are the careful ones.
struct Policy {
  std::int64_t calls_per_day_max = 3;   ///< to one person; narrower states stay narrower
  std::int64_t calls_per_week_max = 7;  ///< to one person
  std::int64_t running_max = 10;
  std::int64_t calls_today_max = 500;  ///< to anybody: what a runaway campaign may cost
  /// So long before the end of the calling hours nobody is dialled any more: Timeout, and a queue.
  std::chrono::seconds hours_guard{60};
  /// Counsel says that oral consent is enough (Bradford v. Sovereign Pest, 5th Cir. 2026).
  bool oral_consent_for_telemarketing = false;
  /// A live natural voice announces the calls to California.
  bool announces_live = false;
  std::chrono::sys_days rules_reviewed{};  ///< dial::reviewed_on()
};

}  // namespace tandem::dial
