// What questions cost, for reports: public list prices of Google, looked up by model name. A model
// that is not listed has no price, and a report then shows tokens only. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace tandem::gemini {

struct Price {
  std::string_view model;
  double input_usd = 0;   ///< per million prompt tokens
  double output_usd = 0;  ///< per million output tokens, thinking included
};

/// The day on which the table was last compared with ai.google.dev/gemini-api/docs/pricing.
inline constexpr std::string_view prices_as_of = "2026-11";

/// Nothing for a model that is not listed. A version suffix ("-001", "-preview-09-2026") is
/// ignored.
std::optional<Price> find_price(std::string_view model) noexcept;

std::optional<double> cost_usd(std::string_view model, std::int64_t prompt_tokens,
                               std::int64_t output_tokens) noexcept;

}  // namespace tandem::gemini
