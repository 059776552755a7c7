// HTTP/1.1 as the stand-ins need it, both roles, over a Connection. Strict where a real party is: a
// request that is not well-formed throws WireError. Bodies by Content-Length or chunked; no
// pipelining.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "encoding.hpp"
#include "socket.hpp"

namespace tandem::standins {

struct Headers : std::vector<std::pair<std::string, std::string>> {
  using vector::vector;
  // Names compare without case; empty when absent.
  std::string_view get(std::string_view name) const;
  bool contains_token(std::string_view name, std::string_view token) const;
};

struct HttpRequest {
  std::string method;
  std::string target;  // path and query as sent
  Headers headers;
  std::string body;

  std::string_view path() const;
  Fields query() const;
};

struct HttpResponse {
  int status = 200;
  Headers headers;
  std::string body;
};

HttpResponse json_response(int status, std::string body);
std::string_view status_text(int status);

struct Url {
  std::string scheme, user_info, host, target, fragment;
  std::optional<std::uint16_t> port;

  // Throws WireError("malformed url").
  static Url parse(std::string_view text);
  // `reference` absolute, host-relative ("/x") or relative to the last slash.
  Url resolve(std::string_view reference) const;
  std::uint16_t effective_port() const;
  bool secure() const { return scheme == "https" || scheme == "wss"; }
  std::string authority() const;  // host[:port]
  // scheme://host[:port]target, without user information and fragment.
  std::string text() const;
};

// nullopt: the peer closed before the first byte. `buffer` keeps what came after the message.
std::optional<HttpRequest> read_request(Connection& connection, std::string& buffer,
                                        TimePoint deadline);
void send_response(Connection& connection, const HttpResponse& response, bool keep_alive);

std::string request_text(const HttpRequest& request);
// Only the head of the answer for an upgrade (101 has no body).
HttpResponse read_response(Connection& connection, std::string& buffer, TimePoint deadline,
                           std::size_t body_limit);

}  // namespace tandem::standins
