#include "bridge/command_options.hpp"

#include <algorithm>

namespace tandem {

CommandOptions::CommandOptions(Arguments arguments,
                               std::initializer_list<std::string_view> with_value,
                               std::initializer_list<std::string_view> flags) {
  const auto is_one_of = [](const auto& names, std::string_view word) {
    return std::find(names.begin(), names.end(), word) != names.end();
  };
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string_view word = arguments[i];
    if (!word.starts_with("--")) {
      words_.emplace_back(word);
      continue;
    }
    const bool takes_value = is_one_of(with_value, word);
    const bool is_known = takes_value || is_one_of(flags, word);
    const bool is_complete = !takes_value || i + 1 < arguments.size();
    if (!is_known || !is_complete) {
      is_usable_ = false;
      return;
    }
    const std::string value = takes_value ? arguments[++i] : "";
    is_usable_ = options_.emplace(word, value).second && is_usable_;
  }
}

std::string CommandOptions::value(std::string_view option) const {
  const auto found = options_.find(option);
  return found == options_.end() ? std::string() : found->second;
}

}  // namespace tandem
