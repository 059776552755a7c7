#include "bridge/hume_routes.hpp"

#include <atomic>

#include "hume/webhook.hpp"
#include "store/batch_rows.hpp"
#include "tests/integration/store/store_fixture.hpp"
#include "tests/unit/catch.hpp"

using namespace tandem;
using namespace std::chrono_literals;
using test::number_from;

namespace {

const std::string chat_ended =
    R"({"event_name":"chat_ended","chat_id":"chat-1","chat_group_id":"group-1",)"
    R"("duration_seconds":60,"end_reason":"USER_ENDED","end_time":1795348860000})";

/// A route with a database that holds one ended call, whose comparison is not due yet.
struct World {
  core::Secret database = test::migrated_database();
  store::Connection db{database};
  Config config;
  ops::Log log{-1, ops::LogLevel::error};
  ops::Metrics metrics;
  store::QueryThread queries{{.database = [this] { return database; }}};
  std::atomic<int> nudges = 0;
  HumeRoutes routes{{config, log, metrics, queries, [this] { ++nudges; }}};

  World() {
    config.hume.webhook_key = core::Secret("invented-signing-key");
    store::Transaction transaction(db);
    store::write_records(db, test::scripted_call(1, 1));
    transaction.commit();
  }

  [[nodiscard]] core::HttpRequest request(const std::string& body, core::WallTime at) const {
    const auto timestamp =
        std::to_string(std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count());
    core::HttpRequest made;
    made.method = "POST";
    made.target = "/hume/webhook";
    made.body = body;
    made.headers = {{std::string(hume::webhook_timestamp_header), timestamp},
                    {std::string(hume::webhook_signature_header),
                     hume::sign_webhook(core::Secret("invented-signing-key"), body, timestamp)}};
    return made;
  }

  std::int64_t due() {
    return number_from(
        db, "select count(*) from bridge.jobs where kind = 'reconcile' and run_at <= now()");
  }
};

const core::WallTime now = test::wall_at(61);

}  // namespace

TEST_CASE("a signed chat_ended is acknowledged and makes the comparison due", "[reconciliation]") {
  World world;
  CHECK(world.routes.answer(world.request(chat_ended, now), now).status == 200);
  REQUIRE(test::eventually([&] { return world.nudges == 1; }));
  CHECK(world.due() == 1);
}

TEST_CASE("a webhook is taken once, however often it comes", "[reconciliation]") {
  World world;
  const auto request = world.request(chat_ended, now);
  CHECK(world.routes.answer(request, now).status == 200);
  REQUIRE(test::eventually([&] { return world.nudges == 1; }));
  world.db.run("update bridge.jobs set run_at = now() + interval '50 seconds'");
  CHECK(world.routes.answer(request, now + 100s).status == 200);
  // a later one, of another second, is behind the repeated one in the same queue
  CHECK(world.routes.answer(world.request(chat_ended, now + 100s), now + 100s).status == 200);
  REQUIRE(test::eventually([&] { return world.nudges == 2; }));
}

TEST_CASE("a webhook without a good signature changes nothing", "[reconciliation]") {
  World world;
  auto forged = world.request(chat_ended, now);
  forged.headers.back().second.front() ^= 1;
  CHECK(world.routes.answer(forged, now).status == 403);
  auto bare = world.request(chat_ended, now);
  bare.headers.clear();
  CHECK(world.routes.answer(bare, now).status == 403);
  CHECK(world.routes.answer(world.request(chat_ended, now - 200s), now).status == 403);
  world.config.hume.webhook_key = core::Secret();
  CHECK(world.routes.answer(world.request(chat_ended, now), now).status == 403);
  CHECK(world.metrics.counter(ops::Family::webhooks_total, {"/hume/webhook", "refused"}).value() ==
        4);
  world.queries.stop();
  CHECK(world.nudges == 0);
  CHECK(world.due() == 0);
}

TEST_CASE("what is signed and no webhook of EVI is refused, other kinds are acknowledged",
          "[reconciliation]") {
  World world;
  CHECK(world.routes.answer(world.request("{}", now), now).status == 400);
  const std::string started =
      R"({"event_name":"chat_started","chat_id":"chat-1","chat_group_id":"group-1"})";
  CHECK(world.routes.answer(world.request(started, now), now).status == 200);
  auto got = world.request(chat_ended, now);
  got.method = "GET";
  CHECK(world.routes.answer(got, now).status == 405);
  world.queries.stop();
  CHECK(world.nudges == 0);
}
