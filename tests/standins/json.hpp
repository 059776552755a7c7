// JSON for the stand-ins: Boost.JSON with a few accessors that say what to do about a missing key.
// Everything that cannot be read throws BadInput, which a listener answers with 400.
#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

namespace tandem::standins {

namespace json = boost::json;

struct BadInput : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// The whole text as one JSON object. An empty text is an empty object when `allow_empty`.
json::object parse_object(std::string_view text, bool allow_empty = false);

std::int64_t number_or(const json::object& object, std::string_view key, std::int64_t fallback);
double real_or(const json::object& object, std::string_view key, double fallback);
std::string text_or(const json::object& object, std::string_view key, std::string_view fallback);
bool flag_or(const json::object& object, std::string_view key, bool fallback);
// An empty object when the key is missing; the reference lives as long as `object`.
const json::object& object_or_empty(const json::object& object, std::string_view key);
const json::array& array_or_empty(const json::object& object, std::string_view key);
// A number without a fraction when it has none: 20, not 2E1.
json::value plain_number(double value);
bool has(const json::object& object, std::string_view key);
// Copies every key of `changes` over the same key of `target`; objects are merged, the rest
// replaced.
void merge(json::object& target, const json::object& changes);

}  // namespace tandem::standins
