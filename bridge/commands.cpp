#include "bridge/commands.hpp"

#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <optional>
#include <string>

#include "bridge/check.hpp"
#include "bridge/config.hpp"
#include "bridge/serve.hpp"
#include "store/migrate.hpp"
#include "store/spool_tools.hpp"

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

/// Prints every problem at once, because an operator who mends one at a time restarts ten times.
std::optional<Config> load(ConfigNeed need) {
  auto config = load_config(process_environment(), read_file, need);
  if (config) return std::move(*config);
  std::cerr << "tandem: " << config.error().size() << " problem(s) with the settings:\n";
  for (const auto& problem : config.error()) std::cerr << "  " << problem.message() << '\n';
  return std::nullopt;
}

int failed(const std::exception& error) {
  std::cerr << "tandem: " << error.what() << '\n';
  return exit_failed;
}

}  // namespace

int run_serve(Arguments arguments) {
  if (!arguments.empty()) return exit_usage;
  const auto config = load(ConfigNeed::serve);
  if (!config) return exit_configuration;
  try {
    return serve(*config);
  } catch (const std::exception& error) {
    return failed(error);
  }
}

int run_check(Arguments arguments) {
  if (!arguments.empty()) return exit_usage;
  const auto config = load(ConfigNeed::serve);
  if (!config) return exit_configuration;
  return check(*config, std::cout) ? exit_done : exit_failed;
}

int run_migrate(Arguments arguments) {
  if (!arguments.empty()) return exit_usage;
  const auto config = load(ConfigNeed::database);
  if (!config) return exit_configuration;
  try {
    store::Connection connection(config->database_url);
    const auto report = store::migrate(connection);
    std::cout << "schema version " << report.version << ", " << report.applied.size()
              << " migration(s) applied\n";
    return exit_done;
  } catch (const std::exception& error) {
    return failed(error);
  }
}

int run_spool(Arguments arguments) {
  constexpr auto drain_patience = std::chrono::seconds(10);
  if (arguments.size() != 2) return exit_usage;
  const std::string_view action = arguments[0];
  const std::string directory = arguments[1];
  try {
    if (action == "verify")
      return store::spool_verify(directory, std::cout) ? exit_done : exit_failed;
    if (action == "dump")
      return store::spool_dump(directory, false, std::cout) ? exit_done : exit_failed;
    if (action != "drain") return exit_usage;
    const auto config = load(ConfigNeed::database);
    if (!config) return exit_configuration;
    const auto database = [&] { return config->database_url; };
    return store::spool_drain(directory, database, drain_patience, std::cout) ? exit_done
                                                                              : exit_failed;
  } catch (const std::exception& error) {
    return failed(error);
  }
}

}  // namespace tandem
