#include "gemini/prices.hpp"

namespace tandem::gemini {

namespace {

constexpr Price prices[] = {
    {"gemini-2.5-flash-lite", 0.10, 0.40},
    {"gemini-3.1-flash-lite", 0.25, 1.50},
    {"gemini-3.5-flash-lite", 0.30, 2.50},
    {"gemini-3.6-flash", 1.50, 7.50},
};

}  // namespace

std::optional<Price> find_price(std::string_view model) noexcept {
  for (const Price& price : prices) {
    if (!model.starts_with(price.model)) continue;
    const std::string_view rest = model.substr(price.model.size());
    const bool is_version = rest.empty() || rest.starts_with("-0") || rest.starts_with("-preview");
    if (is_version) return price;
  }
  return std::nullopt;
}

std::optional<double> cost_usd(std::string_view model, std::int64_t prompt_tokens,
                               std::int64_t output_tokens) noexcept {
  constexpr double tokens_per_price = 1e6;
  const auto price = find_price(model);
  if (!price) return std::nullopt;
  return (static_cast<double>(prompt_tokens) * price->input_usd +
          static_cast<double>(output_tokens) * price->output_usd) /
         tokens_per_price;
}

}  // namespace tandem::gemini
