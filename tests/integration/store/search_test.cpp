// Lists and search: what a filter finds, what a hit shows, and that the search follows the lines.
#include <algorithm>

#include "store/batch_rows.hpp"
#include "store/export_queries.hpp"
#include "store/migrate.hpp"
#include "store/queries.hpp"
#include "store/search_hits.hpp"
#include "tests/integration/postgres_cluster.hpp"
#include "tests/integration/store/store_fixture.hpp"
#include "tests/unit/catch.hpp"

using namespace tandem;
using test::migrated_database;
using test::PostgresCluster;
using test::write;

namespace {

void say(store::Connection& db, int call, const std::vector<std::string>& lines) {
  std::vector<core::Record> records;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    records.push_back(test::entry(call, static_cast<int>(i), lines[i]));
  }
  write(db, records);
}

std::vector<int> found(store::Connection& db, const std::string& q) {
  store::CallFilter filter;
  filter.q = q;
  std::vector<int> calls;
  for (const auto& call : store::list_calls(db, filter).calls) {
    calls.push_back(std::stoi(call.id.substr(24), nullptr, 16));
  }
  std::sort(calls.begin(), calls.end());
  return calls;
}

std::vector<int> with_number(store::Connection& db, const std::string& number) {
  store::CallFilter filter;
  filter.number = number;
  std::vector<int> calls;
  for (const auto& call : store::list_calls(db, filter).calls) {
    calls.push_back(std::stoi(call.id.substr(24), nullptr, 16));
  }
  std::sort(calls.begin(), calls.end());
  return calls;
}

using Found = std::vector<int>;

std::string marked(const store::SearchHit& hit) {
  std::string text;
  for (const auto& part : hit.snippet) text += part.is_match ? "[" + part.text + "]" : part.text;
  return text;
}

}  // namespace

TEST_CASE("words from different lines of a call find it, in any order and case") {
  store::Connection db(migrated_database());
  say(db, 1, {"A table for two", "on Thursday, please"});
  say(db, 2, {"A table for three"});
  CHECK(found(db, "THURSDAY table") == Found{1});
  CHECK(found(db, "table") == Found{1, 2});
  CHECK(found(db, "thur tab") == Found{1});
  CHECK(found(db, "hursday").empty());
}

TEST_CASE("what people write with apostrophes, hyphens and digits is found as it was said") {
  store::Connection db(migrated_database());
  say(db, 1, {"I don't know, twenty-five people?", "call 555-0100, or write to me@example.org"});
  for (const char* q : {"don't", "twenty-five", "twenty five", "five", "555-0100", "me@example.org",
                        "don't 555-0100", "people?", "(know)", "don't know, twenty-five"}) {
    INFO(q);
    CHECK(found(db, q) == Found{1});
  }
  CHECK(found(db, "don't care").empty());
}

TEST_CASE("no search text is an error of the database") {
  store::Connection db(migrated_database());
  say(db, 1, {"a | b & c ! d <-> e : * ( ) ' \\ \" `"});
  for (const char* q : {"'", "\\", "'' \\'", "a & b", "!", "<->", "a:*", "a:*A", "( (", "\\'", "*",
                        "\xC3\xA9", "\xFF", "\x01 \x02", "%"}) {
    INFO(q);
    CHECK_NOTHROW(found(db, q));
  }
}

