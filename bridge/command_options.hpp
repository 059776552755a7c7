// The words of a command line: those that begin with "--" and their values, and the others.
#pragma once

#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bridge/commands.hpp"

namespace tandem {

class CommandOptions {
 public:
  /// `with_value`: options that take the next word; `flags`: options that stand alone.
  CommandOptions(Arguments arguments, std::initializer_list<std::string_view> with_value,
                 std::initializer_list<std::string_view> flags);

  /// False for an option that is not known, comes twice, or lacks its value: exit_usage.
  [[nodiscard]] bool is_usable() const noexcept { return is_usable_; }
  /// What is no option, in order.
  [[nodiscard]] const std::vector<std::string>& words() const noexcept { return words_; }
  /// Empty when it was not given.
  [[nodiscard]] std::string value(std::string_view option) const;
  [[nodiscard]] bool has(std::string_view option) const { return options_.contains(option); }

 private:
  std::vector<std::string> words_;
  std::map<std::string, std::string, std::less<>> options_;
  bool is_usable_ = true;
};

}  // namespace tandem
