#include "web/session_cookie.hpp"

#include <algorithm>

namespace tandem::web {

namespace {

constexpr std::size_t id_characters = 64;

bool is_id(std::string_view text) noexcept {
  return text.size() == id_characters && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

std::string cookie(std::string_view value, bool is_secure, std::int64_t seconds) {
  std::string text(session_cookie_name);
  text.append("=").append(value);
  text.append("; Path=/; Max-Age=").append(std::to_string(seconds));
  text.append("; HttpOnly; SameSite=Strict");
  if (is_secure) text.append("; Secure");
  return text;
}

}  // namespace

std::optional<std::string_view> session_of(const core::HttpRequest& request) noexcept {
  auto rest = request.header("Cookie");
  while (!rest.empty()) {
    auto pair = rest.substr(0, rest.find(';'));
    rest.remove_prefix(std::min(rest.size(), pair.size() + 1));
    while (pair.starts_with(' ')) pair.remove_prefix(1);
    const auto equals = pair.find('=');
    if (equals == std::string_view::npos || pair.substr(0, equals) != session_cookie_name) continue;
    if (is_id(pair.substr(equals + 1))) return pair.substr(equals + 1);
  }
  return std::nullopt;
}

std::string session_cookie(std::string_view id, bool is_secure, std::chrono::seconds lifetime) {
  return cookie(id, is_secure, lifetime.count());
}

std::string ended_session_cookie(bool is_secure) { return cookie("", is_secure, 0); }

}  // namespace tandem::web
