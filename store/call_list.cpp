// list_calls and load_call of store/queries.hpp, export_page of store/export_queries.hpp.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>

#include "store/export_queries.hpp"
#include "store/json_text.hpp"
#include "store/queries.hpp"
#include "store/search_hits.hpp"
#include "store/verdict_parts.hpp"
#include "store/verdict_words.hpp"

namespace tandem::store {

namespace {

constexpr std::int32_t page_max = 500;
constexpr int analysis_state_column = 19;
constexpr std::size_t search_words_max = 16;

constexpr auto call_columns = R"(
select c.id, c.call_sid, c.stream_sid, c.direction, c.phone_number, c.from_number, c.to_number,
  c.status, (extract(epoch from c.start_time) * 1000000)::bigint,
  (extract(epoch from c.answered_time) * 1000000)::bigint,
  (extract(epoch from c.end_time) * 1000000)::bigint, c.duration, c.end_reason, c.answered_by,
  c.provider, c.chat_id, c.chat_group_id, c.node, c.purpose, b.state, b.outcome,
  b.confidence_score, a.total_messages, a.interruptions, b.booking_detected, b.booking_indicators,
  b.reason, b.model, b.prompt_version, b.attempts,
  (extract(epoch from b.analysis_timestamp) * 1000000)::bigint, b.appointment, b.suspicions
from bridge.calls c
left join bridge.booking_analysis b on b.call_id = c.id
left join bridge.analytics a on a.call_id = c.id)";

CallRow call_row(const Rows& rows, int row) {
  const auto text = [&](int column) { return std::string(rows.text(row, column)); };
  return {.id = text(0),
          .call_sid = text(1),
          .stream_sid = text(2),
          .direction = text(3),
          .phone_number = core::PhoneNumber(text(4)),
          .from_number = core::PhoneNumber(text(5)),
          .to_number = core::PhoneNumber(text(6)),
          .status = text(7),
          .start_time = rows.wall(row, 8),
          .answered_time = rows.optional<core::WallTime>(row, 9),
          .end_time = rows.optional<core::WallTime>(row, 10),
          .duration_s = rows.optional<std::int64_t>(row, 11),
          .end_reason = text(12),
          .answered_by = text(13),
          .provider = text(14),
          .chat_id = text(15),
          .chat_group_id = text(16),
          .node = text(17),
          .purpose = text(18),
          .analysis_state = text(19),
          .outcome = text(20),
          .confidence = rows.optional<double>(row, 21),
          .total_messages = rows.optional<std::int64_t>(row, 22),
          .interruptions = rows.optional<std::int64_t>(row, 23)};
}

Verdict verdict(const Rows& rows, int row) {
  return {.state = std::string(rows.text(row, 19)),
          .outcome = std::string(rows.text(row, 20)),
          .booking_detected = rows.optional<bool>(row, 24),
          .confidence = rows.optional<double>(row, 21),
          .evidence = parse_evidence(rows.text(row, 25)),
          .appointment = parse_appointment(rows.text(row, 31)),
          .suspicions = parse_suspicions(rows.text(row, 32)),
          .reason = std::string(rows.text(row, 26)),
          .model = std::string(rows.text(row, 27)),
          .prompt_version = std::string(rows.text(row, 28)),
          .attempts = static_cast<std::int32_t>(rows.integer(row, 29)),
          .analysed_at = rows.optional<core::WallTime>(row, 30)};
}

bool is_uuid(std::string_view text) noexcept {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : std::isxdigit(static_cast<unsigned char>(text[i])) == 0)
      return false;
  }
  return true;
}

struct Cursor {
  core::WallTime start;
  std::string id;
};

std::string cursor_text(const CallRow& call) {
  return fmt::format("{}_{}", call.start_time.time_since_epoch().count(), call.id);
}

