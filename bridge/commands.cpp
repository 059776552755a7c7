#include "bridge/commands.hpp"

#include <iostream>
#include <string>

#include "bridge/check.hpp"
#include "bridge/command_settings.hpp"
#include "bridge/privacy.hpp"
#include "bridge/serve.hpp"
#include "store/migrate.hpp"
#include "store/spool_tools.hpp"

namespace tandem {

int run_serve(Arguments arguments) {
  if (!arguments.empty()) return exit_usage;
  const auto config = load_settings(ConfigNeed::serve);
  if (!config) return exit_configuration;
  try {
    return serve(*config);
  } catch (const std::exception& error) {
    return command_failed(error);
  }
}

int run_check(Arguments arguments) {
  if (!arguments.empty()) return exit_usage;
  const auto config = load_settings(ConfigNeed::serve);
  if (!config) return exit_configuration;
  return check(*config, std::cout) ? exit_done : exit_failed;
}

int run_migrate(Arguments arguments) {
  if (!arguments.empty()) return exit_usage;
  const auto config = load_settings(ConfigNeed::database);
  if (!config) return exit_configuration;
  try {
    store::Connection connection(config->database_url);
    const auto report = store::migrate(connection);
    std::cout << "schema version " << report.version << ", " << report.applied.size()
              << " migration(s) applied\n";
    return exit_done;
  } catch (const std::exception& error) {
    return command_failed(error);
  }
}

int run_spool(Arguments arguments) {
  constexpr auto drain_patience = std::chrono::seconds(10);
  const bool shows_text = arguments.size() == 3 && std::string_view(arguments[1]) == "--text";
  if (arguments.size() != 2 && !shows_text) return exit_usage;
  const std::string_view action = arguments[0];
  const std::string directory = arguments.back();
  if (shows_text && action != "dump") return exit_usage;
  try {
    if (action == "verify")
      return store::spool_verify(directory, std::cout) ? exit_done : exit_failed;
    if (action == "dump")
      return store::spool_dump(directory, shows_text, std::cout) ? exit_done : exit_failed;
    if (action != "drain") return exit_usage;
    const auto config = load_settings(ConfigNeed::database);
    if (!config) return exit_configuration;
    return store::spool_drain(directory, database_of(*config), drain_patience, std::cout)
               ? exit_done
               : exit_failed;
  } catch (const std::exception& error) {
    return command_failed(error);
  }
}

}  // namespace tandem
