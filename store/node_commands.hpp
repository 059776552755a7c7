// Commands to calls that another node carries: one row each in bridge.node_commands, taken out by
// the node that has the call (fault A13).
#pragma once

#include <chrono>
#include <span>
#include <string>
#include <vector>

#include "store/postgres.hpp"

namespace tandem::store {

/// Not taken for this long, a command is void: whoever asked has seen that nothing happened.
inline constexpr std::chrono::seconds node_command_lives{30};

struct NodeCommand {
  std::string call_id;
  std::string name;  ///< as in the HTTP API: "hangup", "say", ...
  std::string text;  ///< what the command has; empty for the others
  std::string to;
  std::string note;
  std::string by;  ///< who asks
};

/// Leaves a command for whoever carries the call. False when no node does, as far as the record
/// knows.
bool leave_node_command(Connection& connection, const NodeCommand& command);

/// Takes out what was left for these calls, oldest first, and drops what is void. Each command is
/// given out once.
std::vector<NodeCommand> take_node_commands(Connection& connection,
                                            std::span<const std::string> call_ids);

}  // namespace tandem::store
