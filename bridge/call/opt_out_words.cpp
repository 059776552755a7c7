#include "bridge/call/opt_out_words.hpp"

#include <algorithm>
#include <array>

#include "bridge/call/plain_words.hpp"

namespace tandem::call {

namespace {

constexpr std::array wishes = std::to_array<std::string_view>({
    " stop calling me ",
    " stop calling this number ",
    " take me off your list ",
    " remove my number ",
    " dont call me again ",
    " dont call me anymore ",
    " do not call me again ",
    " do not contact me ",
});

}  // namespace

bool asks_not_to_be_called(std::string_view line) {
  const std::string plain = plain_words(line);
  return plain.find('?') == std::string::npos &&
         std::any_of(wishes.begin(), wishes.end(),
                     [&](std::string_view wish) { return plain.find(wish) != std::string::npos; });
}

}  // namespace tandem::call
