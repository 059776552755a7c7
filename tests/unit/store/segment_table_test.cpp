#include "store/segment_table.hpp"

#include "tests/unit/catch.hpp"

using namespace tandem;
using store::SpoolPosition;

namespace {

store::Segment segment(std::uint64_t epoch, std::uint64_t first, std::uint64_t last, bool sealed) {
  store::Segment result;
  result.path = std::to_string(epoch) + "-" + std::to_string(first);
  result.epoch = epoch;
  result.first_lsn = first;
  result.last_lsn = last;
  result.bytes = 100;
  result.sealed = sealed;
  return result;
}

void fill(store::SegmentTable& table) {
  table.add(segment(1, 1, 10, true));
  table.add(segment(1, 11, 20, true));
  table.add(segment(2, 1, 5, false));
}

}  // namespace

TEST_CASE("the next record after a position is looked for in the right segment") {
  store::SegmentTable table;
  fill(table);
  CHECK(table.holding_next({0, 0})->path == "1-1");
  CHECK(table.holding_next({1, 9})->path == "1-1");
  CHECK(table.holding_next({1, 10})->path == "1-11");
  CHECK(table.holding_next({1, 20})->path == "2-1");
  CHECK(table.holding_next({2, 5})->path == "2-1");
  table.seal(100);
  CHECK_FALSE(table.holding_next({2, 5}));
}

TEST_CASE("only sealed segments that are wholly imported are given up for deletion") {
  store::SegmentTable table;
  fill(table);
  CHECK_FALSE(table.has_removable({1, 9}));
  CHECK(table.remove_through({1, 9}).empty());
  CHECK(table.remove_through({1, 15}).size() == 1);
  CHECK(table.remove_through({2, 5}).size() == 1);
  CHECK(table.size() == 1);
  table.seal(100);
  CHECK(table.remove_through({2, 4}).empty());
  CHECK(table.remove_through({2, 5}).size() == 1);
}

TEST_CASE("the backlog counts the records after a position over all segments") {
  store::SegmentTable table;
  fill(table);
  CHECK(table.count_after({0, 0}) == 25);
  CHECK(table.count_after({1, 0}) == 25);
  CHECK(table.count_after({1, 13}) == 12);
  CHECK(table.count_after({1, 20}) == 5);
  CHECK(table.count_after({2, 5}) == 0);
  CHECK(table.total_bytes() == 300);
}
