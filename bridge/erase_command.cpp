// tandem erase NUMBER: the same order as POST /api/v1/erase, carried out at once in the database.
// What waits in spools is dropped when its node imports it.
#include <iostream>

#include "bridge/command_settings.hpp"
#include "bridge/privacy.hpp"

namespace tandem {

namespace {

/// The order and what came of it, in the order in which the job does it (store/erasure).
std::string erase(const Config& config, const store::ErasureOrder& order) {
  store::Connection connection(database_of(config)());
  store::Transaction placing(connection);
  store::place_erasure_order(connection, order);
  // a running bridge would take the job and make the report; it is left to it only if we die
  connection.run("update bridge.jobs set run_at = now() + interval '5 minutes' where key = $1",
                 store::Parameters().add(order.id));
  placing.commit();
  const store::ErasureReport report = store::execute_erasure(connection, order);
  store::Transaction finishing(connection);
  store::finish_erasure(connection, order, report);
  finishing.commit();
  return report.json();
}

}  // namespace

int run_erase(Arguments arguments) {
  if (arguments.size() != 1) return exit_usage;
  const core::PhoneNumber number{std::string(arguments[0])};
  if (!number.is_e164()) return exit_usage;
  const auto config = load_settings(ConfigNeed::database);
  if (!config) return exit_configuration;
  const auto order = erasure_order(*config, number, "command line");
  if (!order) {
    std::cerr << "tandem: PHONE_HASH_KEY is not set: what is kept of a person is a hash with it\n";
    return exit_configuration;
  }
  try {
    std::cout << erase(*config, *order) << '\n';
    return exit_done;
  } catch (const std::exception& error) {
    return command_failed(error);
  }
}

}  // namespace tandem
