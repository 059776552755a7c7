#include "bridge/net/check_request.hpp"

#include <string>

#include "tests/unit/catch.hpp"

using tandem::net::check_request;
using tandem::net::scan_header;

namespace {

std::string request(const std::string& lines) { return "POST /x HTTP/1.1\r\n" + lines + "\r\n"; }

}  // namespace

TEST_CASE("an ordinary request passes") {
  CHECK(check_request("GET / HTTP/1.1\r\nHost: bridge.example\r\n\r\n").refusal == 0);
  CHECK(check_request(request("Host: bridge.example:8080\r\nContent-Length: 65536\r\n"
                              "X-Empty:\r\nX-Tab: a\tb\r\n"))
            .refusal == 0);
  CHECK(check_request("OPTIONS * HTTP/1.1\r\nhost: a\r\n\r\n").refusal == 0);
  CHECK(check_request("GET /?q=%20a HTTP/1.0\r\nHOST: a\r\n\r\n").refusal == 0);
}

TEST_CASE("the hostile HTTP table: what Beast would accept is refused before parsing") {
  struct Row {
    std::string header;
    int refusal;
    std::string why;
  };
  const auto row = GENERATE(values<Row>({
      {request("Host: a\r\nTransfer-Encoding: gzip\r\n"), 400, "transfer_encoding"},
      {request("Host: a\r\nTransfer-Encoding: chunked, identity\r\n"), 400, "transfer_encoding"},
      {request("Host: a\r\nTransfer-Encoding: chunked\r\n"), 400, "transfer_encoding"},
      {request("Host: a\r\ntransfer-ENCODING: chunked\r\nContent-Length: 3\r\n"), 400,
       "transfer_encoding"},
      {request("Host: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n"), 400,
       "transfer_encoding"},
      {request("Host: a\r\nHost: b\r\n"), 400, "host"},
      {request("Host: a\r\nhost: a\r\n"), 400, "host"},
      {request("X: y\r\n"), 400, "host"},
      {request("Host:\r\n"), 400, "host"},
      {request("Host: a b\r\n"), 400, "host"},
      {request("Host: a\r\nX: y\r\n folded\r\n"), 400, "folded_header"},
      {request("Host: a\r\nX: y\r\n\tfolded\r\n"), 400, "folded_header"},
      {request(" Host: a\r\n"), 400, "folded_header"},
      {request("Host: a\r\nContent-Length: 3\r\nContent-Length: 3\r\n"), 400, "content_length"},
      {request("Host: a\r\nContent-Length: 3, 3\r\n"), 400, "content_length"},
      {request("Host: a\r\nContent-Length: +3\r\n"), 400, "content_length"},
      {request("Host: a\r\nContent-Length: -1\r\n"), 400, "content_length"},
      {request("Host: a\r\nContent-Length: 0x10\r\n"), 400, "content_length"},
      {request("Host: a\r\nContent-Length:\r\n"), 400, "content_length"},
      {request("Host: a\r\nContent-Length: 99999999999999999999\r\n"), 400, "content_length"},
      {request("Host: a\r\nContent-Length: 65537\r\n"), 413, "body_too_large"},
      {request("Host : a\r\n"), 400, "header_name"},
      {request("Host: a\r\nTransfer-Encoding : chunked\r\n"), 400, "header_name"},
      {request("Host: a\r\nno colon\r\n"), 400, "header_line"},
      {request("Host: a\r\n: nameless\r\n"), 400, "header_name"},
      {request(std::string("Host: a\r\nX: a\0b\r\n", 18)), 400, "control_character"},
      {request("Host: a\r\nX: a\rb\r\n"), 400, "control_character"},
      {"GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", 400, "target"},
      {"GET http://other/ HTTP/1.1\r\nHost: a\r\n\r\n", 400, "target"},
      {"GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400, "target"},
      {"GET /\xc3\xa4 HTTP/1.1\r\nHost: a\r\n\r\n", 400, "target"},
      {"GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505, "version"},
      {"GET / http/1.1\r\nHost: a\r\n\r\n", 400, "request_line"},
      {"GET /\r\nHost: a\r\n\r\n", 400, "request_line"},
      {"\r\n\r\n", 400, "request_line"},
      {"TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", 501, "method"},
      {"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", 501, "method"},
      {"GET / HTTP/1.1\r\nHost: a\r\n", 400, "header_end"},
      {"GET / HTTP/1.1\r\nHost: a\r\n\r\nrest", 400, "header_end"},
  }));
  CAPTURE(row.header);
  const auto check = check_request(row.header);
  CHECK(check.refusal == row.refusal);
  CHECK(check.why == row.why);
}

TEST_CASE("a hundred header lines pass, one more is refused") {
  std::string lines = "Host: a\r\n";
  for (int i = 0; i < 99; ++i) lines += "X: y\r\n";
  CHECK(check_request(request(lines)).refusal == 0);
  CHECK(check_request(request(lines + "X: y\r\n")).refusal == 431);
}

TEST_CASE("the end of the header block is found, and a line end without CR at once") {
  CHECK(scan_header("").bytes == 0);
  CHECK(scan_header("GET / HTTP/1.1\r\nHost: a\r\n").bytes == 0);
  CHECK_FALSE(scan_header("GET / HTTP/1.1\r\nHost: a\r\n").is_broken);
  CHECK(scan_header("GET / HTTP/1.1\r\nHost: a\r\n\r\nbody\n").bytes == 27);
  CHECK(scan_header("GET / HTTP/1.1\nHost: a\n\n").is_broken);
  CHECK(scan_header("\n").is_broken);
  CHECK(scan_header("GET / HTTP/1.1\r\nHost: a\r\n\n").is_broken);
}
