#include "web/api_command.hpp"

#include "tests/unit/catch.hpp"
#include "tests/unit/web/requests.hpp"

namespace tandem::web {

namespace {

constexpr const char* id = "00000000-0000-4000-8000-000000000001";

core::HttpRequest command(std::string_view name, std::string body = {}) {
  core::HttpRequest request;
  request.method = "POST";
  request.target = "/api/v1/calls/" + std::string(id) + "/" + std::string(name);
  request.headers = {{"Host", "127.0.0.1:8080"}};
  if (!body.empty()) request.headers.emplace_back("Content-Type", "application/json");
  request.body = std::move(body);
  return request;
}

/// The status of the problem, 0 when the command is fine.
int status_of(const core::HttpRequest& request) {
  const auto task = test::ask(request);
  const auto* answer = std::get_if<core::HttpResponse>(&task);
  return answer == nullptr ? 0 : answer->status;
}

template <class Input>
Input input_of(const core::HttpRequest& request) {
  const auto task = test::ask(request);
  REQUIRE(std::holds_alternative<CallCommand>(task));
  const auto& accepted = std::get<CallCommand>(task);
  CHECK(accepted.call_id.str() == id);
  REQUIRE(std::holds_alternative<Input>(accepted.input));
  return std::get<Input>(accepted.input);
}

std::string text_body(const std::string& text) { return R"({"text":")" + text + "\"}"; }

}  // namespace

TEST_CASE("every command becomes its input of the call") {
  input_of<call::OperatorHangUp>(command("hangup"));
  input_of<call::OperatorHangUp>(command("hangup", "{}"));
  CHECK(input_of<call::OperatorPause>(command("pause")).paused);
  CHECK_FALSE(input_of<call::OperatorPause>(command("resume")).paused);
  CHECK(input_of<call::OperatorSay>(command("say", text_body("Hello.\\nThere."))).text ==
        "Hello.\nThere.");
  CHECK(input_of<call::OperatorContext>(command("context", text_body("Regular guest"))).text ==
        "Regular guest");
  const auto transfer = input_of<call::OperatorTransfer>(
      command("transfer", R"({"to":"+14155550142","note":"Wants to move a booking."})"));
  CHECK(transfer.to.expose() == "+14155550142");
  CHECK(transfer.note == "Wants to move a booking.");
  CHECK(input_of<call::OperatorTransfer>(command("transfer", R"({"to":"+14155550142"})"))
            .note.empty());
}

TEST_CASE("a text is counted in characters, not in bytes") {
  std::string longest;
  for (std::size_t i = 0; i < command_characters_max; ++i) longest += "\xC3\xA9";
  CHECK(status_of(command("say", text_body(longest))) == 0);
  CHECK(status_of(command("say", text_body(longest + "e"))) == 422);
}

TEST_CASE("what is no usable body is answered 422 with the member that is wrong") {
  for (const char* body :
       {"", "{}", R"({"text":""})", R"({"text":"  "})", R"({"text":7})", R"({"text":{"a":1}})",
        R"({"text":"a","voice":"b"})", R"({"text":"bell \u0007"})"})
    CHECK(status_of(command("say", body)) == 422);
  for (const char* body :
       {"{}", R"({"to":"4155550142"})", R"({"to":"+0123"})", R"({"to":"sip:x@example.org"})",
        R"({"to":"+14155550142","note":"\u0000"})", R"({"to":"+14155550142","text":"a"})"})
    CHECK(status_of(command("transfer", body)) == 422);
  CHECK(status_of(command("hangup", R"({"text":"a"})")) == 422);
  const auto task = test::ask(command("transfer", R"({"to":"4155550142"})"));
  const auto& problem = std::get<core::HttpResponse>(task);
  CHECK(problem.body.find(R"("name":"to")") != std::string::npos);
  CHECK(problem.body.find("4155550142\"") == std::string::npos);
}

TEST_CASE("a command that is not posted as JSON by somebody here is refused") {
  auto request = command("hangup");
  request.method = "GET";
  CHECK(status_of(request) == 405);

  request = command("say", text_body("Hello."));
  request.headers = {{"Host", "127.0.0.1:8080"}, {"Content-Type", "text/plain"}};
  CHECK(status_of(request) == 415);
}

TEST_CASE("A14: a body that is broken, repeats a name or is nested too deep is answered 400") {
  const auto nested = [](std::size_t depth) {
    return R"({"text":)" + std::string(depth - 1, '[') + "1" + std::string(depth - 1, ']') + "}";
  };
  for (const std::string& body :
       {std::string("[]"), std::string("null"), std::string("\"text\""), std::string("{"),
        std::string("{\"text\":\"\xFF\"}"), std::string(R"({"text":"a","text":"b"})"),
        std::string(R"({"text":[{"a":1,"b":{"c":2,"c":3}}]})"), std::string(R"({"text":"a"} {})"),
        nested(33), nested(10'000)}) {
    INFO(body.substr(0, 60));
    CHECK(status_of(command("say", body)) == 400);
  }
  CHECK(status_of(command("say", nested(32))) == 422);  // readable, but no text
}

TEST_CASE("a command to what is no call id is answered 404, other paths are not commands") {
  auto request = command("hangup");
  request.target = "/api/v1/calls/none/hangup";
  CHECK(status_of(request) == 404);
  for (const char* path : {"/api/v1/calls//say", "/api/v1/callsx/say", "/say"}) {
    request.target = path;
    CHECK(status_of(request) == 404);
  }
  request = command("hangup");
  request.target += "?now=1";
  CHECK(status_of(request) == 400);
}

TEST_CASE("a verdict is asked for without a body") {
  CHECK(std::get<AnalyseCall>(test::ask(command("analyze"))).call_id == id);
  CHECK(std::get<AnalyseCall>(test::ask(command("analyze", "{}"))).call_id == id);
  CHECK(status_of(command("analyze", R"({"model":"x"})")) == 422);
}

TEST_CASE("an accepted command is answered 202 with what was accepted") {
  const auto task = test::ask(command("pause"));
  const auto answer = command_accepted(std::get<CallCommand>(task));
  CHECK(answer.status == 202);
  CHECK(answer.body.find(id) != std::string::npos);
  CHECK(answer.body.find(R"("command":"pause")") != std::string::npos);
  CHECK(no_running_call().status == 404);
}

}  // namespace tandem::web
