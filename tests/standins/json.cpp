#include "json.hpp"

#include <fmt/format.h>

namespace tandem::standins {

namespace {

const json::value* find(const json::object& object, std::string_view key) {
  const auto found = object.find(key);
  if (found == object.end() || found->value().is_null()) return nullptr;
  return &found->value();
}

[[noreturn]] void wrong_type(std::string_view key, std::string_view wanted) {
  throw BadInput(fmt::format("key '{}' must be {}", key, wanted));
}

}  // namespace

json::object parse_object(std::string_view text, bool allow_empty) {
  if (text.empty() && allow_empty) return {};
  json::error_code error;
  json::value value = json::parse({text.data(), text.size()}, error);
  if (error || !value.is_object()) throw BadInput("the body is not one JSON object");
  return std::move(value.as_object());
}

std::int64_t number_or(const json::object& object, std::string_view key, std::int64_t fallback) {
  const json::value* value = find(object, key);
  if (value == nullptr) return fallback;
  if (value->is_int64()) return value->as_int64();
  if (value->is_uint64()) return static_cast<std::int64_t>(value->as_uint64());
  if (value->is_double()) return static_cast<std::int64_t>(value->as_double());
  wrong_type(key, "a number");
}

double real_or(const json::object& object, std::string_view key, double fallback) {
  const json::value* value = find(object, key);
  if (value == nullptr) return fallback;
  if (!value->is_number()) wrong_type(key, "a number");
  return value->to_number<double>();
}

std::string text_or(const json::object& object, std::string_view key, std::string_view fallback) {
  const json::value* value = find(object, key);
  if (value == nullptr) return std::string(fallback);
  if (!value->is_string()) wrong_type(key, "a string");
  return std::string(value->as_string());
}

bool flag_or(const json::object& object, std::string_view key, bool fallback) {
  const json::value* value = find(object, key);
  if (value == nullptr) return fallback;
  if (!value->is_bool()) wrong_type(key, "true or false");
  return value->as_bool();
}

const json::object& object_or_empty(const json::object& object, std::string_view key) {
  static const json::object empty;
  const json::value* value = find(object, key);
  if (value == nullptr) return empty;
  if (!value->is_object()) wrong_type(key, "an object");
  return value->as_object();
}

const json::array& array_or_empty(const json::object& object, std::string_view key) {
  static const json::array empty;
  const json::value* value = find(object, key);
  if (value == nullptr) return empty;
  if (!value->is_array()) wrong_type(key, "a list");
  return value->as_array();
}

json::value plain_number(double value) {
  const auto whole = static_cast<std::int64_t>(value);
  if (static_cast<double>(whole) == value) return whole;
  return value;
}

bool has(const json::object& object, std::string_view key) { return find(object, key) != nullptr; }

void merge(json::object& target, const json::object& changes) {
  for (const auto& [key, value] : changes) {
    const auto found = target.find(key);
    if (found != target.end() && found->value().is_object() && value.is_object()) {
      merge(found->value().as_object(), value.as_object());
    } else {
      target[key] = value;
    }
  }
}

}  // namespace tandem::standins
