#include "store/dial_queries.hpp"

#include <algorithm>

namespace tandem::store {

namespace {

/// Asks for one row more than the page has, to know whether another page follows. `columns_from`
/// ends before the condition on the number, and uses $1 and $2 for nothing else.
template <class Row, class Read>
NumberedRows<Row> read_page(Connection& connection, const std::string& columns_from,
                            const NumberedPage& page, Parameters more, Read read) {
  const std::int32_t limit = std::clamp(page.limit, 1, numbered_page_max);
  Parameters parameters;
  parameters.add(page.before).add(std::int64_t{limit} + 1);
  const std::string condition = more.size() == 0 ? "" : " and allowed = $3";
  for (const char* value : more.pointers()) parameters.add(value);
  const Rows rows = connection.run(columns_from + " where ($1::bigint = 0 or id < $1::bigint)" +
                                       condition + " order by id desc limit $2",
                                   parameters);
  NumberedRows<Row> result;
  for (int row = 0; row < std::min(rows.size(), limit); ++row)
    result.rows.push_back(read(rows, row));
  if (rows.size() > limit) result.next = result.rows.back().id;
  return result;
}

std::string text_of(const Rows& rows, int row, int column) {
  return std::string(rows.text(row, column));
}

ListedNumber listed_number(const Rows& rows, int row) {
  ListedNumber listed;
  listed.id = rows.integer(row, 0);
  listed.entry = {core::PhoneNumber(text_of(rows, row, 1)), text_of(rows, row, 2),
                  text_of(rows, row, 3), text_of(rows, row, 4), rows.wall(row, 5)};
  listed.call_id = rows.text(row, 6);
  return listed;
}

RecordedConsent recorded_consent(const Rows& rows, int row) {
  RecordedConsent consent;
  consent.id = rows.integer(row, 0);
  consent.entry = {.number = core::PhoneNumber(text_of(rows, row, 1)),
                   .purpose = text_of(rows, row, 2),
                   .seller = text_of(rows, row, 3),
                   .is_written = rows.fact(row, 4),
                   .wording = text_of(rows, row, 5),
                   .channel = text_of(rows, row, 6),
                   .evidence_kind = text_of(rows, row, 7),
                   .evidence = text_of(rows, row, 8),
                   .evidence_sha256 = text_of(rows, row, 9),
                   .region = text_of(rows, row, 10),
                   .captured_at = rows.wall(row, 11),
                   .revoked_at = rows.optional<core::WallTime>(row, 12)};
  consent.recorded_at = rows.wall(row, 13);
  return consent;
}

/// Of an array's text, {a,b}: the names are words.
std::vector<std::string> names_of(std::string_view array) {
  std::vector<std::string> names;
  array = array.substr(1, array.size() - 2);
  while (!array.empty()) {
    const auto comma = std::min(array.find(','), array.size());
    names.emplace_back(array.substr(0, comma));
    array.remove_prefix(std::min(comma + 1, array.size()));
  }
  return names;
}

RecordedDecision recorded_decision(const Rows& rows, int row) {
  return {.id = rows.integer(row, 0),
          .number = core::PhoneNumber(text_of(rows, row, 1)),
          .purpose = text_of(rows, row, 2),
          .is_allowed = rows.fact(row, 3),
          .refusals = names_of(rows.text(row, 4)),
          .facts_json = text_of(rows, row, 5),
          .call_id = text_of(rows, row, 6),
          .decided_by = text_of(rows, row, 7),
          .decided_at = rows.wall(row, 8)};
}

std::optional<RegistryState> load_registry(Connection& connection) {
  const Rows rows = connection.run(
      "select state = 'complete', (extract(epoch from data_date) * 1000000)::bigint, "
      "case when exists (select from bridge.dnc_imported where import_id = i.id) "
      "then rows_expected else 0 end, rows_before, imported_by, "
      "(extract(epoch from started_at) * 1000000)::bigint, "
      "(extract(epoch from finished_at) * 1000000)::bigint "
      "from bridge.dnc_imports i order by id desc limit 1");
  if (rows.empty()) return std::nullopt;
  return RegistryState{.is_complete = rows.fact(0, 0),
                       .data_date = rows.wall(0, 1),
                       .rows = rows.integer(0, 2),
                       .rows_before = rows.integer(0, 3),
                       .imported_by = text_of(rows, 0, 4),
                       .started_at = rows.wall(0, 5),
                       .finished_at = rows.optional<core::WallTime>(0, 6)};
}

}  // namespace

NumberedRows<ListedNumber> list_own_numbers(Connection& connection, const NumberedPage& page) {
  return read_page<ListedNumber>(
      connection,
      "select id, phone_number, reason, source, added_by, "
      "(extract(epoch from added_at) * 1000000)::bigint, call_id from bridge.dnc_numbers",
      page, {}, listed_number);
}

NumberedRows<RecordedConsent> list_recorded_consents(Connection& connection,
                                                     const NumberedPage& page) {
  return read_page<RecordedConsent>(
      connection,
      "select id, phone_number, purpose, seller, written, wording, channel, "
      "(select kind from unnest(array['ip', 'recording', 'document']) kind where evidence ? kind "
      "limit 1), coalesce(evidence->>'ip', evidence->>'recording', evidence->>'document'), "
      "evidence->>'sha256', evidence->>'region', "
      "(extract(epoch from captured_at) * 1000000)::bigint, "
      "(extract(epoch from revoked_at) * 1000000)::bigint, "
      "(extract(epoch from created_at) * 1000000)::bigint from bridge.consent",
      page, {}, recorded_consent);
}

NumberedRows<RecordedDecision> list_decisions(Connection& connection, const NumberedPage& page,
                                              std::optional<bool> is_allowed) {
  Parameters allowed;
  if (is_allowed) allowed.add(*is_allowed);
  return read_page<RecordedDecision>(
      connection,
      "select id, phone_number, purpose, allowed, "
      "array(select jsonb_array_elements_text(refusals)), facts, call_id, decided_by, "
      "(extract(epoch from decided_at) * 1000000)::bigint from bridge.dial_decisions",
      page, allowed, recorded_decision);
}

DiallingState load_dialling_state(Connection& connection) {
  const Rows rows = connection.run(
      "select is_stopped, reason, changed_by, (extract(epoch from changed_at) * 1000000)::bigint, "
      "n.queued, n.placing, n.running, n.unresolved from bridge.dial_switch, lateral ("
      "select count(*) filter (where state = 'queued') as queued, "
      "count(*) filter (where state = 'placing') as placing, "
      "count(*) filter (where state = 'placed') as running, "
      "count(*) filter (where state = 'unknown') as unresolved from bridge.dial_intents "
      "where state in ('queued', 'placing', 'placed', 'unknown')) n");
  DiallingState state;
  if (!rows.empty()) {
    state.is_stopped = rows.fact(0, 0);
    state.reason = rows.text(0, 1);
    state.changed_by = rows.text(0, 2);
    state.changed_at = rows.wall(0, 3);
    state.queued = rows.integer(0, 4);
    state.placing = rows.integer(0, 5);
    state.running = rows.integer(0, 6);
    state.unresolved = rows.integer(0, 7);
  }
  state.registry = load_registry(connection);
  return state;
}

}  // namespace tandem::store
