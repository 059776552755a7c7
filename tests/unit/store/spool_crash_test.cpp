#include <algorithm>
#include <array>
#include <cerrno>

#include "store/spool_recovery.hpp"
#include "tests/unit/catch.hpp"
#include "tests/unit/store/spool_process.hpp"

// What a spool promises to survive, on a disk that loses power and fails (docs/record.md).

using namespace tandem;
using namespace std::chrono_literals;
using store::SyncClass;
using test::CrashDisk;
using test::SpoolBook;
using test::SpoolProcess;

namespace {

using Random = std::mt19937_64;

std::size_t pick(Random& random, std::size_t most) {
  return std::uniform_int_distribution<std::size_t>(0, most)(random);
}

store::SpoolLimits small_limits() {
  store::SpoolLimits limits;
  limits.segment_bytes = 3'000;
  limits.sync_bytes = 2'000;
  limits.reserve_bytes = 8'192;
  limits.segment_age = 500ms;
  return limits;
}

void live_a_little(SpoolProcess& process, Random& random, std::size_t steps) {
  for (std::size_t step = 0; step < steps; ++step) {
    switch (pick(random, 5)) {
      case 0:
        process.append(SyncClass::durable);
        break;
      case 1:
      case 2:
        process.append(SyncClass::soon);
        break;
      case 3:
        process.turn(std::chrono::milliseconds(pick(random, 30)), pick(random, 9) == 0);
        break;
      case 4:
        process.turn(std::chrono::milliseconds(pick(random, 300)), false);
        break;
      default:
        if (pick(random, 3) == 0) process.acknowledge(1 + pick(random, 12));
    }
  }
}

/// Why what can be read is not what was promised; empty when it is. `is_exact`: in order and each
/// once, as it must be unless a disk failed.
std::string broken_promise(const SpoolBook& book, const std::vector<int>& readable, bool is_exact) {
  if (std::find(readable.begin(), readable.end(), -1) != readable.end()) return "invented";
  if (is_exact && std::adjacent_find(readable.begin(), readable.end(), std::greater_equal<>()) !=
                      readable.end()) {
    return "out of order";
  }
  std::vector<bool> is_there(book.entries.size(), false);
  for (const int number : readable) is_there[static_cast<std::size_t>(number)] = true;
  for (std::size_t i = 0; i < book.entries.size(); ++i) {
    const auto& entry = book.entries[i];
    if (entry.is_durable && !entry.is_acknowledged && !is_there[i]) {
      return "lost " + std::to_string(i);
    }
  }
  return {};
}

bool has(const SpoolBook& book, const std::string& code) {
  return std::find(book.notices.begin(), book.notices.end(), code) != book.notices.end();
}

/// Several lives of one spool, each ended by a power loss at a random call, also while it starts;
/// empty, or what went wrong.
std::string live_and_crash(std::uint64_t seed, std::uint64_t& images) {
  Random random(seed);
  SpoolBook book;
  auto disk = std::make_unique<CrashDisk>();
  for (int life = 0; life < 4; ++life) {
    const CrashDisk::Use use(*disk);
    const bool is_last = life == 3;
    if (!is_last) disk->power_off_at = 1 + pick(random, pick(random, 3) == 0 ? 25 : 160);
    try {
      SpoolProcess process(small_limits(), book);
      if (disk->calls_made < disk->power_off_at) {
        const std::string broken = broken_promise(book, process.readable(), true);
        const bool is_whole = disk->calls_made < disk->power_off_at;
        if (is_whole && !broken.empty()) return broken;
        if (is_whole && has(book, "spool_gap")) return "a gap was told";
      }
      if (!is_last) live_a_little(process, random, 40);
    } catch (const store::FileError&) {
      if (is_last) return "the spool did not start";
    }
    if (is_last) break;
    disk = std::make_unique<CrashDisk>(disk->after_power_loss(random));
    ++images;
    book.notices.clear();
  }
  return {};
}

}  // namespace

TEST_CASE("10 000 power losses: what was called durable is there, in order, and nothing else") {
  std::uint64_t images = 0;
  for (std::uint64_t seed = 0; images < 10'000; ++seed) {
    const std::string broken = live_and_crash(seed, images);
    INFO("seed " << seed);
    REQUIRE(broken == "");
  }
}

