#include "tests/integration/store/store_fixture.hpp"

#include <fmt/format.h>
#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <stdexcept>
#include <thread>

#include "store/batch_rows.hpp"
#include "store/migrate.hpp"
#include "tests/integration/postgres_cluster.hpp"

namespace tandem::test {

TemporaryDirectory::TemporaryDirectory() : path_("/tmp/tandem_store_XXXXXX") {
  if (::mkdtemp(path_.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

core::CallId call_id(int number) {
  return core::CallId(fmt::format("00000000-0000-4000-8000-{:012x}", number));
}

core::WallTime wall_at(int seconds) {
  using namespace std::chrono;
  return sys_days{2026y / November / 22} + hours(12) + std::chrono::seconds(seconds);
}

core::Record make_record(int call, int second, core::RecordBody body) {
  return {.call_id = call_id(call),
          .wall = wall_at(second),
          .offset = core::MediaOffset(1'000 * second),
          .body = std::move(body)};
}

core::Record entry(int call, int seq, const std::string& text, core::Speaker speaker) {
  return make_record(
      call, 2 + seq,
      core::TranscriptEntry{
          .seq = seq,
          .speaker = speaker,
          .text = text,
          .event_type = speaker == core::Speaker::user ? "user_message" : "assistant_message",
          .source = "live"});
}

std::vector<core::Record> scripted_call(int call, int turns) {
  std::vector<core::Record> records;
  records.push_back(make_record(
      call, 0,
      core::CallStarted{.carrier_call_id = core::CarrierCallId(fmt::format("CA_invented_{}", call)),
                        .direction = core::Direction::inbound,
                        .from = core::PhoneNumber(fmt::format("+155501{:05}", call)),
                        .to = core::PhoneNumber("+15550100000"),
                        .provider = "hume",
                        .purpose = "",
                        .node = "node-a"}));
  records.push_back(make_record(call, 1, core::CallAnswered{core::CarrierStreamId("MZ_invented")}));
  records.push_back(
      make_record(call, 1, core::ChatOpened{core::ChatId("chat-1"), core::ChatGroupId("group-1")}));
  for (int turn = 0; turn < turns; ++turn) {
    records.push_back(entry(call, 2 * turn, fmt::format("a table for {} please", turn + 2)));
    records.push_back(
        entry(call, 2 * turn + 1, "certainly, you are booked", core::Speaker::assistant));
    records.push_back(
        make_record(call, 3 + turn, core::TranscriptHeard{2 * turn + 1, 2'000, 1'500}));
    records.push_back(make_record(call, 3 + turn, core::CallEvent{turn, "turn_completed", "{}"}));
  }
  core::CallEnded ended;
  ended.end_reason = "caller_hung_up";
  ended.duration_ms = 59'600;
  ended.total_messages = 2 * turns;
  ended.interruptions = 1;
  ended.talk_ratio = 0.25;
  ended.turns = {{.turn = 1,
                  .to_last_audio_sent_us = 10'000,
                  .to_text_final_us = 200'000,
                  .to_first_audio_us = 300'000,
                  .to_carrier_us = 1'000,
                  .to_audible_us = 80'000,
                  .unexplained_us = 9'000,
                  .gap_us = 600'000}};
  ended.uplink_transit = {.count = 3'000, .p50_us = 60, .p95_us = 90, .p99_us = 400, .max_us = 900};
  ended.audio.caller_frames_in = 3'000;
  ended.audio.caller_frames_sent = 3'000;
  records.push_back(make_record(call, 60, ended));
  return records;
}

bool eventually(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

store::SpoolSettings spool_settings(const std::string& directory) {
  store::SpoolSettings settings;
  settings.directory = directory;
  settings.limits.reserve_bytes = 0;
  return settings;
}

store::ImporterSettings importer_settings(const core::Secret& url) {
  store::ImporterSettings settings;
  settings.database = [url] { return url; };
  settings.node_name = "node-a";
  settings.version = "test";
  settings.linger = std::chrono::milliseconds(5);
  settings.backoff_min = std::chrono::milliseconds(10);
  settings.backoff_max = std::chrono::milliseconds(200);
  return settings;
}

core::Secret migrated_database() {
  const core::Secret url = PostgresCluster::shared().create_database();
  store::Connection connection(url);
  store::migrate(connection);
  return url;
}

void write(store::Connection& db, const std::vector<core::Record>& records) {
  store::Transaction transaction(db);
  if (!store::write_records(db, records).empty()) throw std::runtime_error("a key is taken");
  transaction.commit();
}

void write_calls(store::Connection& db, int count) {
  for (int call = 1; call <= count; ++call) {
    auto records = scripted_call(call, 1);
    for (auto& record : records) record.wall += std::chrono::minutes(call);
    write(db, records);
  }
}

void append_all(store::Spool& spool, const std::vector<core::Record>& records) {
  for (const auto& record : records) {
    if (!spool.append(record)) throw std::runtime_error("the spool refused a record");
  }
}

bool all_imported(const store::Spool& spool) {
  return eventually([&] {
    const auto counters = spool.counters();
    return counters.written == counters.appended && counters.backlog == 0;
  });
}

std::int64_t number_from(store::Connection& connection, const std::string& statement) {
  return connection.run(statement).integer(0, 0);
}

std::vector<std::string> files_ending(const std::string& directory, const std::string& end) {
  std::vector<std::string> files;
  std::error_code error;
  for (const auto& item : std::filesystem::directory_iterator(directory, error)) {
    const std::string path = item.path().string();
    if (item.is_regular_file() && path.ends_with(end)) files.push_back(path);
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace tandem::test
