// What a telephone number is, as far as its digits say. Source: ITU-T E.164; North American
// Numbering Plan (area and exchange codes begin with 2 to 9, N11 codes are services); 47 CFR
// 64.1200(a)(1) for the lines that may not be called. Knows no list of hospitals: those belong on
// the internal do-not-call list.
#pragma once

#include <cstdint>

#include "bridge/core/types.hpp"

namespace tandem::dial {

enum class NumberKind : std::uint8_t {
  not_e164,        ///< anything but "+" and 2 to 15 digits without a leading zero
  impossible,      ///< +1, but not area code, exchange and line
  foreign,         ///< of a country whose rules this program does not know
  service,         ///< emergency and other N11 services, directory assistance
  premium,         ///< 900 and 976: the called party is paid
  toll_free,       ///< the called party pays
  not_geographic,  ///< personal and government numbers: nobody knows where they ring
  ordinary,
};

struct NumberFacts {
  NumberKind kind = NumberKind::not_e164;
  int area_code = 0;  ///< 200 to 999 for `ordinary`, else 0
};

NumberFacts look_at(const core::PhoneNumber& number);

}  // namespace tandem::dial
