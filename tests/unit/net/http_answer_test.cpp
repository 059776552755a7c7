#include "bridge/net/http_answer.hpp"

#include "tests/unit/catch.hpp"

using tandem::core::HttpResponse;
using tandem::net::AnswerForm;
using tandem::net::append_answer;

namespace {

const std::chrono::sys_seconds date = std::chrono::sys_days(std::chrono::year(2026) / 11 / 22) +
                                      std::chrono::hours(7) + std::chrono::minutes(8) +
                                      std::chrono::seconds(9);

std::string answer(const HttpResponse& response, bool keep_alive = true,
                   bool without_body = false) {
  AnswerForm form;
  form.keep_alive = keep_alive;
  form.without_body = without_body;
  std::string out;
  append_answer(out, response, form, date);
  return out;
}

HttpResponse response(int status, std::string body) {
  HttpResponse made;
  made.status = status;
  made.body = std::move(body);
  return made;
}

}  // namespace

TEST_CASE("an answer has status line, date, connection, length and body") {
  HttpResponse ok = response(200, "hello");
  ok.headers.emplace_back("Content-Type", "text/plain");
  CHECK(answer(ok) ==
        "HTTP/1.1 200 OK\r\nDate: Sun, 22 Nov 2026 07:08:09 GMT\r\nConnection: keep-alive\r\n"
        "Content-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello");
}

TEST_CASE("the answer to HEAD has the length of the body and no body") {
  const std::string text = answer(response(200, "hello"), false, true);
  CHECK(text.find("Content-Length: 5\r\n") != std::string::npos);
  CHECK(text.find("Connection: close\r\n") != std::string::npos);
  CHECK(text.ends_with("\r\n\r\n"));
}

TEST_CASE("204 and 304 have neither length nor body") {
  for (const int status : {204, 304}) {
    const std::string text = answer(response(status, "ignored"));
    CHECK(text.find("Content-Length") == std::string::npos);
    CHECK(text.ends_with("\r\n\r\n"));
  }
}

TEST_CASE("a header that could split the answer is left out, and ours cannot be overridden") {
  HttpResponse hostile = response(200, "");
  hostile.headers.emplace_back("X-Bad", "a\r\nSet-Cookie: stolen");
  hostile.headers.emplace_back("X\r\nBad", "a");
  hostile.headers.emplace_back("content-length", "99");
  hostile.headers.emplace_back("Transfer-Encoding", "chunked");
  hostile.headers.emplace_back("X-Good", "kept");
  const std::string text = answer(hostile);
  CHECK(text.find("stolen") == std::string::npos);
  CHECK(text.find("Bad") == std::string::npos);
  CHECK(text.find("99") == std::string::npos);
  CHECK(text.find("chunked") == std::string::npos);
  CHECK(text.find("X-Good: kept\r\n") != std::string::npos);
  CHECK(text.find("Content-Length: 0\r\n") != std::string::npos);
}

TEST_CASE("statuses have their standard words") {
  CHECK(tandem::net::reason_phrase(422) == "Unprocessable Content");
  CHECK(tandem::net::reason_phrase(503) == "Service Unavailable");
  CHECK(tandem::net::reason_phrase(299) == "Unknown");
}
