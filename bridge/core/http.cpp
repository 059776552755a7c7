#include "bridge/core/http.hpp"

#include <algorithm>

namespace tandem::core {

namespace {

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

int hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (lower(c) >= 'a' && lower(c) <= 'f') return lower(c) - 'a' + 10;
  return -1;
}

std::string_view default_port(std::string_view scheme) noexcept {
  if (scheme == "https" || scheme == "wss") return "443";
  if (scheme == "http" || scheme == "ws") return "80";
  return {};
}

bool is_port(std::string_view text) noexcept {
  return !text.empty() && text.size() <= 5 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// What may stand between brackets: an IPv6 address (RFC 3986, 3.2.2), without a zone.
bool is_v6_literal(std::string_view text) noexcept {
  return text.find(':') != std::string_view::npos &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return c == ':' || c == '.' || hex_digit(c) >= 0; });
}

/// Splits "host", "host:port" and "[v6]:port"; false on anything else.
bool split_authority(std::string_view authority, Url& url) {
  std::string_view rest;
  if (authority.starts_with('[')) {
    const auto end = authority.find(']');
    if (end == std::string_view::npos || !is_v6_literal(authority.substr(1, end - 1))) return false;
    url.host = authority.substr(1, end - 1);
    rest = authority.substr(end + 1);
  } else {
    if (authority.find_first_of("[]") != std::string_view::npos) return false;
    const auto colon = authority.find(':');
    url.host = authority.substr(0, colon);
    rest = colon == std::string_view::npos ? std::string_view{} : authority.substr(colon);
  }
  if (url.host.empty()) return false;
  if (rest.empty()) return true;
  if (rest[0] != ':' || !is_port(rest.substr(1))) return false;
  url.port = rest.substr(1);
  return true;
}

}  // namespace

std::string_view find_header(const HttpHeaders& headers, std::string_view name) noexcept {
  for (const auto& [key, value] : headers) {
    if (std::equal(key.begin(), key.end(), name.begin(), name.end(),
                   [](char a, char b) { return lower(a) == lower(b); })) {
      return value;
    }
  }
  return {};
}

std::string_view HttpRequest::path() const noexcept {
  return std::string_view(target).substr(0, target.find('?'));
}

std::string_view HttpRequest::query() const noexcept {
  const auto mark = target.find('?');
  return mark == std::string::npos ? std::string_view{} : std::string_view(target).substr(mark + 1);
}

std::string Url::authority() const {
  const std::string name = host.find(':') == std::string::npos ? host : "[" + host + "]";
  return port == default_port(scheme) ? name : name + ":" + port;
}

bool parse_url(std::string_view text, Url& url) {
  const bool printable =
      std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
  const auto colon = text.find("://");
  if (!printable || colon == std::string_view::npos) return false;
  url = Url{};
  for (const char c : text.substr(0, colon)) url.scheme += lower(c);
  url.port = default_port(url.scheme);
  if (url.port.empty()) return false;
  std::string_view rest = text.substr(colon + 3);
  rest = rest.substr(0, rest.find('#'));
  const auto target = rest.find_first_of("/?");
  const std::string_view authority = rest.substr(0, target);
  if (authority.find('@') != std::string_view::npos || !split_authority(authority, url))
    return false;
  url.target =
      target == std::string_view::npos ? std::string("/") : std::string(rest.substr(target));
  if (url.target[0] == '?') url.target.insert(0, "/");
  return true;
}

bool decode_form_component(std::string_view text, std::string& out) {
  out.clear();
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+') {
      out += ' ';
    } else if (text[i] != '%') {
      out += text[i];
    } else {
      if (i + 2 >= text.size()) return false;
      const int high = hex_digit(text[i + 1]);
      const int low = hex_digit(text[i + 2]);
      if (high < 0 || low < 0) return false;
      out += static_cast<char>(high * 16 + low);
      i += 2;
    }
  }
  return true;
}

bool parse_form(std::string_view text, std::vector<std::pair<std::string, std::string>>& pairs) {
  pairs.clear();
  while (!text.empty()) {
    const auto end = text.find('&');
    const std::string_view part = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    if (part.empty()) continue;
    const auto equals = part.find('=');
    auto& [name, value] = pairs.emplace_back();
    if (!decode_form_component(part.substr(0, equals), name)) return false;
    if (equals == std::string_view::npos) continue;
    if (!decode_form_component(part.substr(equals + 1), value)) return false;
  }
  return true;
}

void append_url_encoded(std::string& out, std::string_view text) {
  static constexpr char digits[] = "0123456789ABCDEF";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '.' || c == '_' || c == '~';
    if (plain) {
      out += c;
    } else {
      out += {'%', digits[byte >> 4], digits[byte & 15]};
    }
  }
}

}  // namespace tandem::core