namespace {

/// One life of a spool in steps that do not depend on what the disk answers.
void scripted_life(SpoolProcess& process) {
  for (int i = 0; i < 6; ++i) process.append(SyncClass::soon);
  process.turn(25ms, false);
  process.append(SyncClass::durable);
  process.append(SyncClass::best_effort);
  process.turn(1ms, false);
  process.acknowledge(4);
  for (int i = 0; i < 9; ++i) process.append(i % 4 == 0 ? SyncClass::durable : SyncClass::soon);
  process.turn(25ms, false);
  process.turn(600ms, false);
  for (int i = 0; i < 4; ++i) process.append(SyncClass::soon);
  process.turn(1ms, false);
  process.acknowledge(9);
  process.append(SyncClass::durable);
  process.turn(1'500ms, false);
  process.turn(1'500ms, true);
}

/// Runs the script with the fault, then with a good disk from what a power loss leaves; empty, or
/// what was lost. `calls`: how many the first life made.
std::string survive(CrashDisk::Fault fault, std::uint64_t& calls) {
  SpoolBook book;
  CrashDisk disk;
  {
    const CrashDisk::Use use(disk);
    // a spool that had a life before: its start has more to do
    SpoolProcess before(small_limits(), book);
    scripted_life(before);
  }
  CrashDisk faulty(disk);
  faulty.fault = fault;
  {
    const CrashDisk::Use use(faulty);
    try {
      SpoolProcess process(small_limits(), book);
      scripted_life(process);
    } catch (const store::FileError&) {
      // a directory that cannot be locked or made; whoever starts again finds what was there
    }
  }
  calls = faulty.calls_made;
  Random random(fault.at);
  CrashDisk rebooted = faulty.after_power_loss(random);
  const CrashDisk::Use use(rebooted);
  SpoolProcess process(small_limits(), book);
  return broken_promise(book, process.readable(), false);
}

std::string survive_every_fault(std::uint64_t count, int error) {
  std::uint64_t calls = 0;
  survive({}, calls);
  if (calls < 60) return "only " + std::to_string(calls) + " calls can fail";
  std::uint64_t ignored = 0;
  for (std::uint64_t at = 1; at <= calls; ++at) {
    const std::string broken =
        survive({.at = at, .count = count, .error = error, .spares_reads = count > 1}, ignored);
    if (!broken.empty()) return "call " + std::to_string(at) + ": " + broken;
  }
  return {};
}

}  // namespace

TEST_CASE("R07: the n-th call fails once, for every n: nothing called durable is lost") {
  const int error = GENERATE(EIO, ENOSPC, EROFS, EINTR, EMFILE, EDQUOT, 0 /* short */);
  INFO("errno " << error);
  CHECK(survive_every_fault(1, error) == "");
}

TEST_CASE(
    "R06 R09: from the n-th call on nothing can be written, for a while or for ever, for every n") {
  const int error = GENERATE(EIO, ENOSPC, EROFS);
  const std::uint64_t count = GENERATE(2U, 7U, 30U, 1'000'000U);
  INFO("errno " << error << ", " << count << " calls");
  CHECK(survive_every_fault(count, error) == "");
}

namespace {

/// Changes each byte of one file; every time the spool must start and give all
/// `count` records but at most one. Empty, or what went wrong.
std::string change_every_byte(const CrashDisk& disk, const std::string& path, SpoolBook& book,
                              std::size_t count) {
  CrashDisk copy(disk);
  const std::size_t size = copy.bytes_of(path).size();
  store::SpoolLimits limits = small_limits();
  limits.reserve_bytes = 0;
  for (std::size_t i = 0; i < size; ++i) {
    const unsigned flip = std::array{0x01U, 0x80U, 0xffU}[i % 3];
    CrashDisk damaged(disk);
    char& byte = damaged.bytes_of(path)[i];
    byte = static_cast<char>(static_cast<unsigned char>(byte) ^ flip);
    const CrashDisk::Use use(damaged);
    SpoolProcess process(limits, book);
    const auto numbers = process.readable();
    const bool is_sound = numbers.size() + 1 >= count && numbers.size() <= count &&
                          std::is_sorted(numbers.begin(), numbers.end()) &&
                          (numbers.empty() || numbers.front() >= 0);
    if (!is_sound) return path + " byte " + std::to_string(i);
  }
  return {};
}

}  // namespace

TEST_CASE("R10: every byte of a 64 KiB spool is changed: never more is lost than one record",
          "[exhaustive]") {
  SpoolBook book;
  CrashDisk disk;
  std::size_t total = 0;
  const std::string directory = std::string(SpoolProcess::directory_path) + "/";
  {
    const CrashDisk::Use use(disk);
    store::SpoolLimits limits = small_limits();
    limits.reserve_bytes = 0;
    SpoolProcess process(limits, book);
    for (int i = 0; i < 192; ++i) process.append(SyncClass::soon);
    process.turn(25ms, true);
  }
  for (const std::string& name : disk.names_in(SpoolProcess::directory_path)) {
    if (!name.ends_with(".seg")) continue;
    // each segment alone: the others would only make the 65 536 starts slower
    CrashDisk alone(disk);
    const CrashDisk::Use use(alone);
    for (const std::string& other : alone.names_in(SpoolProcess::directory_path)) {
      if (other.ends_with(".seg") && other != name) {
        CrashDisk::calls().unlink((directory + other).c_str());
      }
    }
    store::SpoolLimits limits = small_limits();
    limits.reserve_bytes = 0;
    const std::size_t count = SpoolProcess(limits, book).readable().size();
    CHECK(count > 0);
    alone.settle();
    CHECK(change_every_byte(alone, directory + name, book, count) == "");
    total += alone.bytes_of(directory + name).size();
  }
  CHECK(total >= 64 * 1024);
  disk.settle();
  for (const char* name : {"ckpt", "node_id"}) {
    CHECK(change_every_byte(disk, directory + name, book, book.entries.size()) == "");
  }
}
