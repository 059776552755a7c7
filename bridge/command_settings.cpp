#include "bridge/command_settings.hpp"

#include <fstream>
#include <iostream>
#include <iterator>
#include <string>

#include "bridge/clock.hpp"

extern char** environ;  // POSIX: the only place where the program reads its environment

namespace tandem {

namespace {

Environment process_environment() {
  Environment environment;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const auto equals = text.find('=');
    if (equals != std::string_view::npos)
      environment.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return environment;
}

std::optional<std::string> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  return std::string(std::istreambuf_iterator<char>(file), {});
}

}  // namespace

/// Prints every problem at once, because an operator who mends one at a time restarts ten times.
std::optional<Config> load_settings(ConfigNeed need) {
  const auto today = std::chrono::floor<std::chrono::days>(wall_now());
  auto config = load_config(process_environment(), read_file, today, need);
  if (config) return std::move(*config);
  std::cerr << "tandem: " << config.error().size() << " problem(s) with the settings:\n";
  for (const auto& problem : config.error()) std::cerr << "  " << problem.message() << '\n';
  return std::nullopt;
}

int command_failed(const std::exception& error) {
  std::cerr << "tandem: " << error.what() << '\n';
  return exit_failed;
}

}  // namespace tandem
