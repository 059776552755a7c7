// list_calls and load_call of store/queries.hpp, export_page of store/export_queries.hpp.
#include <fmt/format.h>

#include <algorithm>

#include "bridge/core/uuid_text.hpp"
#include "store/call_filters.hpp"
#include "store/call_search.hpp"
#include "store/export_queries.hpp"
#include "store/queries.hpp"
#include "store/search_hits.hpp"
#include "store/verdict_parts.hpp"
#include "store/verdict_words.hpp"

namespace tandem::store {

namespace {

constexpr std::int32_t page_max = 500;
constexpr int analysis_state_column = 19;

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

PageQuery list_query(Connection& connection, const CallFilter& filter, std::int32_t rows_max) {
  const auto part = number_part(connection, filter);
  return newest_page(filter, "bridge.calls c", conditions_of(filter, part, FilterUse::list),
                     rows_max);
}

/// `words` of search_words.
Rows select_page(Connection& connection, const CallFilter& filter, const std::string& words,
                 std::int32_t rows_max) {
  // The planner reads a table as a whole where it expects few rows of it, often wrongly, and the
  // words of all calls of a record that is not large. There is an index for every page.
  connection.run("set local enable_seqscan = off");
  const PageQuery page = words.empty() ? list_query(connection, filter, rows_max)
                                       : search_query(connection, filter, words, rows_max);
  return connection.run(fmt::format("with page as ({}) {} join page on page.id = c.id "
                                    "order by c.start_time desc, c.id desc",
                                    page.sql, call_columns),
                        page.parameters);
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
  const std::string words = filter.q ? search_words(*filter.q) : "";
  const Rows rows = select_page(connection, filter, words, limit + 1);
  CallPage page;
  for (int row = 0; row < std::min(rows.size(), limit); ++row) {
    page.calls.push_back(call_row(rows, row));
  }
  if (rows.size() > limit) page.next_cursor = cursor_after(page.calls.back());
  if (!words.empty()) add_hits(connection, words, page.calls);
  return page;
}

ExportPage export_page(Connection& connection, const CallFilter& filter, const std::string& cursor,
                       std::int32_t limit) {
  CallFilter page_filter = filter;
  page_filter.cursor = cursor;
  limit = std::clamp(limit, 1, export_page_max);
  const std::string words = filter.q ? search_words(*filter.q) : "";
  const Rows rows = select_page(connection, page_filter, words, limit + 1);
  CallSeals seals(connection);
  ExportPage page;
  for (int row = 0; row < std::min(rows.size(), limit); ++row) {
    page.calls.push_back(call_detail(seals, rows, row));
  }
  if (rows.size() > limit) page.next_cursor = cursor_after(page.calls.back().call);
  return page;
}

std::optional<CallDetail> load_call(Connection& connection, const std::string& call_id) {
  if (!core::is_uuid(call_id)) return std::nullopt;
  const Rows rows = connection.run(std::string(call_columns) + " where c.id = $1::uuid",
                                   Parameters().add(call_id));
  if (rows.empty()) return std::nullopt;
  CallSeals seals(connection);
  CallDetail detail = call_detail(seals, rows, 0);
  detail.reconciliation = load_comparison(connection, call_id);
  return detail;
}

}  // namespace tandem::store
