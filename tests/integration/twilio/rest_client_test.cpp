// Our REST requests over our HTTP client against the Twilio stand-in, a separate program as strict
// as Twilio: placing a call, looking it up, hanging it up, and what each refusal means.
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <simdjson.h>
#include <cstdlib>

#include "bridge/net/http_client.hpp"
#include "bridge/twilio/rest.hpp"
#include "tests/unit/catch.hpp"

using namespace tandem;

namespace {

constexpr const char* account = "AC00000000000000000000000000000001";
constexpr const char* token = "00000000000000000000000000000002";

std::string stand_ins_path() {
  const char* build = std::getenv("TANDEM_BUILD");
  const std::string folder = build != nullptr ? build : TANDEM_SOURCE_DIR "/build/release";
  return folder + "/tests/standins/tandem-standins";
}

/// The Twilio stand-in, for the life of the object.
class Twilio {
 public:
  Twilio() {
    int pipe_ends[2];
    REQUIRE(::pipe2(pipe_ends, O_CLOEXEC) == 0);
    child_ = ::fork();
    if (child_ == 0) {
      ::dup2(pipe_ends[1], STDOUT_FILENO);
      const auto path = stand_ins_path();
      ::execl(path.c_str(), path.c_str(), "serve", "--twilio", "--account-sid", account,
              "--auth-token", token, "--phone-number", "+15555550100", "--max-seconds", "60",
              static_cast<char*>(nullptr));
      ::_exit(127);
    }
    ::close(pipe_ends[1]);
    output_ = ::fdopen(pipe_ends[0], "r");
    while (url_.empty()) read_line();
  }
  ~Twilio() {
    ::kill(child_, SIGTERM);
    ::waitpid(child_, nullptr, 0);
    std::fclose(output_);
  }
  Twilio(const Twilio&) = delete;
  Twilio& operator=(const Twilio&) = delete;

  [[nodiscard]] const std::string& url() const { return url_; }

 private:
  void read_line() {
    char line[512];
    REQUIRE(std::fgets(line, sizeof(line), output_) !=
            nullptr);  // ends when the program could not start
    simdjson::dom::parser parser;
    simdjson::dom::element document;
    REQUIRE(parser.parse(line, std::strlen(line)).get(document) == simdjson::SUCCESS);
    if (std::string_view(document["party"]) == "twilio") url_ = std::string_view(document["url"]);
  }

  pid_t child_ = -1;
  std::FILE* output_ = nullptr;
  std::string url_;
};

struct World {
  World() {
    REQUIRE(core::parse_url(twilio.url(), rest.api));
    rest.account_id = account;
    rest.user = account;
    rest.password = core::Secret(token);
  }
  core::OutgoingResponse ask(core::OutgoingRequest request) {
    net::asio::io_context context{1};
    core::OutgoingResponse answer;
    net::HttpClient client(context, tls);
    net::TaskGroup tasks(context, [](std::exception_ptr) {});
    client.send(std::move(request), [&](core::OutgoingResponse response) {
      answer = std::move(response);
      client.stop();
      tasks.spawn(client.join());
    });
    context.run();
    return answer;
  }
  twilio::CreateCall call_to(const std::string& number) {
    twilio::CreateCall call;
    call.to = core::PhoneNumber(number);
    call.from = core::PhoneNumber("+15555550100");
    call.voice_url = "https://bridge.example.com/twilio/voice";
    call.time_limit = std::chrono::seconds(120);
    return call;
  }

  Twilio twilio;
  net::TlsClientContext tls;
  twilio::RestAccount rest;
};

}  // namespace

TEST_CASE("a call is placed, looked up and hung up over REST, and hanging it up twice is fine") {
  World world;
  const auto created = twilio::parse_created(
      world.ask(create_call_request(world.rest, world.call_to("+15555550123"))));
  REQUIRE(created);
  CHECK(created->status == twilio::CallStatus::queued);
  const auto fetched =
      twilio::parse_fetched(world.ask(fetch_call_request(world.rest, created->id)));
  REQUIRE(fetched);
  CHECK(fetched->id == created->id);
  CHECK(fetched->to == core::PhoneNumber("+15555550123"));
  CHECK(twilio::parse_ended(world.ask(hang_up_request(world.rest, created->id))));
  CHECK(twilio::parse_ended(world.ask(hang_up_request(world.rest, created->id))));
}

TEST_CASE("a placed call is found in the list, which settles an unknown outcome") {
  World world;
  const auto created = twilio::parse_created(
      world.ask(create_call_request(world.rest, world.call_to("+15555550124"))));
  REQUIRE(created);
  twilio::ListCalls filter;
  filter.to = core::PhoneNumber("+15555550124");
  const auto listed = twilio::parse_listed(world.ask(list_calls_request(world.rest, filter)));
  REQUIRE(listed);
  REQUIRE(listed->size() == 1);
  CHECK(listed->front().id == created->id);
}

TEST_CASE("refused numbers and credentials read as what they are") {
  World world;
  const auto invalid = twilio::parse_created(
      world.ask(create_call_request(world.rest, world.call_to("+15005550001"))));
  REQUIRE_FALSE(invalid);
  CHECK(invalid.error().fault == twilio::RestFault::refused);
  CHECK(invalid.error().code == 21217);
  world.rest.password = core::Secret("00000000000000000000000000000009");
  const auto denied = twilio::parse_created(
      world.ask(create_call_request(world.rest, world.call_to("+15555550123"))));
  REQUIRE_FALSE(denied);
  CHECK(denied.error().fault == twilio::RestFault::account);
}

TEST_CASE("a create that provably never left may be tried again") {
  World world;
  auto request = create_call_request(world.rest, world.call_to("+15555550123"));
  request.url.port = "1";
  const auto unsent = twilio::parse_created(world.ask(std::move(request)));
  REQUIRE_FALSE(unsent);
  CHECK(unsent.error().fault == twilio::RestFault::retry_safe);
}
