// Erasing a person, deleting what is old, sealing what was said: against a real PostgreSQL.
#include <set>

#include "store/batch_rows.hpp"
#include "store/call_deletion.hpp"
#include "store/erasure.hpp"
#include "store/export_queries.hpp"
#include "store/number_hashing.hpp"
#include "store/queries.hpp"
#include "store/queries_carrier.hpp"
#include "store/queries_erasure.hpp"
#include "store/retention.hpp"
#include "store/vault.hpp"
#include "store/verdicts.hpp"
#include "tests/integration/store/store_fixture.hpp"
#include "tests/unit/catch.hpp"

using namespace tandem;
using namespace std::chrono_literals;
using store::Connection;
using store::DatabaseAddress;
using test::number_from;

namespace {

const auto hashing = std::make_shared<const store::Vault>(
    core::Secret("an invented key for the hash of numbers"), core::Secret());
const auto sealing =
    std::make_shared<const store::Vault>(core::Secret("an invented key for the hash of numbers"),
                                         core::Secret("an invented key for the words of calls"));

/// The number of scripted_call(call, ...).
core::PhoneNumber number_of(int call) {
  return core::PhoneNumber("+155501" + std::string(call < 10 ? "0000" : "000") +
                           std::to_string(call));
}

store::ErasureOrder order_for(int call, int second) {
  return {.id = "00000000-0000-4000-9000-000000000001",
          .phone_hash = *hashing->phone_hash(number_of(call)),
          .ordered_by = "test",
          .ordered_at = test::wall_at(second)};
}

/// Every row of every table, as text.
std::string everything(Connection& db) {
  std::string all;
  const auto tables = db.run(
      "select table_name from information_schema.tables where table_schema = 'bridge' and "
      "table_type = 'BASE TABLE'");
  for (int table = 0; table < tables.size(); ++table) {
    const auto rows =
        db.run("select t::text from bridge." + std::string(tables.text(table, 0)) + " t");
    for (int row = 0; row < rows.size(); ++row) all.append(rows.text(row, 0)).append("\n");
  }
  return all;
}

void place(Connection& db, const store::ErasureOrder& order) {
  test::write(db, {store::erasure_record(order)});
}

/// The verdict of the only analysis that waits; every word in it begins with a Q.
void judge(Connection& db) {
  store::AnalysisOutcome outcome;
  outcome.outcome = "booked";
  outcome.confidence = 0.9;
  outcome.evidence = {{0, "Qtable please"}, {1, "Qbooked it is"}};
  outcome.reason = "Qreason of the judge";
  outcome.appointment = store::AgreedAppointment{.when_text = "Qthursday",
                                                 .date = "Qdate",
                                                 .time = "Qtime",
                                                 .party = 2,
                                                 .service = "Qservice",
                                                 .name = "Quillon",
                                                 .phone = "Qphone",
                                                 .kind = "new"};
  outcome.model = "model";
  outcome.prompt_version = "v1";
  outcome.raw = R"({"quote":"Qraw"})";
  const auto job = store::claim_job(db, "analyse", "a", 60s);
  REQUIRE(job);
  store::begin_analysis(db, *job);
  store::Transaction transaction(db);
  store::write_outcome(db, *job, outcome, "done");
  transaction.commit();
}

struct Privacy {
  core::Secret url = test::migrated_database();
  Connection db{DatabaseAddress(url, hashing)};
};

}  // namespace

