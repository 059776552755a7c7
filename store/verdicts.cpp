#include "store/verdicts.hpp"

#include "store/json_text.hpp"
#include "store/verdict_words.hpp"

namespace tandem::store {

namespace {

std::optional<bool> detected(const std::string& outcome) {
  if (outcome == "booked") return true;
  if (outcome == "not_booked") return false;
  return std::nullopt;
}

std::optional<std::string> if_known(const std::string& text) {
  if (text.empty()) return std::nullopt;
  return sanitise_text(text).text;
}

std::string evidence_json(const std::vector<Evidence>& evidence) {
  std::string out = "[";
  for (const Evidence& item : evidence) {
    if (out.size() > 1) out += ',';
    out +=
        JsonObject().field("seq", item.seq).field("quote", sanitise_text(item.quote).text).finish();
  }
  return out + "]";
}

std::string suspicions_json(const std::vector<SuspiciousLine>& lines) {
  std::string out = "[";
  for (const SuspiciousLine& line : lines) {
    if (out.size() > 1) out += ',';
    out += JsonObject().field("seq", line.seq).field("what", line.what).finish();
  }
  return out + "]";
}

std::optional<std::string> appointment_json(const std::optional<AgreedAppointment>& appointment) {
  if (!appointment) return std::nullopt;
  JsonObject json;
  for (const auto& [name, text] :
       {std::pair{"when_text", &appointment->when_text}, std::pair{"date", &appointment->date},
        std::pair{"time", &appointment->time}, std::pair{"service", &appointment->service},
        std::pair{"name", &appointment->name}, std::pair{"phone", &appointment->phone},
        std::pair{"kind", &appointment->kind}}) {
    if (!text->empty()) json.field(name, sanitise_text(*text).text);
  }
  if (appointment->party) json.field("party", *appointment->party);
  return json.finish();
}

/// The word of analytics.booking_status: a verdict, or why there is none (web::outcome_label).
std::string status_word(const AnalysisOutcome& outcome, const std::string& state) {
  if (state == "done") return outcome.outcome.empty() ? "needs_review" : outcome.outcome;
  return state == "queued" || state == "running" ? "pending" : state;
}

void write_status(Connection& connection, const std::string& call_id, const std::string& word) {
  connection.run("update bridge.analytics set booking_status = $2 where call_id = $1::uuid",
                 Parameters().add(call_id).add(word));
}

bool is_verdict(const AnalysisOutcome& outcome, const std::string& state) {
  return (state == "done" || state == "needs_review") && !outcome.outcome.empty();
}

void write_current(Connection& connection, const Job& job, const AnalysisOutcome& outcome,
                   const std::string& state) {
  const std::string& label = is_verdict(outcome, state) ? outcome.outcome : std::string();
  connection.run(
      "update bridge.booking_analysis set state = $2, outcome = $3, booking_detected = $4, "
      "confidence_score = $5, booking_indicators = $6, reason = $7, model = $8, "
      "prompt_version = $9, raw_answer = $10, attempts = $11, appointment = $12::jsonb, "
      "suspicions = $13, analysis_timestamp = now() where call_id = $1::uuid",
      Parameters()
          .add(job.key)
          .add(state)
          .add(if_known(label))
          .add(detected(label))
          .add(label.empty() ? std::nullopt : outcome.confidence)
          .add(evidence_json(outcome.evidence))
          .add(if_known(outcome.reason))
          .add(if_known(outcome.model_version.empty() ? outcome.model : outcome.model_version))
          .add(if_known(outcome.prompt_version))
          .add(if_known(outcome.raw))
          .add(job.attempts)
          .add(appointment_json(outcome.appointment))
          .add(suspicions_json(outcome.suspicions)));
}

void write_history(Connection& connection, const Job& job, const AnalysisOutcome& outcome,
                   const std::string& state) {
  connection.run(
      "insert into bridge.verdicts (call_id, prompt_version, model, model_version, requested_at, "
      "state, outcome, confidence_score, booking_indicators, reason, appointment, suspicions, "
      "raw_answer, prompt_tokens, output_tokens, questions) "
      "select $1::uuid, $2, $3, $4, created_at, $5, $6, $7::float8, $8::jsonb, $9, $10::jsonb, "
      "$11::jsonb, $12, $13::bigint, $14::bigint, $15::smallint from bridge.jobs where id = $16 "
      "on conflict do nothing",
      Parameters()
          .add(job.key)
          .add(outcome.prompt_version)
          .add(outcome.model)
          .add(if_known(outcome.model_version))
          .add(state)
          .add(outcome.outcome)
          .add(outcome.confidence)
          .add(evidence_json(outcome.evidence))
          .add(if_known(outcome.reason))
          .add(appointment_json(outcome.appointment))
          .add(suspicions_json(outcome.suspicions))
          .add(if_known(outcome.raw))
          .add(outcome.prompt_tokens)
          .add(outcome.output_tokens)
          .add(outcome.questions)
          .add(job.id));
}

ArrayText array_of(const std::vector<std::string>& texts) {
  ArrayText array;
  for (const std::string& text : texts) array.add(text);
  return array;
}

}  // namespace

JudgedCall load_judged_call(Connection& connection, const std::string& call_id) {
  JudgedCall call;
  call.id = call_id;
  const Rows rows = connection.run(
      "select (extract(epoch from start_time) * 1000000)::bigint, from_number, to_number, "
      "case when answered_time is not null then coalesce(duration, 0) else 0 end "
      "from bridge.calls where id = $1::uuid",
      Parameters().add(call_id));
  if (!rows.empty()) {
    call.began = rows.wall(0, 0);
    for (const int column : {1, 2}) {
      if (!rows.is_null(0, column)) call.numbers.emplace_back(std::string(rows.text(0, column)));
    }
    call.talked = std::chrono::seconds(rows.integer(0, 3));
  }
  call.lines = load_transcript(connection, call_id);
  return call;
}

void begin_analysis(Connection& connection, const Job& job) {
  Transaction transaction(connection);
  connection.run(
      "insert into bridge.booking_analysis (call_id, state, attempts) values ($1::uuid, 'running', "
      "$2) on conflict (call_id) do update set state = 'running', attempts = excluded.attempts, "
      "outcome = null, booking_detected = null, confidence_score = null, appointment = null",
      Parameters().add(job.key).add(job.attempts));
  write_status(connection, job.key, "pending");
  transaction.commit();
}

void write_outcome(Connection& connection, const Job& job, const AnalysisOutcome& outcome,
                   const std::string& state) {
  const AnalysisOutcome sealed = with_sealed_words(connection, job.key, outcome);
  write_current(connection, job, sealed, state);
  write_status(connection, job.key, status_word(outcome, state));
  if (is_verdict(outcome, state)) write_history(connection, job, sealed, state);
}

std::vector<std::string> queue_analyses(Connection& connection, const AnalysisRange& range,
                                        bool redo) {
  Transaction transaction(connection);
  const Rows queued = connection.run(
      "insert into bridge.jobs as j (kind, key) "
      "select 'analyse', c.id::text from bridge.calls c "
      "left join bridge.booking_analysis b on b.call_id = c.id "
      "where c.end_time is not null and ($1::timestamptz is null or c.start_time >= $1) "
      "and ($2::timestamptz is null or c.start_time < $2) "
      "and ($3 or b.call_id is null or b.state in ('queued', 'running', 'failed')) "
      "on conflict (kind, key) do update set state = 'queued', run_at = now(), attempts = 0, "
      "created_at = now(), finished_at = null where j.state <> 'running' returning key",
      Parameters().add(range.since).add(range.until).add(redo));
  std::vector<std::string> ids;
  for (int row = 0; row < queued.size(); ++row) ids.emplace_back(queued.text(row, 0));
  const std::string array = array_of(ids).finish();
  connection.run(
      "insert into bridge.booking_analysis (call_id) select unnest($1::uuid[]) "
      "on conflict (call_id) do update set state = 'queued', queued_at = now(), outcome = null, "
      "booking_detected = null, confidence_score = null, appointment = null",
      Parameters().add(array));
  connection.run(
      "update bridge.analytics set booking_status = 'pending' where call_id = any($1::uuid[])",
      Parameters().add(array));
  transaction.commit();
  return ids;
}

AnalysisCounts count_analyses(Connection& connection, const std::vector<std::string>& call_ids) {
  const Rows rows = connection.run(
      "select count(*) filter (where state in ('queued', 'running')), "
      "count(*) filter (where state = 'done'), count(*) filter (where state = 'needs_review'), "
      "count(*) filter (where state = 'failed') from bridge.booking_analysis "
      "where call_id = any($1::uuid[])",
      Parameters().add(array_of(call_ids).finish()));
  return {.waiting = rows.integer(0, 0),
          .done = rows.integer(0, 1),
          .needs_review = rows.integer(0, 2),
          .failed = rows.integer(0, 3)};
}

std::vector<PastVerdict> list_verdicts(Connection& connection, const AnalysisRange& range,
                                       std::int64_t last) {
  const Rows rows = connection.run(
      "select b.call_id, b.outcome, b.state, coalesce(b.reason, '') "
      "from bridge.booking_analysis b join bridge.calls c on c.id = b.call_id "
      "where b.state in ('done', 'needs_review') and b.outcome is not null "
      "and ($1::timestamptz is null or c.start_time >= $1) "
      "and ($2::timestamptz is null or c.start_time < $2) "
      "order by c.start_time desc, c.id desc limit $3",
      Parameters().add(range.since).add(range.until).add(last));
  CallSeals seals(connection);
  std::vector<PastVerdict> verdicts;
  for (int row = 0; row < rows.size(); ++row) {
    const std::string call_id(rows.text(row, 0));
    verdicts.push_back({.call_id = call_id,
                        .outcome = std::string(rows.text(row, 1)),
                        .state = std::string(rows.text(row, 2)),
                        .reason = open_reason(seals, call_id, std::string(rows.text(row, 3)))});
  }
  return verdicts;
}

}  // namespace tandem::store
