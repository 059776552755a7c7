#include "gemini/prices.hpp"

#include "tests/unit/catch.hpp"

using namespace tandem;

TEST_CASE("the cost of a question follows from the tokens and the listed price", "[gemini]") {
  CHECK(*gemini::cost_usd("gemini-3.5-flash-lite", 1'000'000, 1'000'000) == Approx(2.80));
  CHECK(*gemini::cost_usd("gemini-2.5-flash-lite-001", 1'500, 100) == Approx(0.00019));
  CHECK(gemini::find_price("gemini-3.5-flash-lite-preview-09-2026").has_value());
}

TEST_CASE("a model without a listed price has no cost instead of a wrong one", "[gemini]") {
  CHECK_FALSE(gemini::cost_usd("gemini-9-ultra", 1, 1).has_value());
  CHECK_FALSE(gemini::cost_usd("gemini-3.5-flash-lite-turbo", 1, 1).has_value());
  CHECK_FALSE(gemini::cost_usd("", 1, 1).has_value());
}