TEST_CASE_METHOD(Privacy,
                 "erasing a number leaves nothing of it, nor of what was said, in any table",
                 "[privacy]") {
  auto records = test::scripted_call(7, 2);
  records.push_back(test::entry(7, 100, "my name is Quillon Brackwater"));
  test::write(db, records);
  test::write(db, test::scripted_call(8, 1));
  db.run(
      "insert into bridge.consent (phone_number, purpose, captured_at, evidence) values ($1, "
      "'booking', now(), jsonb_build_object('asked', $1::text))",
      store::Parameters().add(number_of(7).expose()));
  db.run("insert into bridge.dnc_numbers (phone_number, call_id) values ($1, $2)",
         store::Parameters().add(number_of(7).expose()).add(test::call_id(7).str()));
  db.run(
      "insert into bridge.dial_decisions (phone_number, purpose, allowed, facts, "
      "idempotency_key) values ($1, 'booking', true, jsonb_build_object('to', $1::text), 'k' || "
      "$1)",
      store::Parameters().add(number_of(7).expose()));
  db.run(
      "insert into bridge.dead_letters (node_id, epoch, lsn, record_type, call_id, payload, "
      "sqlstate, reason) values (gen_random_uuid(), 1, 1, 'x', $1, 'Quillon', '', '')",
      store::Parameters().add(test::call_id(7).str()));

  db.run(
      "insert into bridge.dial_intents (id, idempotency_key, phone_number, from_number, purpose, "
      "message, requested_at) values (gen_random_uuid(), 'to ' || $1, $1, '+15550100000', "
      "'booking', "
      "'greet Quillon', '2026-11-22')",
      store::Parameters().add(number_of(7).expose()));

  place(db, order_for(7, 3600));
  const auto report = store::execute_erasure(db, order_for(7, 3600));

  const std::string left = everything(db);
  CHECK(left.find(number_of(7).expose().substr(1)) == std::string::npos);
  CHECK(left.find("Quillon") == std::string::npos);
  CHECK(left.find("CA_invented_7") == std::string::npos);
  CHECK(number_from(db, "select count(*) from bridge.calls") == 1);
  CHECK(number_from(db, "select count(*) from bridge.transcriptions") == 2);
  CHECK(report.deleted.at("calls") == 1);
  CHECK(report.deleted.at("transcriptions") == 5);
  CHECK(report.deleted.at("dead_letters") == 1);
  CHECK(report.kept ==
        store::DeletedRows{
            {"consent", 1}, {"dial_decisions", 1}, {"dial_intents", 1}, {"dnc_numbers", 1}});
  CHECK(db.run("select state from bridge.dial_intents").text(0, 0) == "refused");
  CHECK(report.carrier_call_ids == std::set<std::string>{"CA_invented_7"});
  CHECK(report.chats == std::set<store::ProviderChat>{{"hume", "chat-1", "group-1"}});
}

TEST_CASE_METHOD(Privacy,
                 "the report says what was deleted, what was kept and why, and who else has copies",
                 "[privacy]") {
  test::write(db, test::scripted_call(7, 1));
  db.run("insert into bridge.dnc_numbers (phone_number) values ($1)",
         store::Parameters().add(number_of(7).expose()));
  place(db, order_for(7, 3600));
  CHECK_FALSE(store::load_erasure(db, order_for(7, 3600).id)->finished_at);
  std::int64_t calls = 0;
  store::JobWorkerSettings settings;
  settings.database = [this] { return DatabaseAddress(url, hashing); };
  settings.poll = 5ms;
  store::JobWorker worker(settings, store::erasure_job([&](const std::string&, const auto& report) {
                            calls = report.deleted.at("calls");
                          }));
  REQUIRE(test::eventually(
      [&] { return store::load_erasure(db, order_for(7, 3600).id)->finished_at.has_value(); }));
  worker.stop(5s);
  CHECK(calls == 1);
  const std::string report = store::load_erasure(db, order_for(7, 3600).id)->report_json;
  CHECK(report.find(R"("calls": 1)") != std::string::npos);
  CHECK(report.find(R"("chat_group_id": "group-1")") != std::string::npos);
  CHECK(report.find("must not be called again") != std::string::npos);
  CHECK(number_from(db,
                    "select count(*) from bridge.audit_log where action in "
                    "('erase_ordered', 'erased') and subject = '" +
                        order_for(7, 3600).id + "'") == 2);
}

