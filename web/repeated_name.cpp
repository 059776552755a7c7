#include "web/repeated_name.hpp"

#include <set>
#include <string_view>

namespace tandem::web {

bool has_repeated_name(simdjson::dom::element element) {
  simdjson::dom::object object;
  simdjson::dom::array array;
  if (element.get(array) == simdjson::SUCCESS) {
    for (const auto item : array) {
      if (has_repeated_name(item)) return true;
    }
  }
  if (element.get(object) != simdjson::SUCCESS) return false;
  std::set<std::string_view> names;
  for (const auto& [name, value] : object) {
    if (!names.insert(name).second || has_repeated_name(value)) return true;
  }
  return false;
}

}  // namespace tandem::web
