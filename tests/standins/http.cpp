#include "http.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace tandem::standins {

namespace {

constexpr std::size_t head_limit = 65536;
constexpr std::size_t request_body_limit = std::size_t{4} << 20;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool same_name(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// One more read; false at end of stream.
bool read_more(Connection& connection, std::string& buffer, TimePoint deadline) {
  if (connection.wait(deadline) == Connection::Ready::timed_out)
    throw WireError("timed out reading");
  return connection.read_into(buffer);
}

// The message head with its blank line, removed from `buffer`; empty when the peer closed first.
std::string read_head(Connection& connection, std::string& buffer, TimePoint deadline) {
  while (true) {
    const std::size_t end = buffer.find("\r\n\r\n");
    if (end != std::string::npos) {
      std::string head = buffer.substr(0, end + 2);
      buffer.erase(0, end + 4);
      return head;
    }
    if (buffer.size() > head_limit) throw WireError("http: head too large");
    if (read_more(connection, buffer, deadline)) continue;
    if (buffer.empty()) return {};
    throw WireError("http: closed within a message");
  }
}

std::string_view next_line(std::string_view& text) {
  const std::size_t end = text.find("\r\n");
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end + 2);
  return line;
}

Headers parse_headers(std::string_view text) {
  Headers headers;
  while (!text.empty()) {
    const std::string_view line = next_line(text);
    const std::size_t colon = line.find(':');
    if (colon == 0 || colon == std::string_view::npos) throw WireError("http: bad header line");
    const std::string_view name = line.substr(0, colon);
    if (name.find_first_of(" \t") != std::string_view::npos)
      throw WireError("http: bad header name");
    headers.emplace_back(name, trimmed(line.substr(colon + 1)));
  }
  return headers;
}

std::size_t parse_size(std::string_view text, int base) {
  std::size_t size = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), size, base);
  if (error != std::errc() || end == text.data()) throw WireError("http: bad length");
  return size;
}

std::string take(Connection& connection, std::string& buffer, std::size_t size,
                 TimePoint deadline) {
  while (buffer.size() < size) {
    if (!read_more(connection, buffer, deadline)) throw WireError("http: body cut off");
  }
  std::string taken = buffer.substr(0, size);
  buffer.erase(0, size);
  return taken;
}

std::string take_line(Connection& connection, std::string& buffer, TimePoint deadline) {
  while (buffer.find("\r\n") == std::string::npos) {
    if (!read_more(connection, buffer, deadline)) throw WireError("http: body cut off");
  }
  const std::size_t end = buffer.find("\r\n");
  std::string line = buffer.substr(0, end);
  buffer.erase(0, end + 2);
  return line;
}

std::string read_chunked(Connection& connection, std::string& buffer, TimePoint deadline,
                         std::size_t limit) {
  std::string body;
  while (true) {
    const std::size_t size = parse_size(take_line(connection, buffer, deadline), 16);
    if (size == 0) break;
    if (body.size() + size > limit) throw WireError("http: body too large");
    body += take(connection, buffer, size, deadline);
    take(connection, buffer, 2, deadline);
  }
  while (!take_line(connection, buffer, deadline).empty()) continue;
  return body;
}

std::string read_body(Connection& connection, std::string& buffer, const Headers& headers,
                      TimePoint deadline, std::size_t limit, bool until_close) {
  if (headers.contains_token("Transfer-Encoding", "chunked")) {
    return read_chunked(connection, buffer, deadline, limit);
  }
  const std::string_view length = headers.get("Content-Length");
  if (!length.empty()) {
    const std::size_t size = parse_size(length, 10);
    if (size > limit) throw WireError("http: body too large");
    return take(connection, buffer, size, deadline);
  }
  if (!until_close) return {};
  while (read_more(connection, buffer, deadline)) {
    if (buffer.size() > limit) throw WireError("http: body too large");
  }
  return std::exchange(buffer, {});
}

}  // namespace

std::string_view Headers::get(std::string_view name) const {
  for (const auto& [key, value] : *this) {
    if (same_name(key, name)) return value;
  }
  return {};
}

bool Headers::contains_token(std::string_view name, std::string_view token) const {
  for (const auto& [key, value] : *this) {
    if (!same_name(key, name)) continue;
    std::string_view rest = value;
    while (!rest.empty()) {
      const std::string_view part = rest.substr(0, rest.find(','));
      rest.remove_prefix(std::min(rest.size(), part.size() + 1));
      if (same_name(trimmed(part), token)) return true;
    }
  }
  return false;
}

std::string_view HttpRequest::path() const {
  return std::string_view(target).substr(0, target.find('?'));
}

Fields HttpRequest::query() const {
  const std::size_t mark = target.find('?');
  return mark == std::string::npos ? Fields()
                                   : form_decode(std::string_view(target).substr(mark + 1));
}

HttpResponse json_response(int status, std::string body) {
  return {status, {{"Content-Type", "application/json"}}, std::move(body)};
}

