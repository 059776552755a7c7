#include "store/call_filters.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "bridge/core/uuid_text.hpp"

namespace tandem::store {

namespace {

struct Cursor {
  core::WallTime start;
  std::string id;
};

Cursor parse_cursor(std::string_view text) {
  const auto separator = text.find('_');
  std::int64_t microseconds = 0;
  const auto parsed =
      std::from_chars(text.data(), text.data() + std::min(separator, text.size()), microseconds);
  if (separator == std::string_view::npos || parsed.ec != std::errc{} ||
      parsed.ptr != text.data() + separator || !core::is_uuid(text.substr(separator + 1))) {
    throw CursorError();
  }
  return {core::WallTime{std::chrono::microseconds{microseconds}},
          std::string(text.substr(separator + 1))};
}

void add_cursor(Conditions& conditions, const std::string& text) {
  if (text.empty()) return;
  const Cursor cursor = parse_cursor(text);
  const std::string id = conditions.parameter(cursor.id);
  conditions.add("(c.start_time, c.id) < ({}, " + id + "::uuid)", cursor.start);
}

std::string digits_of(std::string_view text) {
  std::string digits;
  std::copy_if(text.begin(), text.end(), std::back_inserter(digits),
               [](char c) { return c >= '0' && c <= '9'; });
  return digits;
}

constexpr std::size_t whole_number_digits = 11;

// Up to so many calls with some digits of a number are fetched and sorted; above, the newest are
// found sooner by looking through an index, which holds the number.
constexpr std::int64_t numbers_fetched_max = 2'000;

// Up to so many are looked up together with words; above, looking them up costs more than it saves.
constexpr std::int64_t numbers_looked_up_max = 50'000;

/// Row by row: the same as bridge.number_parts, without making all its parts. That is needed for
/// what is not plainly a number: "sip:12-34@example.org" has 1234.
void add_number_part(Conditions& conditions, const NumberPart& part) {
  if (part.digits.front() == '+')
    return conditions.add("c.phone_number like {}", part.digits + "%");
  const std::string ends = conditions.parameter(part.ends);
  conditions.add(
      "(c.phone_number like {} or c.phone_number !~ '^[+]?[0-9]*$' and "
      "bridge.number_parts(c.phone_number) @@ " +
          ends + "::tsquery)",
      "%" + part.digits + "%");
}

bool is_whole(const std::string& number, const std::string& digits) {
  return core::PhoneNumber(number).is_e164() && digits.size() >= whole_number_digits;
}

void add_number(Conditions& conditions, const CallFilter& filter,
                const std::optional<NumberPart>& part, FilterUse use) {
  if (!part) {
    const std::string number = filter.number.value_or("");
    if (!digits_of(number).empty()) conditions.add("c.phone_number = {}", number);
    return;
  }
  const bool is_indexed = use == FilterUse::estimate ||
                          (use == FilterUse::words && part->is_looked_up()) ||
                          (use == FilterUse::list && part->calls <= numbers_fetched_max);
  if (is_indexed) {
    conditions.add("bridge.number_parts(c.phone_number) @@ {}::tsquery", part->ends);
  } else {
    add_number_part(conditions, *part);
  }
}

/// "(select ... as begun) span", the beginnings of the hours or days that the filter leaves, newest
/// first. Hours are counted: a day of the session's time zone may have 23.
std::string spans_of(const CallFilter& filter, Conditions& conditions) {
  const std::string from = conditions.parameter(filter.from);
  const std::string to = conditions.parameter(filter.to);
  std::string which;
  if (filter.weekday) {
    which = " where extract(isodow from day at time zone 'UTC') = " +
            conditions.parameter(*filter.weekday) + "::integer";
  }
  return fmt::format(
      "(select day + {} * interval '1 hour' as begun from generate_series("
      "date_trunc('day', greatest({}::timestamptz, (select min(start_time) from bridge.calls)), "
      "'UTC'), least({}::timestamptz, (select max(start_time) from bridge.calls)), "
      "interval '24 hours') day{} order by 1 desc) span",
      filter.hour.value_or(0), from, to, which);
}

constexpr auto newest_first = "c.start_time desc, c.id desc";

}  // namespace

bool NumberPart::is_looked_up() const noexcept { return calls <= numbers_looked_up_max; }

std::optional<NumberPart> number_part(Connection& connection, const CallFilter& filter) {
  const std::string number = filter.number.value_or("");
  const std::string digits = digits_of(number);
  if (digits.empty() || is_whole(number, digits)) return std::nullopt;
  NumberPart part{.digits = (number.starts_with('+') ? "+" : "") + digits};
  part.ends = "'" + part.digits + "':*";
  part.calls = estimated_rows(connection,
                              "bridge.calls where bridge.number_parts(phone_number) @@ $1::tsquery",
                              Parameters().add(part.ends));
  return part;
}

PageQuery newest_page(const CallFilter& filter, const std::string& from, Conditions conditions,
                      std::int32_t rows_max) {
  if (!filter.hour && !filter.weekday) {
    return {fmt::format("select c.id from {}{} order by {} limit {}", from, conditions.text(),
                        newest_first, rows_max),
            conditions.parameters()};
  }
  const std::string spans = spans_of(filter, conditions);
  conditions.add_text("c.start_time >= span.begun");
  conditions.add_text(filter.hour ? "c.start_time < span.begun + interval '1 hour'"
                                  : "c.start_time < span.begun + interval '24 hours'");
  return {
      fmt::format("select c.id from {} cross join lateral (select c.id, c.start_time from {}{} "
                  "order by {} limit {}) c order by span.begun desc, {} limit {}",
                  spans, from, conditions.text(), newest_first, rows_max, newest_first, rows_max),
      conditions.parameters()};
}

void Conditions::add_text(std::string_view condition) {
  text_ += text_.empty() ? " where " : " and ";
  text_ += condition;
}

std::string Conditions::with_parameter(std::string_view condition) const {
  return fmt::format(fmt::runtime(condition), fmt::format("${}", parameters_.size()));
}

// All columns but answered_time are in each list index of bridge.calls (0008_search.sql,
// 0017_search_filters.sql): a page is found without a look at the table.
Conditions conditions_of(const CallFilter& filter, const std::optional<NumberPart>& part,
                         FilterUse use) {
  Conditions conditions;
  conditions.add_if("c.outcome_label = {}", filter.outcome);
  conditions.add_if("c.start_time >= {}", filter.from);
  conditions.add_if("c.start_time < {}", filter.to);
  conditions.add_if("c.duration >= {}::bigint", filter.min_duration_s);
  conditions.add_if("c.duration <= {}::bigint", filter.max_duration_s);
  conditions.add_if("c.status = {}", filter.status);
  conditions.add_if("c.direction = {}", filter.direction);
  if (filter.provider == "none") {
    conditions.add_text("coalesce(c.provider, '') = ''");
  } else {
    conditions.add_if("c.provider = {}", filter.provider);
  }
  if (filter.is_answered) {
    conditions.add_text(*filter.is_answered ? "c.answered_time is not null"
                                            : "c.answered_time is null");
  }
  conditions.add_if("extract(hour from c.start_time at time zone 'UTC') = {}::integer",
                    filter.hour);
  conditions.add_if("extract(isodow from c.start_time at time zone 'UTC') = {}::integer",
                    filter.weekday);
  add_number(conditions, filter, part, use);
  add_cursor(conditions, filter.cursor);
  return conditions;
}

std::string cursor_after(const CallRow& call) {
  return fmt::format("{}_{}", call.start_time.time_since_epoch().count(), call.id);
}

std::int64_t estimated_rows(Connection& connection, const std::string& from,
                            const Parameters& parameters) {
  const Rows plan = connection.run("explain select from " + from, parameters);
  constexpr std::string_view label = "rows=";
  const std::string_view line = plan.text(0, 0);
  const auto at = line.find(label);
  std::int64_t rows = 0;
  if (at != std::string_view::npos) {
    std::from_chars(line.data() + at + label.size(), line.data() + line.size(), rows);
  }
  return rows;
}

}  // namespace tandem::store
