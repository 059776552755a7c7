#include "bridge/node_commands.hpp"

#include "bridge/arrival.hpp"
#include "bridge/ask_store.hpp"

namespace tandem {

namespace {

constexpr auto patience = std::chrono::seconds(5);

/// Fills in what the input of a command says.
struct FillIn {
  store::NodeCommand& command;

  void operator()(const call::OperatorHangUp& input) const { command.by = input.by; }
  void operator()(const call::OperatorPause& input) const { command.by = input.by; }
  void operator()(const call::OperatorSay& input) const {
    command.text = input.text;
    command.by = input.by;
  }
  void operator()(const call::OperatorContext& input) const {
    command.text = input.text;
    command.by = input.by;
  }
  void operator()(const call::OperatorTransfer& input) const {
    command.to = input.to.expose();
    command.note = input.note;
    command.by = input.by;
  }
  template <class NoCommand>
  void operator()(const NoCommand&) const {}
};

}  // namespace

NodeCommands::NodeCommands(Parts parts)
    : parts_(std::move(parts)), tasks_(parts_.control, [this](std::exception_ptr) {
        parts_.log.error("node_commands_failed");
      }) {}

void NodeCommands::start() { tasks_.spawn(poll_for_ever()); }

void NodeCommands::give(web::CallCommand command, std::function<void(Left)> then) {
  parts_.log.info("operator_command", {{"call_id", command.call_id}, {"command", command.name}});
  if (parts_.switchboard.find(command.call_id) != nullptr) {
    const bool is_taken = parts_.switchboard.command(command.call_id, std::move(command.input));
    return then(is_taken ? Left::taken_here : Left::over);
  }
  store::NodeCommand left;
  left.call_id = command.call_id.str();
  left.name = command.name;
  std::visit(FillIn{left}, command.input);
  tasks_.spawn(leave(std::move(left), std::move(then)));
}

net::Task<void> NodeCommands::leave(store::NodeCommand command, std::function<void(Left)> then) {
  const std::function<bool(store::Connection&)> question =
      [command = std::move(command)](store::Connection& connection) {
        return store::leave_node_command(connection, command);
      };
  const auto is_left = co_await ask_store<bool>(parts_.control, parts_.queries, question, patience);
  then(!is_left ? Left::unavailable : *is_left ? Left::left : Left::no_such_call);
}

net::Task<void> NodeCommands::poll_for_ever() {
  for (int periods = 0; !is_stopping_; ++periods) {
    auto running = parts_.running();
    if (!running.empty() || periods % idle_periods == 0) co_await poll(std::move(running));
    co_await pause_unless(parts_.control, is_stopping_, period);
  }
}

net::Task<void> NodeCommands::poll(std::vector<std::string> running) {
  using Commands = std::vector<store::NodeCommand>;
  const std::function<Commands(store::Connection&)> question =
      [running = std::move(running)](store::Connection& connection) {
        return store::take_node_commands(connection, running);
      };
  const auto commands =
      co_await ask_store<Commands>(parts_.control, parts_.queries, question, patience);
  if (!commands) co_return;  // the database is away: they wait there
  for (const auto& command : *commands) carry_out(command);
}

void NodeCommands::carry_out(const store::NodeCommand& command) {
  auto made = web::make_command(command.name, core::CallId(command.call_id),
                                {command.text, command.to, command.note}, command.by);
  auto* const wanted = std::get_if<web::CallCommand>(&made);
  const bool is_taken =
      wanted != nullptr && parts_.switchboard.command(wanted->call_id, std::move(wanted->input));
  parts_.log.info("operator_command", {{"call_id", command.call_id},
                                       {"command", command.name},
                                       {"from", "another node"},
                                       {"taken", is_taken}});
}

}  // namespace tandem
