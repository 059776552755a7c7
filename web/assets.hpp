// The built dashboard, carried inside the binary: there is no file path, so none can be escaped
// (faults A08). Without TANDEM_DASHBOARD it is one page that says so.
#pragma once

#include <span>
#include <string_view>

#include "bridge/core/http.hpp"

namespace tandem::web {

struct Asset {
  std::string_view path;  ///< "/index.html", "/assets/index-Nqj9h0mG.js"
  std::string_view content_type;
  std::string_view digest;  ///< SHA-256 of the bytes, hexadecimal
  std::string_view bytes;
  std::string_view gzip;  ///< the same, compressed; empty where that would save nothing

  /// The name holds a digest of the content, so what it names never changes.
  [[nodiscard]] bool is_immutable() const noexcept { return path.starts_with("/assets/"); }
};

/// All of them, by path.
std::span<const Asset> assets() noexcept;

/// The asset at exactly that path, or the application for the paths of its pages; null for anything
/// else. `path` is compared as it was sent, never decoded.
const Asset* find_asset(std::string_view path) noexcept;

/// 200 with the bytes (compressed when the client takes that), 304, or 405 unless it is GET;
/// security headers and caching rules included.
core::HttpResponse answer_asset(const core::HttpRequest& request, const Asset& asset);

}  // namespace tandem::web
