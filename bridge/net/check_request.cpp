#include "bridge/net/check_request.hpp"

#include <algorithm>
#include <array>

#include "bridge/core/limits.hpp"

namespace tandem::net {

namespace {

constexpr int header_lines_max = 100;
constexpr std::array<std::string_view, 7> known_methods = {"GET",   "HEAD",   "POST",   "PUT",
                                                           "PATCH", "DELETE", "OPTIONS"};

constexpr RequestCheck accepted{};

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same_name(std::string_view name, std::string_view lower_case) noexcept {
  return std::equal(name.begin(), name.end(), lower_case.begin(), lower_case.end(),
                    [](char a, char b) { return lower(a) == b; });
}

// RFC 9110, 5.6.2
bool is_token(std::string_view text) noexcept {
  static constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z') ||
           marks.find(c) != std::string_view::npos;
  });
}

bool has_control_character(std::string_view text) noexcept {
  return std::any_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\t') || byte == 0x7f;
  });
}

bool is_visible_ascii(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

std::string_view trimmed(std::string_view text) noexcept {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

/// Cuts the next line, without its CRLF, off `rest`. False when there is no CRLF.
bool next_line(std::string_view& rest, std::string_view& line) noexcept {
  const auto end = rest.find("\r\n");
  if (end == std::string_view::npos) return false;
  line = rest.substr(0, end);
  rest.remove_prefix(end + 2);
  return true;
}

RequestCheck check_request_line(std::string_view line) {
  const auto first = line.find(' ');
  const auto last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) return {400, "request_line"};
  const std::string_view method = line.substr(0, first);
  const std::string_view target = line.substr(first + 1, last - first - 1);
  const std::string_view version = line.substr(last + 1);
  if (!is_token(method)) return {400, "request_line"};
  if (version != "HTTP/1.1" && version != "HTTP/1.0") {
    return version.starts_with("HTTP/") ? RequestCheck{505, "version"}
                                        : RequestCheck{400, "request_line"};
  }
  if (std::find(known_methods.begin(), known_methods.end(), method) == known_methods.end()) {
    return {501, "method"};
  }
  const bool whole_server = target == "*" && method == "OPTIONS";
  if (!is_visible_ascii(target) || (!target.starts_with('/') && !whole_server)) {
    return {400, "target"};
  }
  return accepted;
}

RequestCheck check_content_length(std::string_view value) {
  const bool digits =
      !value.empty() && value.size() <= 18 &&
      std::all_of(value.begin(), value.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (!digits) return {400, "content_length"};
  std::size_t bytes = 0;
  for (const char c : value) bytes = bytes * 10 + static_cast<std::size_t>(c - '0');
  return bytes > limits::http_body_bytes_max ? RequestCheck{413, "body_too_large"} : accepted;
}

struct Seen {
  int lines = 0;
  int hosts = 0;
  int lengths = 0;
};

RequestCheck check_header_line(std::string_view line, Seen& seen) {
  if (++seen.lines > header_lines_max) return {431, "too_many_headers"};
  if (line.front() == ' ' || line.front() == '\t') return {400, "folded_header"};
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return {400, "header_line"};
  const std::string_view name = line.substr(0, colon);
  const std::string_view value = trimmed(line.substr(colon + 1));
  if (!is_token(name)) return {400, "header_name"};
  if (same_name(name, "transfer-encoding")) return {400, "transfer_encoding"};
  if (same_name(name, "host") && (++seen.hosts > 1 || value.empty() || !is_visible_ascii(value))) {
    return {400, "host"};
  }
  if (same_name(name, "content-length")) {
    if (++seen.lengths > 1) return {400, "content_length"};
    return check_content_length(value);
  }
  return accepted;
}

}  // namespace

HeaderScan scan_header(std::string_view received) {
  for (std::size_t at = received.find('\n'); at != std::string_view::npos;
       at = received.find('\n', at + 1)) {
    if (at == 0 || received[at - 1] != '\r') return {0, true};
    if (at >= 3 && received.substr(at - 3, 4) == "\r\n\r\n") return {at + 1, false};
  }
  return {};
}

RequestCheck check_request(std::string_view header) {
  std::string_view rest = header;
  std::string_view line;
  if (!next_line(rest, line) || has_control_character(line)) return {400, "request_line"};
  if (const auto check = check_request_line(line); check.refusal != 0) return check;
  Seen seen;
  while (next_line(rest, line) && !line.empty()) {
    if (has_control_character(line)) return {400, "control_character"};
    if (const auto check = check_header_line(line, seen); check.refusal != 0) return check;
  }
  if (!line.empty() || !rest.empty()) return {400, "header_end"};
  if (seen.hosts != 1) return {400, "host"};
  return accepted;
}

}  // namespace tandem::net