TEST_CASE_METHOD(Privacy,
                 "records of an erased call that come later, from whatever spool, are dropped",
                 "[privacy]") {
  place(db, order_for(7, 30));
  store::execute_erasure(db, order_for(7, 30));
  const auto records = test::scripted_call(7, 2);

  SECTION("all of them, from the spool of a node that was away") { test::write(db, records); }
  SECTION("one by one") {
    for (const auto& record : records) test::write(db, {record});
  }
  SECTION("the rest of a call that was running") {
    Connection before(url);  // its first records came in through a node without the key
    test::write(before, {records[0], records[1], records[3]});
    store::execute_erasure(db, order_for(7, 30));
    test::write(db, {records.begin() + 4, records.end()});
  }
  CHECK(number_from(db, "select count(*) from bridge.calls") == 0);
  CHECK(number_from(db, "select count(*) from bridge.transcriptions") == 0);
  CHECK(number_from(db, "select count(*) from bridge.events") == 0);
  CHECK(number_from(db, "select count(*) from bridge.jobs where kind = 'analyse'") == 0);
  CHECK(number_from(db, "select count(*) from bridge.erased_calls") == 1);
}

TEST_CASE_METHOD(Privacy,
                 "an opt-out in a call that is being erased still enters the do-not-call list",
                 "[privacy]") {
  test::write(db, test::scripted_call(7, 1));
  place(db, order_for(7, 3600));
  store::execute_erasure(db, order_for(7, 3600));
  test::write(db, {test::make_record(7, 50, core::CallEvent{90, "opt_out", "{}"})});
  const auto rows =
      db.run("select encode(phone_hash, 'hex'), phone_number from bridge.dnc_numbers");
  REQUIRE(rows.size() == 1);
  CHECK(rows.text(0, 0) == *hashing->phone_hash(number_of(7)));
  CHECK(rows.is_null(0, 1));
  CHECK(number_from(db, "select count(*) from bridge.events") == 0);
}

TEST_CASE_METHOD(Privacy, "a call of the person that begins after the order is kept", "[privacy]") {
  place(db, order_for(7, -1));
  store::execute_erasure(db, order_for(7, -1));
  test::write(db, test::scripted_call(7, 1));
  CHECK(number_from(db, "select count(*) from bridge.transcriptions") == 2);
}

TEST_CASE_METHOD(Privacy, "erasing twice is harmless, and one order twice is one order",
                 "[privacy]") {
  test::write(db, test::scripted_call(7, 1));
  place(db, order_for(7, 3600));
  place(db, order_for(7, 3600));
  store::execute_erasure(db, order_for(7, 3600));
  CHECK(store::execute_erasure(db, order_for(7, 3600)).deleted.empty());
  CHECK(number_from(db, "select count(*) from bridge.jobs where kind = 'erase'") == 1);
  CHECK(number_from(db, "select count(*) from bridge.audit_log") == 1);
}

TEST_CASE_METHOD(
    Privacy,
    "a do-not-call number entered again after an erasure is erased again, and stays on the list",
    "[privacy]") {
  for (int round = 0; round < 2; ++round) {
    db.run("insert into bridge.dnc_numbers (phone_number) values ($1)",
           store::Parameters().add(number_of(7).expose()));
    store::execute_erasure(db, order_for(7, 3600));
    CHECK(number_from(db, "select count(*) from bridge.dnc_numbers") == 1);
    CHECK(number_from(db, "select count(phone_number) from bridge.dnc_numbers") == 0);
  }
}

