#include "store/spool_format.hpp"

#include <algorithm>

#include "store/crc32c.hpp"
#include "tests/unit/catch.hpp"

using namespace tandem;
using store::Frame;

namespace {

constexpr store::NodeId node = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
const core::WallTime wall{std::chrono::microseconds{1'795'000'000'123'456}};

std::string payload_of(std::uint64_t lsn) {
  return "{\"record\":" + std::to_string(lsn) + std::string(lsn % 11, ' ') + "}";
}

std::string segment_of(std::uint64_t first_lsn, std::uint64_t count) {
  std::string bytes;
  store::append_segment_header(bytes, {node, 7, first_lsn, 0, wall});
  for (std::uint64_t lsn = first_lsn; lsn < first_lsn + count; ++lsn) {
    store::append_frame(bytes, {lsn, wall, 4, store::SyncClass::soon, 0, payload_of(lsn)});
  }
  return bytes;
}

std::vector<std::uint64_t> intact_lsns(std::string_view bytes, std::uint64_t first_lsn) {
  store::SegmentScanner scanner(bytes, first_lsn);
  std::vector<std::uint64_t> lsns;
  while (const auto frame = scanner.next()) {
    CHECK(frame->payload == payload_of(frame->lsn));
    lsns.push_back(frame->lsn);
  }
  return lsns;
}

}  // namespace

TEST_CASE("CRC-32C equals the vectors of RFC 3720 appendix B.4") {
  CHECK(store::crc32c(std::string(32, '\0')) == 0x8a9136aa);
  CHECK(store::crc32c(std::string(32, '\xff')) == 0x62a8ab43);
  std::string ascending;
  for (int i = 0; i < 32; ++i) ascending.push_back(static_cast<char>(i));
  CHECK(store::crc32c(ascending) == 0x46dd794e);
  CHECK(store::crc32c("123456789") == 0xe3069283);
}

TEST_CASE("CRC-32C by instruction and by table agree for every length and in parts") {
  std::string bytes;
  for (int i = 0; i < 300; ++i) {
    const std::string_view all = bytes;
    const auto expected = store::crc32c_by_table(all);
    REQUIRE(store::crc32c(all) == expected);
    REQUIRE(store::crc32c(all.substr(all.size() / 3),
                          store::crc32c(all.substr(0, all.size() / 3))) == expected);
    bytes.push_back(static_cast<char>(i * 37 + 11));
  }
}

TEST_CASE("a segment header decodes to what was encoded and to nothing after any changed byte") {
  const store::SegmentHeader header{node, 42, 4711, 3, wall};
  std::string bytes;
  store::append_segment_header(bytes, header);
  REQUIRE(bytes.size() == store::segment_header_bytes);
  CHECK(store::decode_segment_header(bytes) == header);
  CHECK_FALSE(store::decode_segment_header(std::string_view(bytes).substr(0, 63)));
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    std::string damaged = bytes;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x10);
    CHECK_FALSE(store::decode_segment_header(damaged));
  }
}

TEST_CASE("a frame keeps every field and takes whole multiples of eight bytes") {
  for (std::size_t size = 0; size < 20; ++size) {
    const std::string payload(size, 'x');
    std::string bytes;
    store::append_frame(bytes, {~0ULL, core::WallTime{std::chrono::microseconds{-5}}, 65'535,
                                store::SyncClass::best_effort, 255, payload});
    REQUIRE(bytes.size() == store::framed_size(size));
    REQUIRE(bytes.size() % 8 == 0);
    const auto frame = store::decode_frame(bytes);
    REQUIRE(frame);
    CHECK(frame->lsn == ~0ULL);
    CHECK(frame->wall.time_since_epoch().count() == -5);
    CHECK(frame->type == 65'535);
    CHECK(frame->sync == store::SyncClass::best_effort);
    CHECK(frame->flags == 255);
    CHECK(frame->payload == payload);
  }
}

TEST_CASE("an undamaged segment gives all records and no damage") {
  const std::string bytes = segment_of(100, 50);
  store::SegmentScanner scanner(bytes, 100);
  std::uint64_t count = 0;
  while (scanner.next()) ++count;
  CHECK(count == 50);
  CHECK(scanner.damage().empty());
  CHECK(scanner.intact_end() == bytes.size());
  CHECK(scanner.next_lsn() == 150);
}

TEST_CASE("R10: changing any single byte of a segment loses at most the record it is in") {
  constexpr std::uint64_t records = 30;
  const std::string bytes = segment_of(1, records);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    for (const unsigned flip : {0x01U, 0x80U, 0xffU}) {
      std::string damaged = bytes;
      damaged[i] = static_cast<char>(static_cast<unsigned char>(damaged[i]) ^ flip);
      const auto lsns = intact_lsns(damaged, 1);
      REQUIRE(lsns.size() >= records - 1);
      REQUIRE(std::is_sorted(lsns.begin(), lsns.end()));
    }
  }
}

TEST_CASE("R10: a segment cut at any byte gives exactly the records that are whole") {
  const std::string bytes = segment_of(1, 12);
  std::vector<std::size_t> ends;
  std::size_t end = store::segment_header_bytes;
  for (std::uint64_t lsn = 1; lsn <= 12; ++lsn) {
    end += store::framed_size(payload_of(lsn).size());
    ends.push_back(end);
  }
  for (std::size_t size = 0; size <= bytes.size(); ++size) {
    const auto whole = std::count_if(ends.begin(), ends.end(), [&](auto at) { return at <= size; });
    REQUIRE(intact_lsns(std::string_view(bytes).substr(0, size), 1).size() ==
            static_cast<std::size_t>(whole));
  }
}

TEST_CASE("R10: a zeroed page in the middle is stepped over and reported as one span") {
  std::string bytes = segment_of(1, 200);
  std::fill(bytes.begin() + 1024, bytes.begin() + 2048, '\0');
  store::SegmentScanner scanner(bytes, 1);
  std::uint64_t last = 0;
  std::size_t count = 0;
  while (const auto frame = scanner.next()) {
    REQUIRE(frame->lsn > last);
    last = frame->lsn;
    ++count;
  }
  CHECK(last == 200);
  CHECK(count > 170);
  REQUIRE(scanner.damage().size() == 1);
  CHECK(scanner.damage()[0].begin <= 1024);
  CHECK(scanner.damage()[0].end >= 2048);
}

TEST_CASE("records of an older use of the same bytes are not believed") {
  std::string bytes = segment_of(50, 3);
  bytes += segment_of(10, 3).substr(store::segment_header_bytes);
  CHECK(intact_lsns(bytes, 50) == std::vector<std::uint64_t>{50, 51, 52});
}

TEST_CASE("a length that lies beyond the segment or the limit is damage, not a read past the end") {
  std::string bytes = segment_of(1, 2);
  bytes[store::segment_header_bytes + 6] = '\x7f';
  CHECK(intact_lsns(bytes, 1) == std::vector<std::uint64_t>{2});
}

TEST_CASE("a scanner goes on where it stopped when a live segment grows") {
  const std::string whole = segment_of(1, 40);
  std::string grown = whole.substr(0, 500);
  store::SegmentScanner scanner(grown, 1);
  std::size_t count = 0;
  while (scanner.next()) ++count;
  grown = whole;
  scanner.extend(grown);
  while (scanner.next()) ++count;
  CHECK(count == 40);
  CHECK(scanner.damage().empty());
}
