#include "gemini/appointment.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

namespace tandem::gemini {

namespace {

using std::chrono::days;
using std::chrono::sys_days;

/// Everything that was said, folded, one turn a line.
std::string all_words(std::span<const TranscriptTurn> turns) {
  std::string said;
  for (const TranscriptTurn& turn : turns) said += folded(turn.text) + '\n';
  return said;
}

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

bool is_word_byte(char c) noexcept {
  return is_digit(c) || (c >= 'a' && c <= 'z') || static_cast<unsigned char>(c) >= 0x80;
}

std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> words;
  for (auto at = text.begin(); at != text.end();) {
    const auto begin = std::find_if(at, text.end(), is_word_byte);
    at = std::find_if_not(begin, text.end(), is_word_byte);
    if (begin != at) words.emplace_back(begin, at);
  }
  return words;
}

bool is_year(const std::string& word) noexcept {
  return word.size() == 4 && std::all_of(word.begin(), word.end(), is_digit);
}

/// `count` digits at `at`, or -1.
int digits_at(std::string_view text, std::size_t at, std::size_t count) noexcept {
  int value = -1;
  if (at + count > text.size()) return -1;
  const std::string_view part = text.substr(at, count);
  if (!std::all_of(part.begin(), part.end(), is_digit)) return -1;
  std::from_chars(part.data(), part.data() + part.size(), value);
  return value;
}

/// "2026-11-26" as a day of the calendar.
std::optional<sys_days> day_of(std::string_view text) noexcept {
  const int year = digits_at(text, 0, 4);
  const int month = digits_at(text, 5, 2);
  const int day = digits_at(text, 8, 2);
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  if (year < 0 || month < 0 || day < 0) return std::nullopt;
  const std::chrono::year_month_day date(std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day)));
  if (!date.ok()) return std::nullopt;
  return sys_days(date);
}

bool is_clock_time(std::string_view text) noexcept {
  const int hour = digits_at(text, 0, 2);
  const int minute = digits_at(text, 3, 2);
  return text.size() == 5 && text[2] == ':' && hour >= 0 && hour <= 23 && minute >= 0 &&
         minute <= 59;
}

// Sunday first, as std::chrono::weekday::c_encoding counts.
constexpr std::array<std::array<std::string_view, 6>, 7> weekday_words = {{
    {"sunday", "sonntag", "dimanche", "domingo", "domenica", "zondag"},
    {"monday", "montag", "lundi", "lunes", "luned\xC3\xAC", "maandag"},
    {"tuesday", "dienstag", "mardi", "martes", "marted\xC3\xAC", "dinsdag"},
    {"wednesday", "mittwoch", "mercredi", "mi\xC3\xA9rcoles", "mercoled\xC3\xAC", "woensdag"},
    {"thursday", "donnerstag", "jeudi", "jueves", "gioved\xC3\xAC", "donderdag"},
    {"friday", "freitag", "vendredi", "viernes", "venerd\xC3\xAC", "vrijdag"},
    {"saturday", "samstag", "samedi", "s\xC3\xA1\x62\x61\x64o", "sabato", "zaterdag"},
}};

/// A day of the week is named, and it is another one.
bool names_another_weekday(const std::string& when, sys_days day) {
  const auto own = std::chrono::weekday(day).c_encoding();
  bool names_other = false;
  for (std::size_t i = 0; i < weekday_words.size(); ++i) {
    for (const std::string_view word : weekday_words[i]) {
      if (when.find(word) == std::string::npos) continue;
      if (i == own) return false;
      names_other = true;
    }
  }
  return names_other;
}

std::string_view check_date(const Appointment& appointment, const CallFacts& facts) {
  if (appointment.date.empty()) return {};
  const auto day = day_of(appointment.date);
  if (!day) return "date_not_real";
  if (appointment.when_text.empty()) return "date_without_words";
  if (facts.began) {
    const auto called = std::chrono::floor<days>(*facts.began);
    if (*day < called - days(1) || *day > called + days(appointment_days_max + 1))
      return "date_out_of_range";
  }
  if (names_another_weekday(folded(appointment.when_text), *day)) return "weekday_contradicts";
  return {};
}

std::string only_digits(std::string_view text) {
  std::string digits;
  std::copy_if(text.begin(), text.end(), std::back_inserter(digits), is_digit);
  return digits;
}

/// The whole number, or its end: people leave out the country.
bool is_known_number(const std::string& phone, const std::string& said, const CallFacts& facts) {
  constexpr std::size_t local_digits_min = 7;
  if (said.find(folded(phone)) != std::string::npos) return true;
  const std::string digits = only_digits(phone);
  if (digits.size() < local_digits_min) return false;
  return std::any_of(facts.numbers.begin(), facts.numbers.end(),
                     [&](const core::PhoneNumber& number) {
                       return only_digits(number.expose()).ends_with(digits);
                     });
}

/// Names and years are facts that only the transcript can supply. Services and times may be put in
/// other words.
std::string_view check_words(const Appointment& appointment, const std::string& said) {
  for (const std::string& word : words_of(folded(appointment.name))) {
    if (said.find(word) == std::string::npos) return "name_not_found";
  }
  for (const std::string& word : words_of(folded(appointment.when_text))) {
    if (is_year(word) && said.find(word) == std::string::npos) return "year_not_found";
  }
  return {};
}

}  // namespace

std::string_view check_appointment(const Appointment& appointment,
                                   std::span<const TranscriptTurn> turns, const CallFacts& facts) {
  const std::string said = all_words(turns);
  if (const auto problem = check_words(appointment, said); !problem.empty()) return problem;
  if (const auto problem = check_date(appointment, facts); !problem.empty()) return problem;
  if (!appointment.time.empty() && !is_clock_time(appointment.time)) return "time_not_real";
  if (appointment.party && (*appointment.party < 1 || *appointment.party > party_max))
    return "party_out_of_range";
  const bool has_strange_number =
      !appointment.phone.empty() && !is_known_number(appointment.phone, said, facts);
  return has_strange_number ? "phone_unknown" : std::string_view{};
}

}  // namespace tandem::gemini