TEST_CASE_METHOD(Privacy, "an import and an erasure of the same call wait for each other",
                 "[privacy]") {
  test::write(db, test::scripted_call(7, 1));
  place(db, order_for(7, 3600));
  Connection importer(DatabaseAddress(url, hashing));
  store::Transaction import(importer);
  store::write_records(importer, std::vector{test::entry(7, 50, "and one more thing")});
  CHECK_THROWS_AS(store::execute_erasure(db, order_for(7, 3600)),
                  store::PostgresError);  // lock_timeout
  import.commit();
  store::execute_erasure(db, order_for(7, 3600));
  CHECK(number_from(db, "select count(*) from bridge.transcriptions") == 0);
}

TEST_CASE_METHOD(
    Privacy,
    "calls are found by the keyed hash of their number, those written without the key as well",
    "[privacy]") {
  test::write(db, test::scripted_call(7, 1));
  Connection without(url);
  test::write(without, test::scripted_call(8, 1));
  const auto found = [&](int call) {
    return db
        .run("select id from bridge.calls where phone_hash = decode($1, 'hex')",
             store::Parameters().add(*hashing->phone_hash(number_of(call))))
        .size();
  };
  CHECK(found(7) == 1);
  CHECK(found(8) == 0);
  CHECK(store::hash_numbers(db) == 1);
  CHECK(found(8) == 1);
  CHECK(store::hash_numbers(db) == 0);
  CHECK(store::hash_numbers(without) == 0);
}

TEST_CASE_METHOD(
    Privacy,
    "retention deletes calls past their days with all that hangs on them, and nothing younger",
    "[privacy]") {
  test::write(db, test::scripted_call(7, 2));
  test::write(db, test::scripted_call(8, 1));
  db.run(
      "update bridge.calls set start_time = now() - interval '91 days' where call_sid = "
      "'CA_invented_7'");
  db.run(
      "update bridge.calls set start_time = now() - interval '89 days' where call_sid = "
      "'CA_invented_8'");
  store::DeletedRows deleted;
  while (store::delete_expired_calls(db, 90, deleted)) {
  }
  CHECK(deleted.at("calls") == 1);
  CHECK(deleted.at("transcriptions") == 4);
  CHECK(deleted.at("jobs") >= 1);
  CHECK(number_from(db, "select count(*) from bridge.calls") == 1);
  CHECK(everything(db).find(test::call_id(7).str()) == std::string::npos);
  CHECK(number_from(db, "select count(*) from bridge.transcriptions") == 2);
}

TEST_CASE_METHOD(Privacy,
                 "evidence outlives retention: consent and decisions for five years, do-not-call "
                 "and audit for ever",
                 "[privacy]") {
  db.run(
      "insert into bridge.consent (phone_number, purpose, captured_at, revoked_at) values "
      "('+15555550101', 'a', now() - interval '9 years', now() - interval '61 months'), "
      "('+15555550102', 'b', now() - interval '9 years', now() - interval '59 months'), "
      "('+15555550103', 'c', now() - interval '9 years', null)");
  db.run(
      "insert into bridge.dial_decisions (phone_number, purpose, allowed, decided_at) values "
      "('+15555550101', 'a', true, now() - interval '61 months'), "
      "('+15555550102', 'b', true, now() - interval '59 months')");
  db.run(
      "insert into bridge.dnc_numbers (phone_number, added_at) values "
      "('+15555550101', now() - interval '9 years')");
  db.run(
      "insert into bridge.audit_log (actor, action, at) values ('a', 'b', now() - interval '9 "
      "years')");
  db.run(
      "insert into bridge.erased_calls (call_id, erased_at) values "
      "('00000000-0000-4000-8000-000000000001', now() - interval '91 days')");
  store::DeletedRows deleted;
  store::delete_expired_rows(db, 0, deleted);
  CHECK(deleted == store::DeletedRows{{"consent", 1}, {"dial_decisions", 1}});
  store::delete_expired_rows(db, 90, deleted);
  CHECK(deleted.at("erased_calls") == 1);
  CHECK(number_from(db, "select count(*) from bridge.consent") == 2);
  CHECK(number_from(db, "select count(*) from bridge.dnc_numbers") == 1);
  CHECK(number_from(db, "select count(*) from bridge.audit_log") == 1);
}