Cursor parse_cursor(std::string_view text) {
  const auto separator = text.find('_');
  std::int64_t microseconds = 0;
  const auto parsed =
      std::from_chars(text.data(), text.data() + std::min(separator, text.size()), microseconds);
  if (separator == std::string_view::npos || parsed.ec != std::errc{} ||
      parsed.ptr != text.data() + separator || !is_uuid(text.substr(separator + 1))) {
    throw CursorError();
  }
  return {core::WallTime{std::chrono::microseconds{microseconds}},
          std::string(text.substr(separator + 1))};
}

/// "table for two" -> 'table':* & 'for':* & 'two':* as to_tsquery reads it. Quoting makes every
/// word plain text.
std::string prefix_query(std::string_view words) {
  std::string query;
  std::string word;
  std::size_t count = 0;
  const auto finish_word = [&] {
    if (word.empty() || count++ >= search_words_max) return;
    query += query.empty() ? "'" : " & '";
    query += word + "':*";
  };
  for (const char c : sanitise_text(words).text) {
    if (std::isspace(static_cast<unsigned char>(c)) != 0) {
      finish_word();
      word.clear();
    } else if (c == '\'' || c == '\\') {
      word += {c, c};
    } else {
      word += c;
    }
  }
  finish_word();
  return query;
}

std::string digits_of(std::string_view text) {
  std::string digits;
  std::copy_if(text.begin(), text.end(), std::back_inserter(digits),
               [](char c) { return c >= '0' && c <= '9'; });
  return digits;
}

/// Conditions joined by AND, each with the parameter that it names as {}.
class Conditions {
 public:
  template <class Value>
  void add(const char* condition, const Value& value) {
    parameters_.add(value);
    add(fmt::format(fmt::runtime(condition), fmt::format("${}", parameters_.size())).c_str());
  }
  /// Without a value.
  void add(const char* condition) {
    text_ += text_.empty() ? " where " : " and ";
    text_ += condition;
  }
  template <class Value>
  void add_if(const char* condition, const std::optional<Value>& value) {
    if (value) add(condition, *value);
  }
  [[nodiscard]] const std::string& text() const noexcept { return text_; }
  Parameters& parameters() noexcept { return parameters_; }

 private:
  std::string text_;
  Parameters parameters_;
};

/// How many rows there are, by the planner's statistics. The question names its parameter $1.
std::int64_t estimated_rows(Connection& connection, const std::string& from,
                            const std::string& parameter) {
  const Rows plan = connection.run("explain select " + from, Parameters().add(parameter));
  constexpr std::string_view label = "rows=";
  const std::string_view line = plan.text(0, 0);
  const auto at = line.find(label);
  std::int64_t rows = 0;
  if (at != std::string_view::npos) {
    std::from_chars(line.data() + at + label.size(), line.data() + line.size(), rows);
  }
  return rows;
}

constexpr std::size_t whole_number_digits = 11;

// Up to so many calls with some digits of a number are fetched and sorted; above, the newest are
// found sooner by looking through an index, which holds the number.
constexpr std::int64_t numbers_fetched_max = 2'000;

void add_number(Connection& connection, Conditions& conditions, const std::string& number) {
  const std::string digits = digits_of(number);
  if (digits.empty()) return;
  if (core::PhoneNumber(number).is_e164() && digits.size() >= whole_number_digits) {
    conditions.add("c.phone_number = {}", number);
  } else {
    const std::string part = (number.starts_with('+') ? "+" : "") + digits;
    const std::string ends = "'" + part + "':*";
    if (estimated_rows(connection,
                       "from bridge.calls where bridge.number_parts(phone_number) @@ $1::tsquery",
                       ends) <= numbers_fetched_max) {
      conditions.add("bridge.number_parts(c.phone_number) @@ {}::tsquery", ends);
    } else if (part.front() == '+') {
      conditions.add("c.phone_number like {}", part + "%");
    } else {
      // The same for what is not plainly a number: "sip:12-34@example.org" has 1234.
      conditions.parameters().add(ends);
      const auto has = fmt::format(
          "(c.phone_number like {{}} or c.phone_number !~ '^[+]?[0-9]*$' and "
          "bridge.number_parts(c.phone_number) @@ ${}::tsquery)",
          conditions.parameters().size());
      conditions.add(has.c_str(), "%" + digits + "%");
    }
  }
}

