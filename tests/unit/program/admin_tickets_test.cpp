#include "bridge/admin_tickets.hpp"

#include "tests/unit/catch.hpp"

namespace tandem {

using namespace std::chrono_literals;

TEST_CASE("a ticket opens one socket, for thirty seconds, as who asked for it") {
  AdminTickets tickets;
  const core::TimePoint now(1h);
  Visitor ada;
  ada.name = "ada";
  REQUIRE(tickets.add("first", ada, now));
  REQUIRE(tickets.add("second", ada, now));
  CHECK_FALSE(tickets.redeem("third", now));
  const auto visitor = tickets.redeem("first", now + 29s);
  REQUIRE(visitor);
  CHECK(visitor->name == "ada");
  CHECK_FALSE(tickets.redeem("first", now + 29s));
  CHECK_FALSE(tickets.redeem("second", now + 30s));
  CHECK_FALSE(tickets.redeem("second", now));
}

TEST_CASE("tickets that nobody redeems do not pile up") {
  AdminTickets tickets;
  const core::TimePoint now(1h);
  for (std::size_t i = 0; i < AdminTickets::waiting_max; ++i)
    REQUIRE(tickets.add(std::to_string(i), {}, now));
  CHECK_FALSE(tickets.add("one more", {}, now + 29s));
  CHECK(tickets.add("later", {}, now + 30s));
}

}  // namespace tandem
