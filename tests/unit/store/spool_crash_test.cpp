#include <algorithm>

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