void add_cursor(Conditions& conditions, const std::string& text) {
  if (text.empty()) return;
  const Cursor cursor = parse_cursor(text);
  conditions.parameters().add(cursor.id);
  const auto before =
      fmt::format("(c.start_time, c.id) < ({{}}, ${}::uuid)", conditions.parameters().size());
  conditions.add(before.c_str(), cursor.start);
}

/// What every filter of the list means. All columns but answered_time are in each index of
/// 0008_search.sql: a page is found without a look at the table.
Conditions conditions_of(Connection& connection, const CallFilter& filter) {
  Conditions conditions;
  conditions.add_if("c.outcome_label = {}", filter.outcome);
  conditions.add_if("c.start_time >= {}", filter.from);
  conditions.add_if("c.start_time < {}", filter.to);
  conditions.add_if("c.duration >= {}::bigint", filter.min_duration_s);
  conditions.add_if("c.duration <= {}::bigint", filter.max_duration_s);
  conditions.add_if("c.status = {}", filter.status);
  conditions.add_if("c.direction = {}", filter.direction);
  if (filter.provider == "none") {
    conditions.add("coalesce(c.provider, '') = ''");
  } else {
    conditions.add_if("c.provider = {}", filter.provider);
  }
  if (filter.is_answered)
    conditions.add(*filter.is_answered ? "c.answered_time is not null" : "c.answered_time is null");
  conditions.add_if("extract(hour from c.start_time at time zone 'UTC') = {}::integer",
                    filter.hour);
  conditions.add_if("extract(isodow from c.start_time at time zone 'UTC') = {}::integer",
                    filter.weekday);
  if (filter.number) add_number(connection, conditions, *filter.number);
  add_cursor(conditions, filter.cursor);
  return conditions;
}

/// How many calls have these words, by the planner's statistics.
std::int64_t estimated_matches(Connection& connection, const std::string& words) {
  return estimated_rows(
      connection, "from bridge.call_search where words @@ bridge.search_query($1, '&')", words);
}

// Below, all calls with the words are fetched and sorted; above, calls are looked through newest
// first until a page is full. The planner would change over at a third of that: it does not know
// what it costs to unpack the words of a call (20 us, PostgreSQL 15).
constexpr std::int64_t fetch_all_max = 7'000;

// A prefix that so many calls have costs more to look up than to check.
constexpr std::int64_t look_up_max = 100'000;

struct Search {
  std::string looked_up;     ///< those worth looking up in the index; all when none is
  std::int64_t matches = 0;  ///< estimate, of looked_up
};

Search plan_search(Connection& connection, const std::string& words) {
  constexpr std::string_view joiner = " & ";
  Search search;
  int kept = 0;
  for (std::size_t begin = 0; begin < words.size();) {
    const std::size_t end = std::min(words.find(joiner, begin), words.size());
    const std::string word = words.substr(begin, end - begin);
    const std::int64_t matches = estimated_matches(connection, word);
    if (matches <= look_up_max) {
      search.looked_up += (kept++ > 0 ? joiner : "");
      search.looked_up += word;
      search.matches = matches;
    }
    begin = end + joiner.size();
  }
  if (kept == 0) search.looked_up = words;
  if (kept != 1) search.matches = estimated_matches(connection, search.looked_up);
  return search;
}

