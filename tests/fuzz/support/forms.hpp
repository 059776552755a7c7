// The writing side of application/x-www-form-urlencoded, which the product needs for its own
// requests only.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "bridge/core/http.hpp"

namespace tandem::fuzz {

using FormPairs = std::vector<std::pair<std::string, std::string>>;

inline std::string form_of(const FormPairs& pairs) {
  std::string text;
  for (const auto& [name, value] : pairs) {
    if (!text.empty()) text += '&';
    core::append_url_encoded(text, name);
    text += '=';
    core::append_url_encoded(text, value);
  }
  return text;
}

/// What a form says is the same after writing and reading it again.
inline bool form_survives(std::string_view text) {
  FormPairs pairs;
  FormPairs again;
  if (!core::parse_form(text, pairs)) return true;
  return core::parse_form(form_of(pairs), again) && pairs == again;
}

}  // namespace tandem::fuzz