TEST_CASE("hits show the first lines with a searched word, the words marked") {
  store::Connection db(migrated_database());
  say(db, 1,
      {"hello", "a vegan table", "two tables by the window", "no", "table three", "table four"});
  store::CallFilter filter;
  filter.q = "tab vegan";
  const auto page = store::list_calls(db, filter);
  REQUIRE(page.calls.size() == 1);
  const auto& hits = page.calls[0].hits;
  REQUIRE(hits.size() == store::hits_max);
  CHECK(hits[0].seq == 1);
  CHECK(hits[0].speaker == "user");
  CHECK(hits[0].offset_ms == 3'000);
  CHECK(marked(hits[0]) == "a [vegan] [table]");
  CHECK(marked(hits[1]) == "two [tables] by the window");
  CHECK(hits[2].seq == 4);
  CHECK(store::list_calls(db, {}).calls[0].hits.empty());
}

TEST_CASE("a line that holds the marks itself, or markup, is shown as text") {
  store::Connection db(migrated_database());
  say(db, 1, {"<b>table</b> \x01not\x02 & \"so\""});
  store::CallFilter filter;
  filter.q = "table";
  const auto page = store::list_calls(db, filter);
  REQUIRE(page.calls.size() == 1);
  REQUIRE(page.calls[0].hits.size() == 1);
  CHECK(marked(page.calls[0].hits[0]) == "<b>[table]</b> not & \"so\"");
}

TEST_CASE("search follows a line that is changed or erased") {
  store::Connection db(migrated_database());
  say(db, 1, {"my secret is apricot", "and peach"});
  say(db, 2, {"apricot"});
  db.run("update bridge.transcriptions set message = 'erased' where call_id = $1 and seq = 0",
         store::Parameters().add(test::call_id(1).str()));
  CHECK(found(db, "apricot") == Found{2});
  CHECK(found(db, "erased peach") == Found{1});
  db.run("delete from bridge.transcriptions where seq = 0");
  CHECK(found(db, "apricot").empty());
  CHECK(found(db, "peach") == Found{1});
  CHECK(test::number_from(db, "select count(*) from bridge.call_search") == 1);
  db.run("truncate bridge.transcriptions cascade");
  CHECK(test::number_from(db, "select count(*) from bridge.call_search") == 0);
}

TEST_CASE("any part of a number finds it, a whole number only itself") {
  store::Connection db(migrated_database());
  for (int call = 1; call <= 3; ++call) write(db, test::scripted_call(call, 0));
  CHECK(with_number(db, "+15550100002") == Found{2});
  CHECK(with_number(db, "0100002") == Found{2});
  CHECK(with_number(db, "5010") == Found{1, 2, 3});
  CHECK(with_number(db, "1") == Found{1, 2, 3});
  CHECK(with_number(db, "00003") == Found{3});
  CHECK(with_number(db, "+1555") == Found{1, 2, 3});
  CHECK(with_number(db, "+555").empty());
  CHECK(with_number(db, "99").empty());
}

TEST_CASE("digits that many numbers have find what digits of few numbers find") {
  store::Connection db(migrated_database());
  db.run(
      "insert into bridge.calls (id, start_time, phone_number) "
      "select md5('call ' || i)::uuid, now() - i * interval '1 minute', case i % 50 "
      "  when 7 then 'sip:15-55.' || i || '@example.org' when 8 then 'anonymous' when 9 then null "
      "  else '+1555010' || lpad(i::text, 4, '0') end from generate_series(1, 6000) i");
  db.script("vacuum analyze bridge.calls");
  for (const char* number : {"1", "1555", "5550", "15", "155520", "0104", "1234", "+1555", "+555",
                             "+1", "55501059", "0-1", "10"}) {
    INFO(number);
    const std::string part = number == std::string("0-1") ? "01" : number;
    const store::Rows expected = db.run(
        "select id from bridge.calls where case when $1 like '+%' then starts_with(phone_number, "
        "$1) else position($1 in regexp_replace(phone_number, '[^0-9]', '', 'g')) > 0 end "
        "order by start_time desc limit 500",
        store::Parameters().add(part));
    store::CallFilter filter;
    filter.number = number;
    filter.limit = 500;
    const auto listed = store::list_calls(db, filter).calls;
    REQUIRE(listed.size() == static_cast<std::size_t>(expected.size()));
    for (int row = 0; row < expected.size(); ++row) {
      REQUIRE(listed[static_cast<std::size_t>(row)].id == expected.text(row, 0));
    }
  }
}

TEST_CASE("a word that thousands of calls have finds the newest that still have it") {
  store::Connection db(migrated_database());
  db.script(
      "insert into bridge.calls (id, start_time, status) select md5('call ' || i)::uuid, "
      "  now() - i * interval '1 minute', case i % 10 when 0 then 'busy' else 'completed' end "
      "from generate_series(1, 9000) i;"
      "insert into bridge.transcriptions (call_id, seq, speaker, message, timestamp, offset_ms, "
      "event_type, content_hash) "
      "select id, 0, 'user', 'good morning', start_time, 0, 'user_message', uuid_send(id) from "
      "bridge.calls "
      "where status = 'completed'");
  db.script("vacuum analyze bridge.calls, bridge.call_search");
  const auto newest = [&](const char* status) {
    store::CallFilter filter;
    filter.q = "morn";
    filter.status = status;
    const auto calls = store::list_calls(db, filter).calls;
    return calls.empty() ? "none" : calls.front().id;
  };
  const auto id_of = [&](int call) {
    return std::string(
        db.run("select md5($1)::uuid", store::Parameters().add("call " + std::to_string(call)))
            .text(0, 0));
  };
  CHECK(newest("completed") == id_of(1));
  CHECK(newest("busy") == "none");
  db.run("delete from bridge.transcriptions where call_id = $1::uuid",
         store::Parameters().add(id_of(1)));
  CHECK(newest("completed") == id_of(2));
  db.run(
      "insert into bridge.transcriptions (call_id, seq, speaker, message, timestamp, offset_ms, "
      "event_type, content_hash) "
      "select id, 0, 'user', 'good morning', start_time, 0, 'user_message', uuid_send(id) from "
      "bridge.calls "
      "where id = $1::uuid",
      store::Parameters().add(id_of(10)));
  CHECK(newest("busy") == id_of(10));
  CHECK(test::number_from(db, "select count(*) from bridge.calls where has_words") == 8'100);
  db.run("truncate bridge.transcriptions cascade");
  CHECK(newest("completed") == "none");
  CHECK(test::number_from(db, "select count(*) from bridge.calls where has_words") == 0);
}

TEST_CASE("the outcome that a list shows follows its verdict") {
  store::Connection db(migrated_database());
  const auto label = [&] {
    return std::string(db.run("select outcome_label from bridge.calls").text(0, 0));
  };
  write(db, {test::entry(1, 0, "hello")});
  CHECK(label() == "pending");
  write(db, test::scripted_call(1, 0));
  CHECK(label() == "pending");
  const auto judge = [&](const std::string& what) {
    db.run("update bridge.booking_analysis set " + what);
    return label();
  };
  CHECK(judge("state = 'running'") == "pending");
  CHECK(judge("state = 'done', outcome = 'booked'") == "booked");
  CHECK(judge("outcome = 'unclear'") == "unclear");
  CHECK(judge("outcome = null") == "needs_review");
  CHECK(judge("state = 'failed'") == "failed");
  CHECK(judge("state = 'needs_review'") == "needs_review");
  db.run("delete from bridge.booking_analysis");
  CHECK(label() == "none");
}

TEST_CASE("an export brings exactly what the list of its filter brings, page by page") {
  store::Connection db(migrated_database());
  for (int call = 1; call <= 23; ++call) {
    auto records = test::scripted_call(call, call % 3);
    for (auto& record : records) record.wall += std::chrono::minutes(call / 2);
    write(db, records);
  }
  db.run(
      "update bridge.booking_analysis set state = 'done', outcome = 'booked', reason = 'agreed', "
      "booking_indicators = '[{\"seq\": 1, \"quote\": \"you are booked\"}]'");
  store::CallFilter filter;
  filter.q = "table";
  filter.outcome = "booked";
  filter.limit = 500;
  std::vector<std::string> listed;
  for (const auto& call : store::list_calls(db, filter).calls) listed.push_back(call.id);
  std::vector<std::string> exported;
  std::string cursor;
  do {
    const auto page = store::export_page(db, filter, cursor, 4);
    for (const auto& row : page.calls) {
      exported.push_back(row.call.id);
      REQUIRE(row.verdict);
      CHECK(row.verdict->reason == "agreed");
      CHECK(row.verdict->evidence.size() == 1);
    }
    cursor = page.next_cursor;
  } while (!cursor.empty());
  CHECK(listed.size() == 16);
  CHECK(exported == listed);
  CHECK_THROWS_AS(store::export_page(db, filter, "nonsense", 4), store::CursorError);
}

TEST_CASE("a snippet is split at its marks and nowhere else") {
  CHECK(store::split_snippet("").empty());
  const auto parts = store::split_snippet(
      "\x01"
      "a\x02 b \x01"
      "c");
  REQUIRE(parts.size() == 3);
  CHECK((parts[0].text == "a" && parts[0].is_match));
  CHECK((parts[1].text == " b " && !parts[1].is_match));
  CHECK((parts[2].text == "c" && parts[2].is_match));
}
