#include "bridge/net/address_cache.hpp"

#include "tests/unit/catch.hpp"

using namespace std::chrono_literals;
using boost::asio::ip::make_address;
using boost::asio::ip::tcp;
using tandem::core::TimePoint;
using tandem::net::AddressCache;
using tandem::net::Endpoints;

namespace {

const TimePoint start = TimePoint(1'000'000s);
const Endpoints one = {tcp::endpoint(make_address("192.0.2.1"), 443)};
const Endpoints other = {tcp::endpoint(make_address("192.0.2.2"), 443)};

}  // namespace

TEST_CASE("E05: an answer of the name server serves a minute without asking and a day in need") {
  AddressCache cache;
  CHECK(cache.fresh("voice.example", "443", start).empty());
  cache.keep("voice.example", "443", one, start);
  CHECK(cache.fresh("voice.example", "443", start + 60s) == one);
  CHECK(cache.fresh("voice.example", "443", start + 61s).empty());
  CHECK(cache.stale("voice.example", "443", start + 24h) == one);
  CHECK(cache.stale("voice.example", "443", start + 24h + 1s).empty());
  CHECK(cache.fresh("voice.example", "80", start).empty());
}

TEST_CASE("a new answer replaces the old one") {
  AddressCache cache;
  cache.keep("voice.example", "443", one, start);
  cache.keep("voice.example", "443", other, start + 90s);
  CHECK(cache.fresh("voice.example", "443", start + 100s) == other);
}

TEST_CASE("a full cache forgets the oldest name") {
  AddressCache cache;
  for (std::size_t i = 0; i <= AddressCache::names_max; ++i) {
    cache.keep("host" + std::to_string(i), "443", one, start + std::chrono::seconds(i));
  }
  CHECK(cache.stale("host0", "443", start + 100s).empty());
  CHECK(cache.stale("host1", "443", start + 100s) == one);
  CHECK(cache.stale("host" + std::to_string(AddressCache::names_max), "443", start + 100s) == one);
}

TEST_CASE("an address that nobody answers at is asked for again, and used only in need") {
  AddressCache cache;
  cache.distrust("voice.example", "443");
  cache.keep("voice.example", "443", one, start);
  cache.distrust("voice.example", "443");
  CHECK(cache.fresh("voice.example", "443", start).empty());
  CHECK(cache.stale("voice.example", "443", start) == one);
  cache.keep("voice.example", "443", other, start);
  CHECK(cache.fresh("voice.example", "443", start) == other);
}
