#include "web/access.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "web/answers.hpp"

namespace tandem::web {

namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

bool is_number(std::string_view text, std::size_t digits_max) noexcept {
  return !text.empty() && text.size() <= digits_max &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// 127.x.y.z in full dotted form; names that only begin like it are not.
bool is_loopback_v4(std::string_view text) noexcept {
  if (!text.starts_with("127.")) return false;
  int parts = 1;
  for (text.remove_prefix(4);; ++parts) {
    const auto dot = text.find('.');
    const std::string_view part = text.substr(0, dot);
    if (!is_number(part, 3) || (part.size() == 3 && part > "255")) return false;
    if (dot == std::string_view::npos) return parts == 3;
    text.remove_prefix(dot + 1);
  }
}

bool is_loopback_peer(std::string_view peer) noexcept {
  constexpr std::string_view mapped = "::ffff:";
  if (peer.starts_with(mapped)) peer.remove_prefix(mapped.size());
  return peer == "::1" || is_loopback_v4(peer);
}

bool is_loopback_host(std::string_view host) {
  const auto bracket = host.rfind(']');
  const auto colon = host.find(':', bracket == std::string_view::npos ? 0 : bracket);
  if (colon != std::string_view::npos) {
    if (!is_number(host.substr(colon + 1), 5)) return false;
    host = host.substr(0, colon);
  }
  return host == "[::1]" || lower(host) == "localhost" || is_loopback_v4(host);
}

bool tells_of_a_proxy(const std::pair<std::string, std::string>& header) {
  constexpr std::array<std::string_view, 5> names = {"forwarded", "via", "x-real-ip",
                                                     "true-client-ip", "cf-connecting-ip"};
  const std::string name = lower(header.first);
  return name.starts_with("x-forwarded") ||
         std::find(names.begin(), names.end(), name) != names.end();
}

bool is_own_origin(const core::HttpRequest& request, std::string_view public_url) {
  const auto origin = lower(request.header("Origin"));
  const auto host = lower(request.header("Host"));
  if (!public_url.empty() && origin == lower(public_url)) return true;
  return !host.empty() && (origin == "http://" + host || origin == "https://" + host);
}

/// As long for a wrong text as for the right one.
bool is_same(std::string_view given, std::string_view expected) noexcept {
  if (given.size() != expected.size()) return false;
  unsigned differences = 0;
  for (std::size_t i = 0; i < given.size(); ++i)
    differences |= static_cast<unsigned char>(given[i]) ^ static_cast<unsigned char>(expected[i]);
  return differences == 0;
}

}  // namespace

bool is_local_operator(const core::HttpRequest& request) {
  return is_loopback_peer(request.peer) && is_loopback_host(request.header("Host")) &&
         std::none_of(request.headers.begin(), request.headers.end(), tells_of_a_proxy);
}

bool is_from_another_site(const core::HttpRequest& request, std::string_view public_url) {
  const auto site = request.header("Sec-Fetch-Site");
  if (!site.empty() && site != "same-origin" && site != "none") return true;
  return !request.header("Origin").empty() && !is_own_origin(request, public_url);
}

std::optional<core::HttpResponse> refuse_forged(const core::HttpRequest& request,
                                                std::string_view public_url,
                                                std::string_view csrf) {
  if (!is_own_origin(request, public_url)) return another_site();
  if (!csrf.empty() && is_same(request.header("X-CSRF-Token"), csrf)) return std::nullopt;
  return problem(403, "This change cannot be trusted",
                 "It lacks the session's X-CSRF-Token, which GET /api/v1/session tells. Reload the "
                 "page and try again.");
}

core::HttpResponse log_in_first() {
  auto response =
      problem(401, "Log in first",
              "People log in at /login. Programs send `Authorization: Bearer TOKEN`; an "
              "admin makes one on the People page or with `tandem user token`.");
  response.headers.emplace_back("WWW-Authenticate", "Bearer");
  return response;
}

core::HttpResponse local_only() {
  return problem(
      403, "Only from this machine, or with a token",
      "There are no users yet. Until there are, the dashboard and the API answer only requests "
      "that "
      "come straight from the machine the bridge runs on, addressed to localhost, and programs "
      "that "
      "send `Authorization: Bearer TOKEN`. Make the first user with the link that `tandem serve` "
      "wrote into its log, or with `tandem user add NAME --role admin`.");
}

core::HttpResponse unknown_token() {
  auto response = problem(401, "This token is not known",
                          "It is mistyped, revoked or expired; `tandem user tokens` lists those "
                          "that are not.");
  response.headers.emplace_back("WWW-Authenticate", R"(Bearer error="invalid_token")");
  return response;
}

core::HttpResponse not_allowed() {
  return problem(403, "This role may not do that",
                 "A viewer may read, an operator may also act on calls, an admin may do all.");
}

core::HttpResponse another_site() {
  return problem(403, "Not from another site", "Changes come from the dashboard or a program.");
}

}  // namespace tandem::web
