#include "store/spool.hpp"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <map>
#include <mutex>
#include <sstream>
#include <thread>

#include "store/spool_tools.hpp"
#include "tests/integration/store/store_fixture.hpp"
#include "tests/unit/catch.hpp"

using namespace tandem;
using namespace std::chrono_literals;
using store::Spool;
using store::SpoolPosition;

namespace {

/// Every record after `position`, decoded to the seq of its transcript entry; events are left out.
std::vector<int> read_seqs(Spool& spool, SpoolPosition position = {}) {
  std::vector<int> seqs;
  while (true) {
    const auto records = spool.read_after(position, {.records_max = 7, .bytes_max = 64 * 1024});
    if (records.empty()) return seqs;
    for (const auto& record : records) {
      const auto decoded = store::decode_record(record.type, record.wall, record.payload);
      REQUIRE(decoded.ok());
      const auto* entry = std::get_if<core::TranscriptEntry>(&decoded->body);
      if (entry != nullptr) seqs.push_back(entry->seq);
    }
    position = records.back().position;
  }
}

std::vector<int> counting(int from, int to) {
  std::vector<int> numbers;
  for (int i = from; i < to; ++i) numbers.push_back(i);
  return numbers;
}

void append_entries(Spool& spool, int from, int to) {
  for (int seq = from; seq < to; ++seq) REQUIRE(spool.append(test::entry(1, seq, "said")));
}

struct Notices {
  std::mutex mutex;
  std::vector<std::string> codes;
  store::NoticeSink sink() {
    return [this](const store::Notice& notice) {
      const std::lock_guard lock(mutex);
      codes.push_back(notice.code);
    };
  }
  bool has(const std::string& code) {
    const std::lock_guard lock(mutex);
    return std::find(codes.begin(), codes.end(), code) != codes.end();
  }
};

void flip_byte(const std::string& path, std::streamoff at) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekg(at);
  const int byte = file.get();
  file.seekp(at);
  file.put(static_cast<char>(byte ^ 0x5a));
}

// what the fake disk does next; reset by each test that uses it
std::atomic<int> syncs_to_fail{0};
std::atomic<bool> disk_is_full{false};

int failing_sync(int fd) {
  if (syncs_to_fail > 0) {
    --syncs_to_fail;
    errno = EIO;
    return -1;
  }
  return ::fdatasync(fd);
}

ssize_t failing_write(int fd, const void* bytes, std::size_t size) {
  if (!disk_is_full) return ::write(fd, bytes, size);
  // as a real disk does: some of it still fits
  if (size > 100) return ::write(fd, bytes, 100);
  errno = ENOSPC;
  return -1;
}

const store::FileCalls failing_disk = [] {
  store::FileCalls calls = store::system_file_calls();
  calls.write = failing_write;
  calls.sync_data = failing_sync;
  return calls;
}();

}  // namespace

TEST_CASE("what was appended is read back in order, across many segments") {
  const test::TemporaryDirectory directory;
  auto settings = test::spool_settings(directory.path());
  settings.limits.segment_bytes = 2'000;
  Spool spool(settings);
  append_entries(spool, 0, 100);
  REQUIRE(spool.flush(5s));
  CHECK(read_seqs(spool) == counting(0, 100));
  CHECK(test::files_ending(directory.path(), ".seg").size() > 5);
  CHECK(spool.counters().backlog == 100);
  CHECK(spool.counters().written == 100);
}

TEST_CASE("a reader sees records while they are written, before any sync is due") {
  const test::TemporaryDirectory directory;
  auto settings = test::spool_settings(directory.path());
  settings.limits.sync_delay = 1h;
  Spool spool(settings);
  SpoolPosition position;
  for (int seq = 0; seq < 50; ++seq) {
    append_entries(spool, seq, seq + 1);
    spool.wait_for_records(position, 5s);
    const auto records = spool.read_after(position, {});
    REQUIRE(records.size() == 1);
    position = records.back().position;
  }
  CHECK(spool.counters().syncs == 0);
}

TEST_CASE("reading an older position again gives the same records") {
  const test::TemporaryDirectory directory;
  Spool spool(test::spool_settings(directory.path()));
  append_entries(spool, 0, 30);
  REQUIRE(spool.flush(5s));
  CHECK(read_seqs(spool) == counting(0, 30));
  CHECK(read_seqs(spool) == counting(0, 30));
  CHECK(read_seqs(spool, {1, 25}) == counting(25, 30));
}

