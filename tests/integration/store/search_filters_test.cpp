// Searches together with filters, against a slow oracle: whichever way a page is found, and
// whatever happened to the calls since their words were written.
#include <random>

#include "store/batch_rows.hpp"
#include "store/migrate.hpp"
#include "store/queries.hpp"
#include "tests/integration/postgres_cluster.hpp"
#include "tests/integration/store/store_fixture.hpp"
#include "tests/unit/catch.hpp"

using namespace tandem;
using store::CallFilter;

namespace {

constexpr auto thousands_of_calls = R"(
insert into bridge.calls (id, start_time, status, direction, provider, phone_number, duration,
  answered_time, end_time, analysis_label)
select md5('call ' || i)::uuid, timestamptz '2026-03-01' + i * interval '13 minutes',
  (array['completed', 'completed', 'completed', 'busy', 'failed'])[1 + i % 5],
  (array['inbound', 'outbound'])[1 + i % 2], (array['hume', 'gemini', '', null])[1 + i % 4],
  case i % 97 when 0 then null when 1 then 'sip:15-55.' || i || '@example.org'
    else '+1555010' || lpad((i % 900)::text, 4, '0') end,
  i % 300, case when i % 3 > 0 then now() end, now(),
  (array['booked', 'not_booked', 'unclear', null])[1 + i % 4]
from generate_series(1, 4000) i;
insert into bridge.transcriptions (call_id, seq, speaker, message, timestamp, offset_ms, event_type,
  content_hash)
select md5('call ' || i)::uuid, line, 'user', message, now(), 0, 'user_message', '\x00'
from generate_series(1, 4000) i,
  lateral (values (0, case when i % 5 < 3 then 'alpaca' else 'alder' end),
                  (1, case when i % 6 = 0 then 'berry' end),
                  (2, case when i % 40 = 0 then 'cedar' end),
                  (3, case when i % 800 = 7 then 'daisy' end)) l (line, message)
where message is not null and i % 5 <> 3)";

using Ids = std::vector<std::string>;

class Draw {
 public:
  explicit Draw(unsigned seed) : random_(seed) {}
  std::size_t below(std::size_t end) {
    return std::uniform_int_distribution<std::size_t>(0, end - 1)(random_);
  }
  bool one_in(std::size_t many) { return below(many) == 0; }
  std::string one_of(const std::vector<std::string>& values) {
    return values[below(values.size())];
  }

 private:
  std::mt19937 random_;
};

core::WallTime in_march(std::size_t day) {
  return core::WallTime{std::chrono::sys_days{std::chrono::year{2026} / 3 / 1}} +
         std::chrono::hours(24 * day);
}

CallFilter random_filter(Draw& draw) {
  CallFilter filter;
  if (!draw.one_in(6))
    filter.q = draw.one_of({"al", "alp", "alpaca", "ber", "ce", "daisy", "al ber", "alder cedar",
                            "ber ce al", "daisy alpaca", "elm", "al elm"});
  if (draw.one_in(4)) filter.outcome = draw.one_of({"booked", "not_booked", "none", "failed"});
  if (draw.one_in(4)) filter.status = draw.one_of({"completed", "busy", "failed"});
  if (draw.one_in(4)) filter.direction = draw.one_of({"inbound", "outbound"});
  if (draw.one_in(4)) filter.provider = draw.one_of({"hume", "gemini", "none"});
  if (draw.one_in(4))
    filter.number = draw.one_of({"1", "0104", "+1555", "155", "55501", "+15550100007"});
  if (draw.one_in(4)) filter.min_duration_s = static_cast<std::int64_t>(draw.below(300));
  if (draw.one_in(4)) filter.max_duration_s = static_cast<std::int64_t>(draw.below(300));
  if (draw.one_in(4)) filter.is_answered = draw.one_in(2);
  if (draw.one_in(8)) filter.hour = static_cast<std::int64_t>(draw.below(24));
  if (draw.one_in(8)) filter.weekday = static_cast<std::int64_t>(1 + draw.below(7));
  if (draw.one_in(3)) filter.from = in_march(draw.below(36));
  if (draw.one_in(4)) filter.to = in_march(draw.below(36));
  filter.limit = draw.one_in(2) ? 3 : 50;
  return filter;
}

