#include "web/dependencies.hpp"

#include "tests/unit/catch.hpp"

namespace tandem::web {

namespace {

core::WallTime at(std::int64_t seconds) { return core::WallTime(std::chrono::seconds(seconds)); }

std::string status_of(const DependencyTable& table) {
  const auto json = render_dependencies(table.all(), at(0));
  const std::string begin = R"({"status":")";
  return json.substr(begin.size(), json.find('"', begin.size()) - begin.size());
}

}  // namespace

TEST_CASE("a dependency is in its state since that was first seen") {
  DependencyTable table;
  table.note("database", DependencyState::ok, "", at(100));
  table.note("database", DependencyState::ok, "", at(200));
  CHECK(table.all().at(0).since == at(100));
  table.note("database", DependencyState::down, "connection refused", at(300));
  table.note("database", DependencyState::down, "connection refused", at(400));
  CHECK(table.all().at(0).since == at(300));
}

TEST_CASE("the last error stays to be read when it is over") {
  DependencyTable table;
  table.note("voice:hume", DependencyState::degraded, "rate limit", at(1));
  table.note("voice:hume", DependencyState::ok, "", at(2));
  CHECK(table.all().at(0).last_error == "rate limit");
  CHECK(table.all().at(0).state == DependencyState::ok);
}

TEST_CASE("the whole is as bad as its worst part; what is not tried or not wanted does not count") {
  DependencyTable table;
  table.note("analysis", DependencyState::not_configured, "", at(1));
  table.note("voice:hume", DependencyState::unknown, "", at(1));
  CHECK(status_of(table) == "ok");
  table.note("spool", DependencyState::degraded, "", at(1));
  CHECK(status_of(table) == "degraded");
  table.note("database", DependencyState::down, "", at(1));
  CHECK(status_of(table) == "down");
}

}  // namespace tandem::web
