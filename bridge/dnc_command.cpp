// `tandem dnc`: our own do-not-call list and imports of the national registry, from the command
// line. Effective for every node with the commit.
#include <cstdio>
#include <fstream>
#include <iostream>
#include <optional>
#include <string>

#include "bridge/command_options.hpp"
#include "bridge/command_settings.hpp"
#include "store/audit.hpp"
#include "store/do_not_call.hpp"
#include "store/vault.hpp"
#include "web/parameters.hpp"

namespace tandem {

namespace {

constexpr int listed_max = 10'000;

struct DncCommand {
  const CommandOptions& options;
  store::Connection& connection;
  const store::Vault& vault;
};

/// In the transaction of the change.
void audit(const DncCommand& command, const std::string& action, const std::string& subject) {
  store::audit(command.connection, {"command line", action, subject});
}

int wrong(std::string_view why) {
  std::cerr << "tandem: " << why << '\n';
  return exit_failed;
}

int add(const DncCommand& command) {
  const core::PhoneNumber number(command.options.words()[1]);
  if (!number.is_e164()) return wrong("the number must be like +12125550123");
  store::DoNotCallEntry entry;
  entry.number = number;
  entry.reason = command.options.value("--reason");
  entry.source = "operator";
  entry.added_by = "command line";
  store::Transaction transaction(command.connection);
  const auto added =
      store::add_do_not_call(command.connection, entry, command.vault.phone_hash(number));
  audit(command, "dnc add", added.words());
  transaction.commit();
  std::cout << number.masked()
            << (added.any() ? " will not be called\n" : " was on the list already\n");
  return exit_done;
}

int remove(const DncCommand& command) {
  const core::PhoneNumber number(command.options.words()[1]);
  store::Transaction transaction(command.connection);
  const auto removed =
      store::remove_do_not_call(command.connection, number, command.vault.phone_hash(number));
  if (!removed.any()) return wrong("the number is not on the list");
  audit(command, "dnc remove", removed.words());
  transaction.commit();
  std::cout << number.masked() << " is off the list; it needs a new consent to be called\n";
  return exit_done;
}

int list(const DncCommand& command) {
  for (const auto& entry : store::list_do_not_call(command.connection, listed_max)) {
    std::cout << entry.number.expose() << '\t' << core::to_rfc3339(entry.added_at) << '\t'
              << entry.source << '\t' << entry.reason << '\n';
  }
  return exit_done;
}

/// Why this file must not replace what is there; empty when it may.
std::string objection(const store::RegistryFile& file, std::int64_t rows_before,
                      bool accepts_loss) {
  if (file.wrong_line != 0)
    return "line " + std::to_string(file.wrong_line) + " is no telephone number";
  if (file.digits.empty()) return "the file is empty";
  const auto rows = static_cast<std::int64_t>(file.digits.size());
  if (!accepts_loss && rows * 100 < rows_before * 95) {
    return "more than 5 % of " + std::to_string(rows_before) +
           " numbers are missing; --accept-loss when that is right";
  }
  return {};
}

int import_file(const DncCommand& command) {
  const auto& options = command.options;
  const std::string day = "date=" + options.value("--date");
  const auto date = web::Parameters(day).instant("date", false);
  if (!date) return wrong("--date is the day of the data, like 2026-11-22");
  std::ifstream stream(options.words()[1], std::ios::binary);
  if (!stream) return wrong("the file cannot be read");
  const store::RegistryFile file = store::read_registry(stream);
  const std::int64_t before = store::registry_rows(command.connection);
  std::cout << file.lines << " lines, " << file.digits.size() << " different numbers, " << before
            << " before, sha256 " << file.sha256 << '\n';
  const std::string why_not = objection(file, before, options.has("--accept-loss"));
  if (!why_not.empty()) return wrong(why_not + "; nothing was changed");
  if (options.has("--dry-run")) return exit_done;
  store::RegistryImport import;
  import.san = options.value("--san");
  import.data_date = *date;
  import.imported_by = "command line";
  import.accepts_loss = options.has("--accept-loss");
  if (!store::import_registry(command.connection, file, import))
    return wrong("numbers are missing after the import: repeat it; until then nobody is dialled");
  audit(command, "dnc import", file.sha256);
  std::cout << "imported\n";
  return exit_done;
}

int run(const CommandOptions& options) {
  const auto config = load_settings(ConfigNeed::database);
  if (!config) return exit_configuration;
  try {
    store::Connection connection(config->database_url);
    const store::Vault vault(config->phone_hash_key, {});
    const DncCommand command{options, connection, vault};
    const std::string& action = options.words()[0];
    if (action == "add") return add(command);
    if (action == "remove") return remove(command);
    return action == "list" ? list(command) : import_file(command);
  } catch (const std::exception& error) {
    return command_failed(error);
  }
}

}  // namespace

int run_dnc(Arguments arguments) {
  const CommandOptions options(arguments, {"--reason", "--date", "--san"},
                               {"--dry-run", "--accept-loss"});
  const auto& words = options.words();
  if (!options.is_usable() || words.empty()) return exit_usage;
  const bool is_list = words[0] == "list" && words.size() == 1;
  const bool is_other =
      (words[0] == "add" || words[0] == "remove" || words[0] == "import") && words.size() == 2;
  return is_list || is_other ? run(options) : exit_usage;
}

}  // namespace tandem
