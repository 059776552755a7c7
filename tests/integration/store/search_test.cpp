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
using test::PostgresCluster;

namespace {

core::Secret migrated_database() {
  const core::Secret url = PostgresCluster::shared().create_database();
  store::Connection connection(url);
  store::migrate(connection);
  return url;
}

void write(store::Connection& db, const std::vector<core::Record>& records) {
  store::Transaction transaction(db);
  REQUIRE(store::write_records(db, records).empty());
  transaction.commit();
}

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
