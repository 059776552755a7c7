// Writes JSON text member by member; commas and quotes are its business, the nesting is the
// caller's. Not a DOM.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "bridge/core/types.hpp"

namespace tandem::web {

class JsonWriter {
 public:
  JsonWriter& begin_object() { return open('{'); }
  JsonWriter& end_object() { return close('}'); }
  JsonWriter& begin_array() { return open('['); }
  JsonWriter& end_array() { return close(']'); }

  /// The name of the next value of an object.
  JsonWriter& key(std::string_view name);

  /// Bytes that are not UTF-8 become U+FFFD.
  JsonWriter& value(std::string_view text);
  JsonWriter& value(std::int64_t number);
  /// null when the number is not finite.
  JsonWriter& value(double number);
  /// As "2026-11-22T12:00:00.123456Z".
  JsonWriter& value(core::WallTime wall);
  /// true or false. Not an overload of value: a pointer would become a fact.
  JsonWriter& fact(bool is_so) { return raw(is_so ? "true" : "false"); }
  JsonWriter& null();
  /// `json` must be one JSON value; it is put in as it is.
  JsonWriter& raw(std::string_view json);

  JsonWriter& member(std::string_view name, std::string_view text) { return key(name).value(text); }
  JsonWriter& member(std::string_view name, std::int64_t number) { return key(name).value(number); }
  JsonWriter& member(std::string_view name, double number) { return key(name).value(number); }
  JsonWriter& member(std::string_view name, core::WallTime wall) { return key(name).value(wall); }
  template <class T>
  JsonWriter& member(std::string_view name, const std::optional<T>& value_if_known) {
    key(name);
    return value_if_known ? value(*value_if_known) : null();
  }
  /// null when the text is empty: "not known".
  JsonWriter& member_if_known(std::string_view name, std::string_view text) {
    key(name);
    return text.empty() ? null() : value(text);
  }

  [[nodiscard]] std::string finish() { return std::move(text_); }

 private:
  JsonWriter& open(char bracket);
  JsonWriter& close(char bracket);
  void separate();

  std::string text_;
  bool needs_comma_ = false;
};

}  // namespace tandem::web