TEST_CASE("appending from many threads at once loses nothing and keeps each thread's order") {
  const test::TemporaryDirectory directory;
  Spool spool(test::spool_settings(directory.path()));
  std::vector<std::thread> threads;
  for (int call = 0; call < 4; ++call) {
    threads.emplace_back([&spool, call] {
      for (int seq = 0; seq < 500; ++seq) {
        if (!spool.append(test::entry(call, seq, "said"))) return;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  REQUIRE(spool.flush(5s));
  std::map<std::string, int> next;
  SpoolPosition position;
  for (auto records = spool.read_after(position, {}); !records.empty();
       records = spool.read_after(position, {})) {
    for (const auto& record : records) {
      const auto decoded = store::decode_record(record.type, record.wall, record.payload);
      REQUIRE(std::get<core::TranscriptEntry>(decoded->body).seq == next[decoded->call_id.str()]++);
    }
    position = records.back().position;
  }
  for (const auto& [call, count] : next) CHECK(count == 500);
  CHECK(next.size() == 4);
}

TEST_CASE("a full queue refuses at once and counts it") {
  const test::TemporaryDirectory directory;
  auto settings = test::spool_settings(directory.path());
  settings.queue_max = 0;
  Spool spool(settings);
  CHECK_FALSE(spool.append(test::entry(1, 0, "said")));
  CHECK(spool.counters().refused == 1);
}

TEST_CASE("an acknowledged record is not read again after a restart, the others are") {
  const test::TemporaryDirectory directory;
  {
    Spool spool(test::spool_settings(directory.path()));
    append_entries(spool, 0, 20);
    REQUIRE(spool.flush(5s));
    spool.acknowledge({1, 12});
  }
  Spool spool(test::spool_settings(directory.path()));
  CHECK(spool.epoch() == 2);
  CHECK(spool.checkpoint() == SpoolPosition{1, 12});
  CHECK(spool.counters().backlog == 8);
  append_entries(spool, 20, 25);
  REQUIRE(spool.flush(5s));
  CHECK(read_seqs(spool, spool.checkpoint()) == counting(12, 25));
}

TEST_CASE("segments are deleted once everything in them is acknowledged") {
  const test::TemporaryDirectory directory;
  auto settings = test::spool_settings(directory.path());
  settings.limits.segment_bytes = 2'000;
  Spool spool(settings);
  append_entries(spool, 0, 100);
  REQUIRE(spool.flush(5s));
  const auto before = test::files_ending(directory.path(), ".seg").size();
  spool.acknowledge({1, 50});
  const auto half = test::files_ending(directory.path(), ".seg").size();
  CHECK(half < before);
  CHECK(read_seqs(spool, {1, 50}) == counting(50, 100));
  spool.acknowledge({1, 100});
  CHECK(test::files_ending(directory.path(), ".seg").size() <= 1);
}

TEST_CASE("an idle segment is sealed by age and then deleted") {
  const test::TemporaryDirectory directory;
  auto settings = test::spool_settings(directory.path());
  settings.limits.segment_age = 50ms;
  Spool spool(settings);
  append_entries(spool, 0, 3);
  REQUIRE(spool.flush(5s));
  CHECK(test::eventually([&] {
    spool.acknowledge({1, 3});
    return test::files_ending(directory.path(), ".seg").empty();
  }));
}

TEST_CASE("R11: a second process on the same directory is refused") {
  const test::TemporaryDirectory directory;
  Spool spool(test::spool_settings(directory.path()));
  CHECK_THROWS_AS(Spool(test::spool_settings(directory.path())), store::FileError);
}

TEST_CASE("R01: a killed process loses nothing that was written, at any moment of the kill") {
  const test::TemporaryDirectory directory;
  for (int round = 0; round < 20; ++round) {
    int pipe_ends[2] = {};
    REQUIRE(::pipe(pipe_ends) == 0);
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      Spool spool(test::spool_settings(directory.path()));
      for (int seq = 0;; ++seq) {
        spool.append(test::entry(round, seq, "said"));
        if (seq % 10 != 9) continue;
        spool.flush(5s);
        [[maybe_unused]] const auto told = ::write(pipe_ends[1], &seq, sizeof seq);
      }
    }
    int durable = -1;
    for (int i = 0; i <= round; ++i) REQUIRE(::read(pipe_ends[0], &durable, sizeof durable) > 0);
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    ::close(pipe_ends[0]);
    ::close(pipe_ends[1]);
    Spool spool(test::spool_settings(directory.path()));
    const auto seqs = read_seqs(spool, spool.checkpoint());
    REQUIRE(seqs.size() > static_cast<std::size_t>(durable));
    REQUIRE(seqs == counting(0, static_cast<int>(seqs.size())));
    spool.acknowledge({spool.epoch() - 1, seqs.size()});
  }
}

TEST_CASE("R10: a torn tail is cut and saved, the records before it stay") {
  const test::TemporaryDirectory directory;
  {
    Spool spool(test::spool_settings(directory.path()));
    append_entries(spool, 0, 10);
  }
  const auto segments = test::files_ending(directory.path(), ".seg");
  REQUIRE(segments.size() == 1);
  std::ofstream(segments[0], std::ios::app | std::ios::binary) << "RBS1 torn in the middle";
  Notices notices;
  auto settings = test::spool_settings(directory.path());
  settings.notices = notices.sink();
  Spool spool(settings);
  CHECK(read_seqs(spool) == counting(0, 10));
  CHECK(notices.has("spool_torn_tail"));
  CHECK(test::files_ending(directory.path() + "/quarantine", ".bad").size() == 1);
  std::ostringstream report;
  CHECK(store::spool_verify(directory.path(), report));
}

TEST_CASE("R10: damage in the middle is quarantined with an alarm and costs one record") {
  const test::TemporaryDirectory directory;
  {
    Spool spool(test::spool_settings(directory.path()));
    append_entries(spool, 0, 10);
  }
  flip_byte(test::files_ending(directory.path(), ".seg")[0], 64 + 40);
  Notices notices;
  auto settings = test::spool_settings(directory.path());
  settings.notices = notices.sink();
  Spool spool(settings);
  CHECK(read_seqs(spool) == counting(1, 10));
  CHECK(notices.has("spool_damage"));
  CHECK(test::files_ending(directory.path() + "/quarantine", ".bad").size() == 1);
  std::ostringstream report;
  CHECK_FALSE(store::spool_verify(directory.path(), report));
  CHECK(report.str().find("DAMAGED 64..") != std::string::npos);
}

TEST_CASE("R10: empty segments, foreign files and a damaged checkpoint do not stop a start") {
  const test::TemporaryDirectory directory;
  store::NodeId node;
  {
    Spool spool(test::spool_settings(directory.path()));
    node = spool.node();
    append_entries(spool, 0, 5);
    REQUIRE(spool.flush(5s));
    spool.acknowledge({1, 5});
  }
  const std::string name = "00000000000000000009-00000000000000000001.seg";
  std::ofstream(directory.path() + "/" + name);
  std::ofstream(directory.path() + "/00000000000000000008-00000000000000000001.seg") << "not ours";
  std::ofstream(directory.path() + "/notes.txt") << "hello";
  std::ofstream(directory.path() + "/ckpt") << "tandem-checkpoint 1 rubbish";
  Spool spool(test::spool_settings(directory.path()));
  CHECK(spool.epoch() == 10);
  // a directory that forgot how far it was imported must not meet its old watermark
  CHECK(spool.node() != node);
  CHECK(read_seqs(spool) == counting(0, 5));
}

TEST_CASE("R07: records of a failed sync are written again to a new segment") {
  const test::TemporaryDirectory directory;
  Notices notices;
  auto settings = test::spool_settings(directory.path());
  settings.calls = &failing_disk;
  settings.notices = notices.sink();
  syncs_to_fail = 0;
  Spool spool(settings);
  append_entries(spool, 0, 5);
  REQUIRE(spool.flush(5s));
  syncs_to_fail = 1;
  append_entries(spool, 5, 10);
  REQUIRE(spool.flush(5s));
  CHECK(notices.has("spool_disk_error"));
  CHECK(test::files_ending(directory.path(), ".seg").size() == 2);
  CHECK(read_seqs(spool) == counting(0, 10));
  CHECK_FALSE(spool.counters().failing);
  syncs_to_fail = 1;
  append_entries(spool, 10, 12);
  CHECK(test::eventually([&] { return spool.counters().failing; }));
  REQUIRE(spool.flush(5s));
  CHECK(read_seqs(spool) == counting(0, 12));
  CHECK(spool.counters().state == store::SpoolState::full);
}

TEST_CASE("R06: a full disk keeps records in memory and writes them when there is room") {
  const test::TemporaryDirectory directory;
  auto settings = test::spool_settings(directory.path());
  settings.calls = &failing_disk;
  disk_is_full = false;
  Spool spool(settings);
  append_entries(spool, 0, 5);
  REQUIRE(spool.flush(5s));
  disk_is_full = true;
  append_entries(spool, 5, 15);
  // and the event that flags their call
  CHECK(test::eventually([&] { return spool.counters().held == 11; }));
  CHECK(spool.counters().state == store::SpoolState::full);
  CHECK_FALSE(spool.has_room());
  CHECK(read_seqs(spool) == counting(0, 5));
  disk_is_full = false;
  REQUIRE(spool.flush(5s));
  CHECK(read_seqs(spool) == counting(0, 15));
  CHECK(spool.counters().dropped == 0);
  CHECK(test::eventually([&] { return spool.has_room(); }));
  std::ostringstream report;
  CHECK(store::spool_verify(directory.path(), report));
}

TEST_CASE("at 100 % class A goes on, class B waits in memory, class C is dropped and counted") {
  const test::TemporaryDirectory directory;
  auto settings = test::spool_settings(directory.path());
  settings.limits.bytes_max = 4'000;
  settings.limits.segment_bytes = 1'000;
  Spool spool(settings);
  append_entries(spool, 0, 30);
  CHECK(test::eventually([&] { return spool.counters().state == store::SpoolState::full; }));
  append_entries(spool, 30, 60);
  CHECK(test::eventually([&] { return spool.counters().held > 0; }));
  spool.append(test::make_record(1, 1, core::CallEvent{0, "frame_stats", "{}"}));
  CHECK(spool.append_durable(test::make_record(1, 1, core::CallEvent{1, "opt_out", "{}"}), 5s));
  CHECK(test::eventually([&] { return spool.counters().dropped == 1; }));
  // deleting what was imported makes room for what waits
  const auto held = spool.counters().held;
  CHECK(held > 0);
  CHECK(test::eventually([&] {
    SpoolPosition position = spool.checkpoint();
    for (auto records = spool.read_after(position, {}); !records.empty();
         records = spool.read_after(position, {})) {
      position = records.back().position;
    }
    spool.acknowledge(position);
    return spool.counters().held == 0;
  }));
  CHECK(spool.counters().dropped == 1);
}

TEST_CASE("append_durable answers only after the record is synced") {
  const test::TemporaryDirectory directory;
  auto settings = test::spool_settings(directory.path());
  settings.limits.sync_delay = 1h;
  Spool spool(settings);
  CHECK(spool.append_durable(test::entry(1, 0, "said"), 5s));
  CHECK(spool.counters().syncs == 1);
}

TEST_CASE("a stopped spool refuses records and keeps what it has for the next start") {
  const test::TemporaryDirectory directory;
  Spool first(test::spool_settings(directory.path()));
  append_entries(first, 0, 1'000);
  first.stop();
  CHECK_FALSE(first.append(test::entry(1, 1'000, "said")));
  CHECK(first.counters().written == 1'000);
  CHECK(first.counters().syncs > 0);
}

TEST_CASE("spool_dump shows no personal data unless payloads are asked for") {
  const test::TemporaryDirectory directory;
  {
    Spool spool(test::spool_settings(directory.path()));
    REQUIRE(spool.append(test::entry(1, 0, "my secret table")));
  }
  std::ostringstream plain;
  CHECK(store::spool_dump(directory.path(), false, plain));
  CHECK(plain.str().find("transcript_entry") != std::string::npos);
  CHECK(plain.str().find("secret") == std::string::npos);
  std::ostringstream full;
  CHECK(store::spool_dump(directory.path(), true, full));
  CHECK(full.str().find("my secret table") != std::string::npos);
}