TEST_CASE_METHOD(Privacy,
                 "the daily job puts itself into the table, deletes once, and comes back tomorrow",
                 "[privacy]") {
  test::write(db, test::scripted_call(7, 1));
  db.run("update bridge.calls set start_time = now() - interval '91 days'");
  store::JobWorkerSettings settings;
  settings.database = [this] { return DatabaseAddress(url, hashing); };
  settings.poll = 5ms;
  store::RetentionSettings retention;
  retention.days = GENERATE(90, 0);
  store::DeletedRows deleted;
  retention.on_deleted = [&](const store::DeletedRows& rows) { deleted = rows; };
  store::JobWorker one(settings, store::retention_job(retention));
  store::JobWorker two(settings, store::retention_job(retention));
  REQUIRE(test::eventually([&] {
    return number_from(db,
                       "select count(*) from bridge.jobs where kind = 'retention' and state = "
                       "'queued' and run_at > now() + interval '23 hours'") == 1;
  }));
  one.stop(5s);
  two.stop(5s);
  CHECK(number_from(db, "select count(*) from bridge.calls") == (retention.days == 0 ? 1 : 0));
  CHECK(number_from(db, "select fence from bridge.jobs where kind = 'retention'") == 1);
}

TEST_CASE_METHOD(
    Privacy,
    "with TRANSCRIPT_KEY nothing that was said is in any table, and the read side shows it",
    "[privacy]") {
  Connection sealed(DatabaseAddress(url, sealing));
  CHECK_FALSE(store::has_sealed_calls(db));
  auto records = test::scripted_call(7, 2);
  records.push_back(test::make_record(
      7, 9, core::CallEvent{50, "operator_say", R"({"text":"a table by the window"})"}));
  records.push_back(test::make_record(
      7, 9, core::CallEvent{51, "emotions", R"({"seq":0,"scores":{"table":0.5,"Joy":null}})"}));
  test::write(sealed, records);
  test::write(sealed, records);  // the same records again are the same lines
  CHECK(everything(sealed).find("table") == std::string::npos);
  CHECK(everything(sealed).find("booked\",") == std::string::npos);
  CHECK(number_from(db, "select count(*) from bridge.call_search where length(words) > 0") == 0);
  CHECK(store::has_sealed_calls(db));

  const auto id = test::call_id(7).str();
  const auto lines = store::load_transcript(sealed, id);
  REQUIRE(lines.size() == 4);
  CHECK(lines[0].message == "a table for 2 please");
  CHECK(lines[3].message == "certainly, you are booked");
  CHECK(lines[0].emotions == R"({"table":0.5,"Joy":null})");
  CHECK(lines[1].emotions.empty());
  CHECK(store::load_events(sealed, id).rbegin()[1].json == R"({"text":"a table by the window"})");
  CHECK(store::load_earlier_call(sealed, "CA_invented_7")->lines.front().message ==
        "a table for 2 please");
  CHECK(store::load_transcript(db, id)[0].message == "[sealed]");  // no key here
  CHECK(store::load_transcript(db, id)[0].emotions.empty());
}

