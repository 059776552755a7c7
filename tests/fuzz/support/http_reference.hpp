// What a request header must look like, said once more and in another way; and URLs written out.
#pragma once

#include <algorithm>
#include <string>

#include "bridge/core/http.hpp"

namespace tandem::fuzz {

inline std::size_t occurrences(std::string_view text, std::string_view part) {
  std::size_t count = 0;
  for (auto at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++count;
  return count;
}

/// One Host, at most one Content-Length, nothing that two parsers could read in two ways.
inline bool is_unambiguous(std::string_view header) {
  std::string lower(header);
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  const std::size_t lines = occurrences(lower, "\r\n");
  return lower.ends_with("\r\n\r\n") && lines == occurrences(lower, "\n") &&
         lines == occurrences(lower, "\r") && lower.find('\0') == lower.npos &&
         occurrences(lower, "\nhost:") == 1 && occurrences(lower, "\ncontent-length:") <= 1 &&
         occurrences(lower, "\ntransfer-encoding:") == 0 && occurrences(lower, "\n ") == 0 &&
         occurrences(lower, "\n\t") == 0;
}

/// A URL means the same after writing and reading it again.
inline bool url_survives(std::string_view text) {
  core::Url url;
  core::Url again;
  if (!core::parse_url(text, url)) return true;
  return core::parse_url(url.scheme + "://" + url.authority() + url.target, again) &&
         again.scheme == url.scheme && again.host == url.host && again.port == url.port &&
         again.target == url.target;
}

}  // namespace tandem::fuzz
