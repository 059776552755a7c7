#include "web/render_dial.hpp"

#include <algorithm>
#include <array>

#include "bridge/dial/calling_hours.hpp"
#include "bridge/dial/gate.hpp"
#include "web/json.hpp"
#include "web/numbered_page.hpp"
#include "web/refusals.hpp"

namespace tandem::web {

namespace {

template <class Row, class Write>
std::string render_page(const store::NumberedRows<Row>& page, Write write) {
  JsonWriter json;
  json.begin_object().key("entries").begin_array();
  for (const Row& row : page.rows) {
    json.begin_object();
    write(json, row);
    json.end_object();
  }
  json.end_array();
  write_next_cursor(json, page.next);
  return json.end_object().finish();
}

void write_own_number(JsonWriter& json, const store::ListedNumber& row) {
  json.member("id", row.id)
      .member_if_known("phone_number", row.entry.number.expose())
      .member_if_known("reason", row.entry.reason)
      .member_if_known("source", row.entry.source)
      .member_if_known("call_id", row.call_id)
      .member_if_known("added_by", row.entry.added_by)
      .member("added_at", row.entry.added_at);
}

void write_consent(JsonWriter& json, const store::RecordedConsent& row) {
  const store::ConsentEntry& consent = row.entry;
  json.member("id", row.id)
      .member_if_known("phone_number", consent.number.expose())
      .member("purpose", consent.purpose)
      .member_if_known("seller", consent.seller)
      .key("written")
      .fact(consent.is_written)
      .member_if_known("wording", consent.wording)
      .member_if_known("channel", consent.channel)
      .member_if_known("evidence_kind", consent.evidence_kind)
      .member_if_known("evidence", consent.evidence)
      .member_if_known("evidence_sha256", consent.evidence_sha256)
      .member_if_known("region", consent.region)
      .member("captured_at", consent.captured_at)
      .member("revoked_at", consent.revoked_at)
      .member("recorded_at", row.recorded_at);
}

void write_decision(JsonWriter& json, const store::RecordedDecision& row) {
  json.member("id", row.id)
      .member_if_known("phone_number", row.number.expose())
      .member("purpose", row.purpose)
      .key("allowed")
      .fact(row.is_allowed)
      .key("refusals");
  write_refusals(json, row.refusals);
  json.key("facts")
      .raw(row.facts_json)
      .member_if_known("call_id", row.call_id)
      .member_if_known("decided_by", row.decided_by)
      .member("decided_at", row.decided_at);
}

void write_registry(JsonWriter& json, const std::optional<store::RegistryState>& registry,
                    core::WallTime now) {
  json.key("registry");
  if (!registry) {
    json.null();
    return;
  }
  const auto age = std::chrono::floor<std::chrono::days>(now - registry->data_date).count();
  json.begin_object()
      .member("state", std::string_view(registry->is_complete ? "complete" : "loading"))
      .member("data_date", registry->data_date)
      .member("age_days", std::int64_t{age})
      .member("rows", registry->rows)
      .member("rows_before", registry->rows_before)
      .member_if_known("imported_by", registry->imported_by)
      .member("started_at", registry->started_at)
      .member("finished_at", registry->finished_at)
      .end_object();
}

/// Those that a fact which is missing in refusals_for_all() cannot bring about.
bool concerns_all(dial::Refusal refusal) {
  using enum dial::Refusal;
  constexpr std::array those = {
      dialling_stopped,    national_list_missing, national_list_incomplete, national_list_empty,
      national_list_stale, national_list_shrunk,  hour_rules_stale};
  return std::find(those.begin(), those.end(), refusal) != those.end();
}

}  // namespace

std::string render_own_numbers(const store::NumberedRows<store::ListedNumber>& page) {
  return render_page(page, write_own_number);
}

std::string render_consents(const store::NumberedRows<store::RecordedConsent>& page) {
  return render_page(page, write_consent);
}

std::string render_decisions(const store::NumberedRows<store::RecordedDecision>& page) {
  return render_page(page, write_decision);
}

std::vector<std::string> refusals_for_all(const store::DiallingState& state,
                                          const AskedWhen& asked) {
  dial::Facts facts;
  facts.is_stopped = state.is_stopped;
  facts.national_list.emplace();
  if (state.registry) {
    const auto& registry = *state.registry;
    *facts.national_list = dial::NationalList{.data_date = registry.data_date,
                                              .is_complete = registry.is_complete,
                                              .rows = registry.rows,
                                              .rows_before = registry.rows_before};
  }
  dial::Policy policy;
  policy.rules_reviewed = asked.hours_reviewed;
  std::vector<std::string> names;
  for (const dial::Refusal refusal : dial::may_dial(asked.now, {}, facts, policy).refusals)
    if (concerns_all(refusal)) names.emplace_back(dial::describe(refusal).name);
  return names;
}

std::string render_dialling(const store::DiallingState& state, const AskedWhen& asked) {
  JsonWriter json;
  json.begin_object()
      .key("stopped")
      .fact(state.is_stopped)
      .member_if_known("reason", state.reason)
      .member_if_known("changed_by", state.changed_by)
      .member("changed_at", state.changed_at)
      .member("queued", state.queued)
      .member("placing", state.placing)
      .member("running", state.running)
      .member("unresolved", state.unresolved);
  write_registry(json, state.registry, asked.now);
  json.member("hours_reviewed", core::WallTime(asked.hours_reviewed)).key("refusals");
  write_refusals(json, refusals_for_all(state, asked));
  return json.end_object().finish();
}

}  // namespace tandem::web