TEST_CASE_METHOD(
    Privacy,
    "with TRANSCRIPT_KEY no word of a verdict is in any table, and the read side shows them all",
    "[privacy]") {
  Connection sealed(DatabaseAddress(url, sealing));
  test::write(sealed, test::scripted_call(7, 2));
  judge(sealed);
  const std::string all = everything(sealed);
  for (const char* word : {"Qtable", "Qbooked", "Qreason", "Qthursday", "Qdate", "Qtime",
                           "Qservice", "Quillon", "Qphone", "Qraw"}) {
    INFO(word);
    CHECK(all.find(word) == std::string::npos);
  }
  CHECK(number_from(db,
                    "select count(*) from bridge.booking_analysis b join bridge.verdicts v using "
                    "(call_id) where jsonb_array_length(b.booking_indicators) = 2 and "
                    "jsonb_array_length(v.booking_indicators) = 2 and b.appointment ->> 'party' = "
                    "'2' and v.appointment ->> 'kind' = 'new'") == 1);

  const auto shown = [](Connection& reader) {
    const auto verdict = store::load_call(reader, test::call_id(7).str())->verdict.value();
    const auto exported = store::export_page(reader, {}, "", 10).calls.at(0).verdict.value();
    CHECK(exported.reason == verdict.reason);
    CHECK(exported.evidence.at(1).quote == verdict.evidence.at(1).quote);
    CHECK(store::list_verdicts(reader, {}, 1).at(0).reason == verdict.reason);
    const auto& agreed = verdict.appointment.value();
    return std::vector{verdict.evidence.at(0).quote,
                       verdict.evidence.at(1).quote,
                       verdict.reason,
                       agreed.when_text,
                       agreed.date,
                       agreed.time,
                       agreed.service,
                       agreed.name,
                       agreed.phone};
  };
  CHECK(shown(sealed) == std::vector<std::string>{"Qtable please", "Qbooked it is",
                                                  "Qreason of the judge", "Qthursday", "Qdate",
                                                  "Qtime", "Qservice", "Quillon", "Qphone"});
  CHECK(shown(db) == std::vector<std::string>(9, "[sealed]"));  // no key here
}

TEST_CASE_METHOD(Privacy, "without TRANSCRIPT_KEY verdicts are stored as they are", "[privacy]") {
  test::write(db, test::scripted_call(7, 2));
  judge(db);
  CHECK(everything(db).find("Qtable please") != std::string::npos);
  Connection sealed(
      DatabaseAddress(url, sealing));  // set later: what was in the clear is still read
  CHECK(store::load_call(sealed, test::call_id(7).str())->verdict->reason ==
        "Qreason of the judge");
}

TEST_CASE_METHOD(Privacy,
                 "a sealed call without its data key is unreadable, and other calls are not",
                 "[privacy]") {
  Connection sealed(DatabaseAddress(url, sealing));
  test::write(sealed, test::scripted_call(7, 1));
  test::write(sealed, test::scripted_call(8, 1));
  db.run("delete from bridge.call_keys where call_id = $1",
         store::Parameters().add(test::call_id(7).str()));
  CHECK(store::load_transcript(sealed, test::call_id(7).str())[0].message == "[sealed]");
  CHECK(store::load_transcript(sealed, test::call_id(8).str())[0].message ==
        "a table for 2 please");
}

TEST_CASE_METHOD(Privacy,
                 "other words under a number that is taken are still noticed when they are sealed",
                 "[privacy]") {
  Connection sealed(DatabaseAddress(url, sealing));
  test::write(sealed, {test::entry(7, 0, "yes")});
  store::Transaction transaction(sealed);
  CHECK(store::write_records(sealed, std::vector{test::entry(7, 0, "no")}).size() == 1);
}

TEST_CASE_METHOD(Privacy, "every table that knows a call or a number has a rule for erasing it",
                 "[privacy]") {
  const std::set<std::string> by_number = {"calls",          "call_search",  "consent",
                                           "dial_decisions", "dial_intents", "dnc_numbers",
                                           "erased_calls",   "erasures"};
  const auto columns = db.run(
      "select distinct table_name from information_schema.columns c join information_schema.tables "
      "t "
      "using (table_schema, table_name) where c.table_schema = 'bridge' and t.table_type = 'BASE "
      "TABLE' and (column_name like '%phone%' or column_name like '%\\_number')");
  for (int row = 0; row < columns.size(); ++row) {
    INFO(columns.text(row, 0) << " holds a number: store/erasure.cpp must know it");
    CHECK(by_number.contains(std::string(columns.text(row, 0))));
  }
}
