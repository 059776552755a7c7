#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <fstream>
#include <mutex>
#include <sstream>

#include "store/spool_tools.hpp"
#include "tests/integration/store/store_fixture.hpp"
#include "tests/unit/catch.hpp"

// The whole spool, threads and all, on disks that are too small, too slow or somebody else's.

using namespace tandem;
using namespace std::chrono_literals;
using store::Spool;

namespace {

/// A disk of 64 KiB at `path` for this process and its children; false where the system does not
/// let us (no privilege, and no user namespaces or a chroot).
bool mount_tiny_disk(const std::string& path) {
  const auto user = ::getuid();
  const auto group = ::getgid();
  if (::unshare(CLONE_NEWNS) != 0) {
    if (::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return false;
    std::ofstream("/proc/self/setgroups") << "deny";
    std::ofstream("/proc/self/uid_map") << "0 " << user << " 1";
    std::ofstream("/proc/self/gid_map") << "0 " << group << " 1";
  }
  ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr);
  return ::mount("tmpfs", path.c_str(), "tmpfs", 0, "size=64k") == 0;
}

std::vector<std::string> types_of(Spool& spool) {
  std::vector<std::string> types;
  store::SpoolPosition position;
  for (auto records = spool.read_after(position, {}); !records.empty();
       records = spool.read_after(position, {})) {
    for (const auto& record : records) {
      const auto decoded = store::decode_record(record.type, record.wall, record.payload);
      const auto* event = std::get_if<core::CallEvent>(&decoded->body);
      types.push_back(event != nullptr ? event->type : "entry");
    }
    position = records.back().position;
  }
  return types;
}

bool has(const std::vector<std::string>& types, const std::string& type) {
  return std::find(types.begin(), types.end(), type) != types.end();
}

/// Fills a 64 KiB disk; what went otherwise than promised, or nothing.
std::string fill_tiny_disk(const std::string& directory) {
  auto settings = test::spool_settings(directory);
  settings.limits.reserve_bytes = std::size_t{64} << 20;
  settings.limits.segment_bytes = 8'192;
  Spool spool(settings);
  int seq = 0;
  while (spool.has_room() && seq < 2'000) {
    spool.append(test::entry(1, seq++, std::string(300, 'w')));
    if (seq % 10 == 0) spool.flush(2s);
  }
  if (seq >= 2'000) return "new calls are never refused";
  for (int i = 0; i < 200; ++i) spool.append(test::entry(1, seq++, std::string(300, 'w')));
  if (!test::eventually([&] { return spool.counters().held > 0; })) return "nothing is held";
  const auto opt_out = test::make_record(1, 1, core::CallEvent{0, "opt_out", "{}"});
  if (!spool.append_durable(opt_out, 5s)) return "the opt-out is not durable";
  const auto types = types_of(spool);
  if (!has(types, "opt_out")) return "the opt-out cannot be read";
  if (!has(types, "transcript_incomplete")) return "the call is not flagged";
  // the database comes back: what is imported makes room for what waits
  const bool is_empty = test::eventually([&] {
    store::SpoolPosition position = spool.checkpoint();
    for (auto records = spool.read_after(position, {}); !records.empty();
         records = spool.read_after(position, {})) {
      position = records.back().position;
    }
    spool.acknowledge(position);
    return spool.counters().held == 0;
  });
  if (!is_empty) return "held records are never written";
  return spool.counters().dropped == 0 ? "" : "records were dropped";
}

std::mutex gate;
std::condition_variable gate_moved;
bool is_gate_open = true;

int sync_behind_gate(int fd) {
  std::unique_lock lock(gate);
  gate_moved.wait(lock, [] { return is_gate_open; });
  return ::fdatasync(fd);
}

void move_gate(bool open) {
  const std::lock_guard lock(gate);
  is_gate_open = open;
  gate_moved.notify_all();
}

}  // namespace

TEST_CASE("R06: on a full disk of 64 KiB class A is kept, calls are flagged, the rest is held") {
  const test::TemporaryDirectory directory;
  int ends[2] = {};
  REQUIRE(::pipe(ends) == 0);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const bool is_mounted = mount_tiny_disk(directory.path());
    const std::string said = is_mounted ? fill_tiny_disk(directory.path()) : "cannot mount";
    const std::string line = said.empty() ? "as promised" : said;
    [[maybe_unused]] const auto told = ::write(ends[1], line.data(), line.size());
    ::_exit(0);
  }
  ::close(ends[1]);
  std::string said(200, '\0');
  const ssize_t count = ::read(ends[0], said.data(), said.size());
  ::close(ends[0]);
  ::waitpid(child, nullptr, 0);
  said.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
  // where nothing can be mounted, the n-th-call tests of tests/unit/store hold the same promises
  if (said == "cannot mount") WARN("no tiny disk can be mounted here");
  const bool is_good = said == "as promised" || said == "cannot mount";
  INFO(said);
  CHECK(is_good);
}

TEST_CASE("R08: a disk that stalls keeps nobody who appends waiting, and its lag shows") {
  const test::TemporaryDirectory directory;
  static store::FileCalls calls = store::system_file_calls();
  calls.sync_data = sync_behind_gate;
  auto settings = test::spool_settings(directory.path());
  settings.calls = &calls;
  move_gate(false);
  Spool spool(settings);
  // all of these return although no sync ever does
  for (int seq = 0; seq < 10'000; ++seq) REQUIRE(spool.append(test::entry(1, seq, "said")));
  CHECK(test::eventually([&] { return spool.counters().lag > 1ms; }));
  CHECK_FALSE(spool.append_durable(test::entry(1, 10'000, "said"), 1ms));
  move_gate(true);
  REQUIRE(spool.flush(20s));
  CHECK(spool.counters().written == 10'001);
  CHECK(spool.counters().dropped == 0);
}

TEST_CASE("a directory that is no spool is told apart from a spool without damage") {
  const test::TemporaryDirectory directory;
  std::ostringstream out;
  CHECK_FALSE(store::spool_verify(directory.path(), out));
  CHECK_FALSE(store::spool_dump(directory.path(), false, out));
  const auto nowhere = [] { return core::Secret("host=/nonexistent"); };
  CHECK_THROWS_AS(store::spool_drain(directory.path() + "/typo", nowhere, 10ms, out),
                  store::FileError);
  CHECK(::access((directory.path() + "/typo").c_str(), F_OK) != 0);
}

TEST_CASE("spool_verify names a missing segment and a damaged header, and changes nothing") {
  const test::TemporaryDirectory directory;
  auto settings = test::spool_settings(directory.path());
  settings.limits.segment_bytes = 1'000;
  {
    Spool spool(settings);
    for (int seq = 0; seq < 40; ++seq) REQUIRE(spool.append(test::entry(1, seq, "said")));
    REQUIRE(spool.flush(5s));
  }
  const auto segments = test::files_ending(directory.path(), ".seg");
  REQUIRE(segments.size() > 3);
  REQUIRE(::unlink(segments[1].c_str()) == 0);
  {
    std::fstream file(segments[2], std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(20);
    file.put('\x7f');
  }
  const auto before = test::files_ending(directory.path(), "");
  std::ostringstream out;
  CHECK_FALSE(store::spool_verify(directory.path(), out));
  CHECK(out.str().find("are MISSING") != std::string::npos);
  CHECK(out.str().find("DAMAGED header") != std::string::npos);
  CHECK(test::files_ending(directory.path(), "") == before);
}
