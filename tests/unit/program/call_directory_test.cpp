#include "bridge/call_directory.hpp"

#include "tests/unit/catch.hpp"

namespace tandem {

namespace {

using namespace std::chrono_literals;

constexpr core::TimePoint begin{1h};

CallDirectory::Entry entry_of(const char* id, const char* carrier_id) {
  CallDirectory::Entry entry;
  entry.id = core::CallId(id);
  entry.carrier_call_id = core::CarrierCallId(carrier_id);
  return entry;
}

std::string nonce_of(int number) { return "nonce-" + std::to_string(number); }

}  // namespace

TEST_CASE("T26: every address given out for a call works once, with its own token") {
  CallDirectory directory;
  auto& call = directory.add(entry_of("call-1", "CA1"), begin);
  directory.give_out(call, "nonce-1", "token-1");
  directory.give_out(call, "nonce-2", "token-2");
  const auto second = directory.spend_nonce("nonce-2");
  REQUIRE(second);
  CHECK(second->entry == &call);
  CHECK(second->token == "token-2");
  const auto first = directory.spend_nonce("nonce-1");
  REQUIRE(first);
  CHECK(first->token == "token-1");
  CHECK_FALSE(directory.spend_nonce("nonce-1"));
  CHECK_FALSE(directory.spend_nonce("nonce-2"));
  CHECK_FALSE(directory.spend_nonce("nonce-3"));
}

TEST_CASE("addresses of one call that nobody uses push out the oldest") {
  CallDirectory directory;
  auto& call = directory.add(entry_of("call-1", "CA1"), begin);
  constexpr int given = CallDirectory::stream_keys_max + 2;
  for (int i = 0; i < given; ++i) directory.give_out(call, nonce_of(i), "token");
  CHECK(call.stream_keys.size() == CallDirectory::stream_keys_max);
  CHECK(call.stream_keys.back().number == given);
  CHECK_FALSE(directory.spend_nonce(nonce_of(0)));
  CHECK_FALSE(directory.spend_nonce(nonce_of(1)));
  CHECK(directory.spend_nonce(nonce_of(2)));
  CHECK(directory.spend_nonce(nonce_of(given - 1)));
}

TEST_CASE("no media socket opens for a call that is over") {
  CallDirectory directory;
  auto& call = directory.add(entry_of("call-1", "CA1"), begin);
  directory.give_out(call, "nonce-1", "token-1");
  directory.end(call.id, call::EndReason::caller_hung_up, begin);
  CHECK_FALSE(directory.spend_nonce("nonce-1"));
}

TEST_CASE("of two calls with one carrier id the later is found, also once the first is forgotten") {
  CallDirectory directory;
  directory.add(entry_of("call-1", "CA1"), begin);
  directory.end(core::CallId("call-1"), call::EndReason::carrier_lost, begin);
  directory.add(entry_of("call-2", "CA1"), begin + 1min);
  CHECK(directory.find(core::CarrierCallId("CA1"))->id.str() == "call-2");
  directory.add(entry_of("call-3", "CA3"), begin + 11min);
  CHECK(directory.find(core::CallId("call-1")) == nullptr);
  CHECK(directory.find(core::CarrierCallId("CA1"))->id.str() == "call-2");
  CHECK(directory.size() == 2);
}

TEST_CASE("a whisper is told once, and forgotten with its call") {
  CallDirectory directory;
  directory.add(entry_of("call-1", "CA1"), begin);
  directory.keep_whisper(core::CallId("call-1"), "w1", "Wants to move a booking.");
  directory.keep_whisper(core::CallId("call-1"), "w2", "Never asked for.");
  CHECK(directory.take_whisper("w1") == "Wants to move a booking.");
  CHECK_FALSE(directory.take_whisper("w1"));
  directory.end(core::CallId("call-1"), call::EndReason::transferred, begin);
  directory.add(entry_of("call-2", "CA2"), begin + 11min);
  CHECK_FALSE(directory.take_whisper("w2"));
}

}  // namespace tandem
