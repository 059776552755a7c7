// Where the area codes of the United States are: state and time zones. A table made from public
// data by bridge/dial/make_area_codes. It is no proof of where a person is: numbers travel with
// people, so the hours of a callee are the intersection over everything that is possible.
#pragma once

#include <cstdint>
#include <string_view>

#include "bridge/dial/zones.hpp"

namespace tandem::dial {

struct AreaCode {
  std::uint16_t code;
  std::string_view state;  ///< two capital letters, territories included ("PR")
  Zones zones;             ///< every zone in which numbers of this code live
};

/// Null for a code that is not in the table: unassigned, newer than the table, of a service, or of
/// another country.
const AreaCode* find_area_code(int code) noexcept;

/// Known to belong to Canada or another country that shares +1.
bool is_foreign_area_code(int code) noexcept;

}  // namespace tandem::dial