Rows select_page(Connection& connection, const CallFilter& filter, const std::string& words,
                 std::int32_t rows_max) {
  Conditions conditions = conditions_of(connection, filter);
  std::string found;
  std::string joined;
  if (!words.empty()) {
    const Search search = plan_search(connection, words);
    const auto has = [&](const std::string& some) {
      conditions.parameters().add(some);
      return fmt::format("words @@ bridge.search_query(${}, '&')", conditions.parameters().size());
    };
    if (search.matches <= fetch_all_max) {
      found =
          "found as materialized (select call_id from (select call_id, words from "
          "bridge.call_search where " +
          has(search.looked_up) + " offset 0) s";
      if (search.looked_up != words) found += " where " + has(words);
      found += "), ";
      joined = " join found on found.call_id = c.id";
    } else {
      joined = " join bridge.call_search s on c.has_words and s.call_id = c.id and s." + has(words);
    }
  }
  return connection.run(
      fmt::format("with {}page as (select c.id from bridge.calls c{}{} "
                  "order by c.start_time desc, c.id desc limit {}) "
                  "{} join page on page.id = c.id order by c.start_time desc, c.id desc",
                  found, joined, conditions.text(), rows_max, call_columns),
      conditions.parameters());
}

CallDetail call_detail(CallSeals& seals, const Rows& rows, int row) {
  CallDetail detail{call_row(rows, row), std::nullopt};
  if (rows.is_null(row, analysis_state_column)) return detail;
  detail.verdict = verdict(rows, row);
  open_words(seals, detail.call.id, *detail.verdict);
  return detail;
}

std::optional<HistoryComparison> load_comparison(Connection& connection,
                                                 const std::string& call_id) {
  const Rows rows = connection.run(
      "select result, matched, filled, late, extra, reason, "
      "(extract(epoch from checked_at) * 1000000)::bigint from bridge.reconciliations "
      "where call_id = $1::uuid",
      Parameters().add(call_id));
  if (rows.empty()) return std::nullopt;
  return HistoryComparison{.result = std::string(rows.text(0, 0)),
                           .matched = rows.integer(0, 1),
                           .filled = rows.integer(0, 2),
                           .late = rows.integer(0, 3),
                           .extra = rows.integer(0, 4),
                           .reason = std::string(rows.text(0, 5)),
                           .checked_at = rows.wall(0, 6)};
}

}  // namespace

CallPage list_calls(Connection& connection, const CallFilter& filter) {
  const std::int32_t limit = std::clamp(filter.limit, 1, page_max);
  const std::string words = filter.q ? prefix_query(*filter.q) : "";
  const Rows rows = select_page(connection, filter, words, limit + 1);
  CallPage page;
  for (int row = 0; row < std::min(rows.size(), limit); ++row) {
    page.calls.push_back(call_row(rows, row));
  }
  if (rows.size() > limit) page.next_cursor = cursor_text(page.calls.back());
  if (!words.empty()) add_hits(connection, words, page.calls);
  return page;
}

ExportPage export_page(Connection& connection, const CallFilter& filter, const std::string& cursor,
                       std::int32_t limit) {
  CallFilter page_filter = filter;
  page_filter.cursor = cursor;
  limit = std::clamp(limit, 1, export_page_max);
  const std::string words = filter.q ? prefix_query(*filter.q) : "";
  const Rows rows = select_page(connection, page_filter, words, limit + 1);
  CallSeals seals(connection);
  ExportPage page;
  for (int row = 0; row < std::min(rows.size(), limit); ++row) {
    page.calls.push_back(call_detail(seals, rows, row));
  }
  if (rows.size() > limit) page.next_cursor = cursor_text(page.calls.back().call);
  return page;
}

std::optional<CallDetail> load_call(Connection& connection, const std::string& call_id) {
  if (!is_uuid(call_id)) return std::nullopt;
  const Rows rows = connection.run(std::string(call_columns) + " where c.id = $1::uuid",
                                   Parameters().add(call_id));
  if (rows.empty()) return std::nullopt;
  CallSeals seals(connection);
  CallDetail detail = call_detail(seals, rows, 0);
  detail.reconciliation = load_comparison(connection, call_id);
  return detail;
}

}  // namespace tandem::store
