// An environment made from an input, and whether a secret of it shows anywhere.
#pragma once

#include <string>

#include "bridge/config.hpp"
#include "tests/fuzz/support/input.hpp"

namespace tandem::fuzz {

/// NAME=value lines; what follows the separator is the content of every file.
struct AnyEnvironment {
  explicit AnyEnvironment(Bytes input) {
    auto [lines, file] = fields_of<2>(input);
    content = file;
    while (!lines.empty()) {
      const auto line = lines.substr(0, lines.find('\n'));
      const auto equals = line.find('=');
      if (equals != line.npos)
        variables[std::string(line.substr(0, equals))] = line.substr(equals + 1);
      lines.remove_prefix(std::min(line.size() + 1, lines.size()));
    }
  }
  [[nodiscard]] core::Result<Config, std::vector<ConfigProblem>> load(ConfigNeed need) const {
    const auto read = [this](const std::string& path) -> std::optional<std::string> {
      if (path.empty()) return std::nullopt;
      return content;
    };
    return load_config(variables, read, std::chrono::sys_days{}, need);
  }

  Environment variables;
  std::string content;
};

/// In the values of secrets of the seeds and the dictionary.
inline constexpr std::string_view secret_mark = "invented-";

/// A marked value shows only if a setting that is no secret has it too.
inline bool keeps_secrets(const AnyEnvironment& environment, std::string_view shown) {
  if (shown.find(secret_mark) == shown.npos) return true;
  for (const auto& [name, value] : environment.variables) {
    const bool is_secret = name.find("TOKEN") != name.npos || name.find("SECRET") != name.npos ||
                           (name.find("_KEY") != name.npos && name != "TWILIO_API_KEY") ||
                           name.starts_with("DATABASE_URL");
    if (!is_secret && (name + value).find(secret_mark) != std::string::npos) return true;
  }
  return false;
}

inline std::string shown_of(const core::Result<Config, std::vector<ConfigProblem>>& loaded) {
  if (loaded.ok()) return describe(*loaded);
  std::string shown;
  for (const ConfigProblem& problem : loaded.error()) shown += problem.message() + "\n";
  return shown;
}

}  // namespace tandem::fuzz
