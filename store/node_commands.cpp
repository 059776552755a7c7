#include "store/node_commands.hpp"

#include <algorithm>

namespace tandem::store {

bool leave_node_command(Connection& connection, const NodeCommand& command) {
  const Parameters parameters = Parameters()
                                    .add(command.call_id)
                                    .add(command.name)
                                    .add(command.text)
                                    .add(command.to)
                                    .add(command.note)
                                    .add(command.by);
  // Two days: an older row that has no end is history (CallReaper::reconcile_age_max).
  return connection
             .run(
                 "insert into bridge.node_commands (call_id, command, actor) "
                 "select c.id, jsonb_build_object('name', $2::text, 'text', $3::text, "
                 "'to', $4::text, 'note', $5::text), $6 from bridge.calls c "
                 "where c.id = $1::uuid and c.end_time is null "
                 "and c.start_time > now() - interval '48 hours'",
                 parameters)
             .affected() > 0;
}

std::vector<NodeCommand> take_node_commands(Connection& connection,
                                            std::span<const std::string> call_ids) {
  ArrayText ids;
  for (const auto& id : call_ids) ids.add(id);
  const auto lives = std::chrono::duration_cast<std::chrono::seconds>(node_command_lives).count();
  const Rows rows = connection.run(
      "with taken as (delete from bridge.node_commands where call_id = any ($1::uuid[]) "
      "or asked_at < now() - $2::bigint * interval '1 second' returning *) "
      "select call_id, command ->> 'name', command ->> 'text', command ->> 'to', "
      "command ->> 'note', actor from taken "
      "where asked_at >= now() - $2::bigint * interval '1 second' order by id",
      Parameters().add(ids.finish()).add(std::int64_t{lives}));
  std::vector<NodeCommand> commands;
  for (int row = 0; row < rows.size(); ++row) {
    const auto text = [&](int column) { return std::string(rows.text(row, column)); };
    commands.push_back({text(0), text(1), text(2), text(3), text(4), text(5)});
  }
  return commands;
}

}  // namespace tandem::store
