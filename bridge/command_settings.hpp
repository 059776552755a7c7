// What every subcommand begins and ends with: its settings, and what it says when it cannot go on.
#pragma once

#include <exception>
#include <optional>

#include "bridge/commands.hpp"
#include "bridge/config.hpp"

namespace tandem {

/// From the environment of the process. Nothing when something is wrong with it: all problems have
/// been printed then, and the command ends with exit_configuration.
std::optional<Config> load_settings(ConfigNeed need);

/// Prints why; answers exit_failed.
int command_failed(const std::exception& error);

}  // namespace tandem
