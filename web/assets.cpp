#include "web/assets.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "web/answers.hpp"

namespace tandem::web {

namespace {

bool is_call_id(std::string_view text) noexcept {
  return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
  });
}

/// The pages of the application; web/dashboard/src/lib/pages.ts has the same table.
struct Page {
  std::string_view prefix;
  bool has_id;  ///< an id follows the prefix
};
constexpr std::array pages = {Page{"/", false},
                              Page{"/calls/", true},
                              Page{"/live", false},
                              Page{"/analytics", false},
                              Page{"/compliance", false},
                              Page{"/login", false},
                              Page{"/setup", false},
                              Page{"/people", false},
                              Page{"/latency-monitor", false}};

bool is_page(std::string_view path) noexcept {
  return std::any_of(pages.begin(), pages.end(), [&](const Page& page) {
    if (!page.has_id) return path == page.prefix;
    return path.starts_with(page.prefix) && is_call_id(path.substr(page.prefix.size()));
  });
}

std::string_view trim(std::string_view text) noexcept {
  const auto begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

/// Calls `each` with every element of a comma-separated header until it answers true.
template <class Each>
bool any_element(std::string_view header, Each each) {
  while (!header.empty()) {
    const auto comma = header.find(',');
    if (each(trim(header.substr(0, comma)))) return true;
    header = comma == std::string_view::npos ? std::string_view{} : header.substr(comma + 1);
  }
  return false;
}

bool takes_gzip(const core::HttpRequest& request) {
  return any_element(request.header("Accept-Encoding"), [](std::string_view element) {
    const auto semicolon = element.find(';');
    if (trim(element.substr(0, semicolon)) != "gzip") return false;
    if (semicolon == std::string_view::npos) return true;
    const auto weight = trim(element.substr(semicolon + 1));
    return weight.find_first_not_of("q=0. ") != std::string_view::npos;  // q=0 refuses
  });
}

bool has_already(const core::HttpRequest& request, std::string_view etag) {
  return any_element(request.header("If-None-Match"), [&](std::string_view element) {
    if (element.starts_with("W/")) element.remove_prefix(2);
    return element == etag || element == "*";
  });
}

}  // namespace

const Asset* find_asset(std::string_view path) noexcept {
  if (is_page(path)) path = "/index.html";
  const auto all = assets();
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const Asset& asset) { return asset.path == path; });
  return found == all.end() ? nullptr : &*found;
}

core::HttpResponse answer_asset(const core::HttpRequest& request, const Asset& asset) {
  if (request.method != "GET") return wrong_method("GET");
  const bool compressed = !asset.gzip.empty() && takes_gzip(request);
  const std::string etag =
      "\"" + std::string(asset.digest.substr(0, 32)) + (compressed ? "-gz\"" : "\"");
  core::HttpResponse response{.status = 200, .headers = security_headers(), .body = {}};
  auto& headers = response.headers;
  headers.emplace_back("ETag", etag);
  headers.emplace_back("Cache-Control",
                       asset.is_immutable() ? "public, max-age=31536000, immutable" : "no-cache");
  if (!asset.gzip.empty()) headers.emplace_back("Vary", "Accept-Encoding");
  if (has_already(request, etag)) {
    response.status = 304;
    return response;
  }
  headers.emplace_back("Content-Type", asset.content_type);
  if (compressed) headers.emplace_back("Content-Encoding", "gzip");
  response.body = compressed ? asset.gzip : asset.bytes;
  return response;
}

}  // namespace tandem::web