/// Every line of every call is read; only what a filter says is the same.
Ids oracle(store::Connection& db, const CallFilter& f) {
  const store::Rows rows = db.run(
      R"(select id from bridge.calls c
where ($1::text is null or
       (select bool_and(exists (select from bridge.transcriptions t where t.call_id = c.id
         and exists (select from unnest(string_to_array(t.message, ' ')) said
                     where starts_with(said, word))))
       from unnest(string_to_array($1, ' ')) word))
  and ($2::text is null or outcome_label = $2) and ($3::text is null or status = $3)
  and ($4::text is null or direction = $4)
  and ($5::text is null or coalesce(nullif(provider, ''), 'none') = $5)
  and ($6::text is null or case when $6 like '+%' then starts_with(phone_number, $6)
       else position($6 in regexp_replace(phone_number, '[^0-9]', '', 'g')) > 0 end)
  and ($7::int is null or duration >= $7) and ($8::int is null or duration <= $8)
  and ($9::bool is null or (answered_time is not null) = $9)
  and ($10::int is null or to_char(start_time at time zone 'UTC', 'HH24')::int = $10)
  and ($11::int is null or to_char(start_time at time zone 'UTC', 'ID')::int = $11)
  and ($12::timestamptz is null or start_time >= $12)
  and ($13::timestamptz is null or start_time < $13)
order by start_time desc, id desc)",
      store::Parameters()
          .add(f.q)
          .add(f.outcome)
          .add(f.status)
          .add(f.direction)
          .add(f.provider)
          .add(f.number)
          .add(f.min_duration_s)
          .add(f.max_duration_s)
          .add(f.is_answered)
          .add(f.hour)
          .add(f.weekday)
          .add(f.from)
          .add(f.to));
  Ids ids;
  for (int row = 0; row < rows.size(); ++row) ids.emplace_back(rows.text(row, 0));
  return ids;
}

/// All pages.
Ids listed(store::Connection& db, CallFilter filter) {
  Ids ids;
  do {
    store::Transaction transaction(db);
    const auto page = store::list_calls(db, filter);
    for (const auto& call : page.calls) ids.push_back(call.id);
    filter.cursor = page.next_cursor;
  } while (!filter.cursor.empty() && ids.size() < 500);
  return ids;
}

void compare(store::Connection& db, unsigned seed) {
  Draw draw(seed);
  for (int round = 0; round < 30; ++round) {
    const CallFilter filter = random_filter(draw);
    const Ids found = listed(db, filter);
    Ids expected = oracle(db, filter);
    if (!found.empty() && found.size() >= 500) expected.resize(found.size());
    INFO("seed " << seed << ", round " << round << ": " << filter.q.value_or("any words"));
    REQUIRE(found == expected);
  }
}

}  // namespace

TEST_CASE("a search with filters finds what reading every line finds, whatever changed since") {
  store::Connection db(test::migrated_database());
  db.script(thousands_of_calls);
  db.run("vacuum analyze bridge.calls, bridge.call_search, bridge.transcriptions");
  compare(db, 1);
  db.script(
      "update bridge.calls set status = 'completed', direction = 'outbound', provider = 'openai', "
      "  phone_number = '+15550100007', duration = 7, answered_time = now(), "
      "  start_time = start_time + interval '90 minutes' where id::text < '4';"
      "update bridge.calls set analysis_label = 'failed' where id::text > 'b'");
  compare(db, 2);
  db.script(
      "update bridge.transcriptions set message = 'berry alder' where call_id::text like '%a';"
      "delete from bridge.transcriptions where call_id::text like '%b' and seq = 0;"
      "delete from bridge.transcriptions where call_id::text like '%c';"
      "insert into bridge.transcriptions (call_id, seq, speaker, message, timestamp, offset_ms, "
      "  event_type, content_hash) select id, 9, 'user', 'daisy', now(), 0, 'user_message', "
      "'\\x00' "
      "from bridge.calls where id::text like '%cc';"
      "update bridge.calls set status = 'busy' where id::text like '%cc'");
  compare(db, 3);
}

TEST_CASE("a call that changes while its first words are written is found by what it became") {
  const core::Secret url = test::migrated_database();
  store::Connection writer(url);
  store::Connection db(url);
  db.run(
      "insert into bridge.calls (id, start_time, status) values ($1::uuid, now(), 'in-progress')",
      store::Parameters().add(test::call_id(1).str()));
  {
    store::Transaction words(writer);
    REQUIRE(store::write_records(writer, std::vector{test::entry(1, 0, "hello")}).empty());
    // The change waits for the words to be there, and gives up for now.
    store::Transaction change(db, {.lock_timeout = std::chrono::milliseconds(50)});
    CHECK_THROWS_AS(db.run("update bridge.calls set status = 'busy'"), store::PostgresError);
    words.commit();
  }
  db.run("update bridge.calls set status = 'busy'");
  CallFilter filter;
  filter.q = "hello";
  filter.status = "busy";
  CHECK(store::list_calls(db, filter).calls.size() == 1);
}

TEST_CASE("calls of the release before are searched with filters once the schema is new") {
  constexpr int before_filters = 16;
  store::Connection db(test::PostgresCluster::shared().create_database());
  db.script("create schema bridge");
  for (const auto& migration : store::migrations())
    if (migration.version <= before_filters) db.script(std::string(migration.sql));
  db.script(thousands_of_calls);
  for (const auto& migration : store::migrations())
    if (migration.version > before_filters) db.script(std::string(migration.sql));
  compare(db, 4);
}
