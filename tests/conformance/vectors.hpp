// Vendor examples kept as JSON files beside the tests: loading, and equality of JSON values.
#pragma once

#include <simdjson.h>

#include <stdexcept>
#include <string>
#include <string_view>

namespace tandem::conformance {

/// `path` is relative to tests/conformance.
inline simdjson::padded_string load_vectors(const std::string& path) {
  simdjson::padded_string text;
  const auto error =
      simdjson::padded_string::load(std::string(TANDEM_SOURCE_DIR) + "/tests/conformance/" + path)
          .get(text);
  if (error != simdjson::SUCCESS)
    throw std::runtime_error(path + ": " + simdjson::error_message(error));
  return text;
}

/// Absent members and members that are null are equal, as the vendors' schemas treat them, when
/// `null_is_absent`.
inline bool json_equal(simdjson::dom::element left, simdjson::dom::element right,
                       bool null_is_absent = false) {
  using simdjson::dom::element_type;
  const auto is_number = [](element_type type) {
    return type == element_type::INT64 || type == element_type::UINT64 ||
           type == element_type::DOUBLE;
  };
  if (is_number(left.type()) && is_number(right.type())) return double(left) == double(right);
  if (left.type() != right.type()) return false;
  if (left.is_string()) return std::string_view(left) == std::string_view(right);
  if (left.is_bool()) return bool(left) == bool(right);
  if (left.is_array()) {
    const simdjson::dom::array a = left;
    const simdjson::dom::array b = right;
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i) {
      if (!json_equal(a.at(i), b.at(i), null_is_absent)) return false;
    }
    return true;
  }
  if (!left.is_object()) return true;  // null
  const auto covers = [&](simdjson::dom::object a, simdjson::dom::object b) {
    for (const simdjson::dom::key_value_pair member : a) {
      simdjson::dom::element other;
      const bool present = b[member.key].get(other) == simdjson::SUCCESS;
      if (!present && null_is_absent && member.value.is_null()) continue;
      if (!present || !json_equal(member.value, other, null_is_absent)) return false;
    }
    return true;
  };
  return covers(left, right) && covers(right, left);
}

}  // namespace tandem::conformance
