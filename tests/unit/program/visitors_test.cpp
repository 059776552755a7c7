#include "bridge/visitors.hpp"

#include <fcntl.h>
#include <unistd.h>

#include "bridge/accounts.hpp"
#include "tests/unit/catch.hpp"

using namespace tandem;
using Standing = Visitor::Standing;

namespace {

/// The database, as this test likes it: away until it is told what it knows.
struct Database {
  std::optional<bool> has_users = {};
  std::optional<store::Identity> known = {};
  bool is_away = true;
  bool is_full = false;
  int asked = 0;
};

class Entrance {
 public:
  Entrance() : visitors_(control_, queries_, log_, questions()) {}
  ~Entrance() { close(descriptor_); }
  Entrance(const Entrance&) = delete;
  Entrance& operator=(const Entrance&) = delete;

  /// A request of a program at this machine, or of one that came through a proxy.
  static core::HttpRequest request(bool is_local, std::string_view name = "",
                                   std::string_view value = "") {
    core::HttpRequest request;
    request.method = "GET";
    request.target = "/api/v1/calls";
    request.peer = is_local ? "127.0.0.1" : "192.0.2.7";
    request.headers.emplace_back("Host", "localhost:8080");
    if (!name.empty()) request.headers.emplace_back(name, value);
    return request;
  }

  Visitor identify(const core::HttpRequest& request) {
    std::optional<Visitor> seen;
    visitors_.identify(request, [&](const Visitor& visitor) { seen = visitor; });
    settle();
    REQUIRE(seen);
    return *seen;
  }
  void settle() {
    control_.restart();
    control_.poll();
  }

  Database database_;
  net::asio::io_context control_;
  store::QueryThread queries_{{.database = {}, .threads = 0, .queue_max = 0}};  // never there
  int descriptor_ = open("/dev/null", O_WRONLY | O_CLOEXEC);
  ops::Log log_{descriptor_, ops::LogLevel::error};
  Visitors visitors_;

 private:
  VisitorQuestions questions() {
    const auto away = store::QueryError{store::QueryError::Kind::unavailable, "no route"};
    VisitorQuestions questions;
    questions.who = [this, away](Visitor::Via, const std::string&, auto reply) {
      ++database_.asked;
      if (!database_.is_full)
        reply(database_.is_away ? VisitorQuestions::Found(away)
                                : VisitorQuestions::Found(database_.known));
      return !database_.is_full;
    };
    questions.has_users = [this, away](auto reply) {
      ++database_.asked;
      if (!database_.is_full)
        reply(database_.is_away ? store::QueryResult<bool>(away)
                                : store::QueryResult<bool>(database_.has_users.value_or(false)));
      return !database_.is_full;
    };
    return questions;
  }
};

int refusal_of(const Visitor& visitor) {
  const auto answer = refusal(visitor, web::Access::view);
  return answer ? answer->status : 0;
}

}  // namespace

TEST_CASE("P01: with the database away and users never known, not even this machine gets in: 503") {
  Entrance entrance;
  for (const bool is_local : {true, false}) {
    const auto visitor = entrance.identify(Entrance::request(is_local));
    CHECK(visitor.standing == Standing::unknown);
    CHECK(refusal_of(visitor) == 503);
  }
  CHECK(core::find_header(web::database_unavailable().headers, "Retry-After") == "5");
  CHECK_FALSE(refusal({.standing = Standing::unknown}, web::Access::anyone));
}

TEST_CASE("what was known of users counts on while the database is away, for and against") {
  for (const bool has_users : {false, true}) {
    Entrance entrance;
    entrance.database_ = {.has_users = has_users, .is_away = false};
    const auto before = entrance.identify(Entrance::request(true));
    CHECK(before.standing == (has_users ? Standing::nobody : Standing::known));
    entrance.database_.is_away = true;
    entrance.visitors_.forget();  // whatever was believed for five seconds is over
    const auto after = entrance.identify(Entrance::request(true));
    CHECK(after.standing == before.standing);
    CHECK(after.name == (has_users ? "" : "local"));
    CHECK(refusal_of(after) == (has_users ? 401 : 0));
    CHECK(refusal_of(entrance.identify(Entrance::request(false))) == (has_users ? 401 : 403));
  }
}

TEST_CASE(
    "a last value that somebody set up a user against is corrected when the database is back") {
  Entrance entrance;
  entrance.database_ = {.has_users = false, .is_away = false};
  CHECK(entrance.identify(Entrance::request(true)).standing == Standing::known);
  entrance.database_ = {.has_users = true, .is_away = true};
  entrance.visitors_.forget();
  CHECK(entrance.identify(Entrance::request(true)).standing == Standing::known);
  entrance.database_.is_away = false;
  entrance.visitors_.forget();
  CHECK(refusal_of(entrance.identify(Entrance::request(true))) == 401);
}

TEST_CASE("a token or a session is not wrong because nobody can look it up: 503, not 401") {
  for (const bool is_full : {false, true}) {
    Entrance entrance;
    entrance.database_.is_full = is_full;
    for (const auto& request :
         {Entrance::request(false, "Authorization", "Bearer brg_invented"),
          Entrance::request(false, "Cookie", "tandem_session=" + std::string(64, 'a'))})
      CHECK(refusal_of(entrance.identify(request)) == 503);
  }
}

TEST_CASE("A11: who was looked up just now comes in without the database, until rights change") {
  Entrance entrance;
  const auto request = Entrance::request(false, "Authorization", "Bearer brg_invented");
  entrance.database_ = {.known = store::Identity{"token:crm", "operator"}, .is_away = false};
  CHECK(refusal_of(entrance.identify(request)) == 0);
  entrance.database_.is_away = true;
  const auto visitor = entrance.identify(request);
  CHECK(visitor.standing == Standing::known);
  CHECK(visitor.access == web::Access::operate);
  CHECK(entrance.database_.asked == 1);
  entrance.visitors_.forget();
  CHECK(refusal_of(entrance.identify(request)) == 503);
  std::optional<Visitor> rechecked;  // an open socket: unknown says nothing against it
  entrance.visitors_.recheck(visitor, [&](const Visitor& now) { rechecked = now; });
  entrance.settle();
  CHECK(rechecked->standing == Standing::unknown);
}

TEST_CASE("many who come while the database is asked for users wait for one answer") {
  Entrance entrance;
  entrance.database_ = {.has_users = false, .is_away = false};
  int known = 0;
  for (int i = 0; i < 20; ++i)
    entrance.visitors_.identify(Entrance::request(true), [&](const Visitor& visitor) {
      known += visitor.standing == Standing::known ? 1 : 0;
    });
  entrance.settle();
  CHECK(known == 20);
  CHECK(entrance.database_.asked == 1);
}

TEST_CASE("accounts answer 503 while the database is away, and the try does not count") {
  Entrance entrance;
  Config config;
  ops::Metrics metrics;
  Accounts accounts(
      {entrance.control_, config, entrance.log_, metrics, entrance.queries_, entrance.visitors_});
  const auto request = Entrance::request(true);
  std::vector<int> answers;
  const auto respond = [&](const core::HttpResponse& answer) { answers.push_back(answer.status); };
  for (int i = 0; i < 20; ++i) {
    accounts.perform(web::LogIn{"ann", core::Secret("a boat, three lamps")}, request, {}, respond);
    entrance.settle();
  }
  accounts.perform(web::RevokeToken{}, request, {}, respond);
  accounts.perform(
      web::UseSetupLink{core::Secret("link"), "ann", core::Secret("a boat, three lamps")}, request,
      {}, respond);
  CHECK(answers == std::vector(22, 503));
}
