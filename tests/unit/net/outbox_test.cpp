#include "bridge/net/outbox.hpp"

#include <set>
#include <string>

#include "bridge/core/result.hpp"
#include "tests/unit/catch.hpp"

using tandem::core::TimePoint;
using tandem::net::Outbox;
using tandem::net::SendStatus;

namespace {

TimePoint at(int milliseconds) { return TimePoint(std::chrono::milliseconds(milliseconds)); }

}  // namespace

TEST_CASE("an outbox gives messages out in the order they came, with their due times") {
  Outbox outbox(1000);
  CHECK(outbox.begin() == nullptr);
  for (int i = 0; i < 20; ++i) {
    REQUIRE(outbox.push("message " + std::to_string(i), at(i)) == SendStatus::queued);
  }
  for (int i = 0; i < 20; ++i) {
    const Outbox::Entry* const entry = outbox.begin();
    REQUIRE(entry != nullptr);
    CHECK(entry->text == "message " + std::to_string(i));
    CHECK(entry->due == at(i));
    outbox.finish();
  }
  CHECK(outbox.empty());
  CHECK(outbox.bytes() == 0);
}

TEST_CASE("a message leaves an outbox as what it was put in: text or binary") {
  using tandem::net::MessageKind;
  Outbox outbox(1000);
  REQUIRE(outbox.push("sound", at(0), MessageKind::binary) == SendStatus::queued);
  REQUIRE(outbox.push("words", at(0)) == SendStatus::queued);
  CHECK(outbox.begin()->kind == MessageKind::binary);
  outbox.finish();
  CHECK(outbox.begin()->kind == MessageKind::text);
  outbox.finish();
}

TEST_CASE("a message that would exceed the bound is refused and stays with the sender") {
  Outbox outbox(10);
  REQUIRE(outbox.push("123456", at(0)) == SendStatus::queued);
  std::string text = "12345";
  CHECK(outbox.push(std::move(text), at(0)) == SendStatus::full);
  CHECK(text == "12345");
  CHECK(outbox.push("1234", at(0)) == SendStatus::queued);
  CHECK(outbox.bytes() == 10);
}

TEST_CASE("a message counts until its writing has finished") {
  Outbox outbox(10);
  REQUIRE(outbox.push("1234567890", at(0)) == SendStatus::queued);
  REQUIRE(outbox.begin() != nullptr);
  CHECK(outbox.empty());
  CHECK(outbox.writing());
  CHECK(outbox.bytes() == 10);
  CHECK(outbox.push("1", at(0)) == SendStatus::full);
  outbox.finish();
  CHECK(outbox.bytes() == 0);
  CHECK(outbox.push("1", at(0)) == SendStatus::queued);
}

TEST_CASE("a closed outbox takes nothing more but gives out what it has") {
  Outbox outbox(100);
  REQUIRE(outbox.push("last", at(0)) == SendStatus::queued);
  outbox.close();
  CHECK(outbox.push("too late", at(0)) == SendStatus::closed);
  const Outbox::Entry* const entry = outbox.begin();
  REQUIRE(entry != nullptr);
  CHECK(entry->text == "last");
}

TEST_CASE("dropping what is unsent spares the message that is being written") {
  Outbox outbox(100);
  for (const char* text : {"one", "two", "three"}) {
    REQUIRE(outbox.push(text, at(0)) == SendStatus::queued);
  }
  const Outbox::Entry* const writing = outbox.begin();
  CHECK(outbox.drop_unsent() == 2);
  REQUIRE(writing != nullptr);
  CHECK(writing->text == "one");
  CHECK(outbox.bytes() == 3);
  outbox.finish();
  CHECK(outbox.begin() == nullptr);
  CHECK(outbox.drop_unsent() == 0);
}

TEST_CASE("a message being written stays where it is while the queue grows") {
  Outbox outbox(100'000);
  REQUIRE(outbox.push("short", at(0)) ==
          SendStatus::queued);  // short enough to live inside the string
  const char* const data = outbox.begin()->text.data();
  for (int i = 0; i < 100; ++i) REQUIRE(outbox.push("x", at(i)) == SendStatus::queued);
  CHECK(std::string(data) == "short");
}

TEST_CASE("the buffers of an outbox go round: in steady state nothing is allocated") {
  Outbox outbox(100'000);
  std::set<const char*> seen;
  for (int i = 0; i < 1000; ++i) {
    std::string buffer = outbox.take_buffer();
    CHECK(buffer.empty());
    buffer.assign(400, 'x');
    seen.insert(buffer.data());
    REQUIRE(outbox.push(std::move(buffer), at(i)) == SendStatus::queued);
    if (i % 2 == 0) continue;
    while (outbox.begin() != nullptr) outbox.finish();
  }
  CHECK(seen.size() == 2);
}

TEST_CASE("a rare large message does not keep its memory") {
  Outbox outbox(10'000'000);
  REQUIRE(outbox.push(std::string(1'000'000, 'x'), at(0)) == SendStatus::queued);
  REQUIRE(outbox.begin() != nullptr);
  outbox.finish();
  CHECK(outbox.take_buffer().capacity() < 1000);
}

TEST_CASE("giving out two messages at once is a bug") {
  Outbox outbox(100);
  REQUIRE(outbox.push("one", at(0)) == SendStatus::queued);
  CHECK_THROWS_AS(outbox.finish(), tandem::core::BugError);
  REQUIRE(outbox.begin() != nullptr);
  CHECK_THROWS_AS(outbox.begin(), tandem::core::BugError);
}