std::string_view status_text(int status) {
  static const std::vector<std::pair<int, std::string_view>> known{{101, "Switching Protocols"},
                                                                   {200, "OK"},
                                                                   {201, "Created"},
                                                                   {204, "No Content"},
                                                                   {400, "Bad Request"},
                                                                   {401, "Unauthorized"},
                                                                   {403, "Forbidden"},
                                                                   {404, "Not Found"},
                                                                   {405, "Method Not Allowed"},
                                                                   {429, "Too Many Requests"},
                                                                   {500, "Internal Server Error"},
                                                                   {502, "Bad Gateway"},
                                                                   {503, "Service Unavailable"},
                                                                   {504, "Gateway Timeout"}};
  for (const auto& [code, text] : known) {
    if (code == status) return text;
  }
  return "Status";
}

Url Url::parse(std::string_view text) {
  Url url;
  const std::size_t scheme_end = text.find("://");
  if (scheme_end == std::string_view::npos || scheme_end == 0) throw WireError("malformed url");
  url.scheme = text.substr(0, scheme_end);
  text.remove_prefix(scheme_end + 3);
  const std::size_t hash = text.find('#');
  if (hash != std::string_view::npos) {
    url.fragment = text.substr(hash + 1);
    text = text.substr(0, hash);
  }
  std::string_view authority = text.substr(0, text.find_first_of("/?"));
  url.target = text.substr(authority.size());
  const std::size_t at = authority.rfind('@');
  if (at != std::string_view::npos) {
    url.user_info = authority.substr(0, at);
    authority.remove_prefix(at + 1);
  }
  const std::size_t colon = authority.rfind(':');
  if (colon != std::string_view::npos) {
    url.port = static_cast<std::uint16_t>(parse_size(authority.substr(colon + 1), 10));
    authority = authority.substr(0, colon);
  }
  url.host = authority;
  if (url.host.empty() || url.target.find(' ') != std::string::npos)
    throw WireError("malformed url");
  return url;
}

Url Url::resolve(std::string_view reference) const {
  if (reference.find("://") != std::string_view::npos) return parse(reference);
  Url result = *this;
  result.fragment.clear();
  const std::size_t hash = reference.find('#');
  if (hash != std::string_view::npos) result.fragment = reference.substr(hash + 1);
  reference = reference.substr(0, hash);
  if (!reference.empty() && reference.front() == '/') {
    result.target = reference;
    return result;
  }
  const std::string path = target.substr(0, target.find('?'));
  result.target = path.substr(0, path.rfind('/') + 1) + std::string(reference);
  if (result.target.empty() || result.target.front() != '/') result.target.insert(0, "/");
  return result;
}

std::uint16_t Url::effective_port() const { return port.value_or(secure() ? 443 : 80); }

std::string Url::authority() const { return port ? fmt::format("{}:{}", host, *port) : host; }

std::string Url::text() const { return scheme + "://" + authority() + target; }

std::optional<HttpRequest> read_request(Connection& connection, std::string& buffer,
                                        TimePoint deadline) {
  const std::string head = read_head(connection, buffer, deadline);
  if (head.empty()) return std::nullopt;
  std::string_view rest = head;
  const std::string_view line = next_line(rest);
  const std::size_t first = line.find(' ');
  const std::size_t second = line.rfind(' ');
  if (first == std::string_view::npos || second <= first || line.substr(second + 1) != "HTTP/1.1") {
    throw WireError("http: bad request line");
  }
  HttpRequest request;
  request.method = line.substr(0, first);
  request.target = line.substr(first + 1, second - first - 1);
  request.headers = parse_headers(rest);
  if (request.headers.get("Host").empty()) throw WireError("http: no Host");
  request.body =
      read_body(connection, buffer, request.headers, deadline, request_body_limit, false);
  return request;
}

void send_response(Connection& connection, const HttpResponse& response, bool keep_alive) {
  std::string text =
      fmt::format("HTTP/1.1 {} {}\r\n", response.status, status_text(response.status));
  for (const auto& [name, value] : response.headers) text += fmt::format("{}: {}\r\n", name, value);
  if (response.status != 101 && response.status != 204) {
    text += fmt::format("Content-Length: {}\r\n", response.body.size());
  }
  if (response.status != 101) {
    text += keep_alive ? "Connection: keep-alive\r\n" : "Connection: close\r\n";
  }
  connection.send(text + "\r\n" + response.body);
}

std::string request_text(const HttpRequest& request) {
  std::string text = fmt::format("{} {} HTTP/1.1\r\n", request.method, request.target);
  for (const auto& [name, value] : request.headers) text += fmt::format("{}: {}\r\n", name, value);
  if (!request.body.empty() || request.method == "POST") {
    text += fmt::format("Content-Length: {}\r\n", request.body.size());
  }
  return text + "\r\n" + request.body;
}

HttpResponse read_response(Connection& connection, std::string& buffer, TimePoint deadline,
                           std::size_t body_limit) {
  const std::string head = read_head(connection, buffer, deadline);
  if (head.empty()) throw WireError("http: closed without an answer");
  std::string_view rest = head;
  const std::string_view line = next_line(rest);
  if (line.size() < 12 || line.substr(0, 7) != "HTTP/1.") throw WireError("http: bad status line");
  HttpResponse response;
  response.status = static_cast<int>(parse_size(line.substr(9, 3), 10));
  response.headers = parse_headers(rest);
  if (response.status == 101 || response.status == 204 || response.status == 304) return response;
  response.body = read_body(connection, buffer, response.headers, deadline, body_limit, true);
  return response;
}

}  // namespace tandem::standins
