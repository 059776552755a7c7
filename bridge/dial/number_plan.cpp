#include "bridge/dial/number_plan.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "bridge/dial/area_codes.hpp"

namespace tandem::dial {

namespace {

constexpr std::array toll_free_codes = {800, 822, 833, 844, 855, 866, 877, 888};
constexpr std::array placeless_codes = {500, 521, 522, 523, 524, 525, 526, 527, 528,
                                        529, 533, 544, 566, 577, 588, 700, 710};

int digits_of(std::string_view text) noexcept {
  int value = 0;
  for (const char digit : text) value = value * 10 + (digit - '0');
  return value;
}

bool contains(const auto& codes, int code) {
  return std::find(codes.begin(), codes.end(), code) != codes.end();
}

bool is_service_code(int code) noexcept { return code % 100 == 11; }

NumberKind kind_in_north_america(int area, int exchange, int line) {
  if (area < 200 || exchange < 200) return NumberKind::impossible;
  if (is_service_code(area) || is_service_code(exchange)) return NumberKind::service;
  if (exchange == 555 && line == 1212) return NumberKind::service;
  if (area == 900 || exchange == 976) return NumberKind::premium;
  if (contains(toll_free_codes, area)) return NumberKind::toll_free;
  if (contains(placeless_codes, area)) return NumberKind::not_geographic;
  return is_foreign_area_code(area) ? NumberKind::foreign : NumberKind::ordinary;
}

}  // namespace

NumberFacts look_at(const core::PhoneNumber& number) {
  if (!number.is_e164()) return {NumberKind::not_e164, 0};
  const std::string_view digits = std::string_view(number.expose()).substr(1);
  if (digits.front() != '1') return {NumberKind::foreign, 0};
  if (digits.size() != 11) return {NumberKind::impossible, 0};
  const int area = digits_of(digits.substr(1, 3));
  const NumberKind kind =
      kind_in_north_america(area, digits_of(digits.substr(4, 3)), digits_of(digits.substr(7)));
  return {kind, kind == NumberKind::ordinary ? area : 0};
}

}  // namespace tandem::dial
