// `tandem consent`: who agreed to be called for what, and the evidence, from the command line.
#include <chrono>
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

struct ConsentCommand {
  const CommandOptions& options;
  store::Connection& connection;
  const store::Vault& vault;
  core::PhoneNumber number;
};

int wrong(std::string_view why) {
  std::cerr << "tandem: " << why << '\n';
  return exit_failed;
}

/// The first of --ip, --recording, --document that was given.
void read_evidence(const CommandOptions& options, store::ConsentEntry& entry) {
  for (const std::string kind : {"ip", "recording", "document"}) {
    if (!options.has("--" + kind)) continue;
    entry.evidence_kind = kind;
    entry.evidence = options.value("--" + kind);
  }
}

/// What is missing; empty when nothing is. An incomplete consent would never allow a call.
std::string missing_of(const store::ConsentEntry& entry) {
  if (entry.purpose != "informational" && entry.purpose != "telemarketing")
    return "--purpose is informational or telemarketing";
  if (entry.seller.empty()) return "--seller names who may call";
  if (entry.wording.empty()) return "--wording is exactly what was shown or said";
  if (entry.channel.empty()) return "--channel says how it was given";
  if (entry.evidence.empty()) return "--ip, --recording or --document names the evidence";
  if (entry.evidence_sha256.empty()) return "--evidence-file is the evidence itself, to be hashed";
  return {};
}

int add(const ConsentCommand& command) {
  const auto& options = command.options;
  store::ConsentEntry entry;
  entry.number = command.number;
  entry.purpose = options.value("--purpose");
  entry.seller = options.value("--seller");
  entry.is_written = options.has("--written");
  entry.wording = options.value("--wording");
  entry.channel = options.value("--channel");
  entry.region = options.value("--region");
  read_evidence(options, entry);
  std::ifstream file(options.value("--evidence-file"), std::ios::binary);
  if (file) entry.evidence_sha256 = store::sha256_of(file);
  const std::string captured = "at=" + options.value("--at");
  const auto at = web::Parameters(captured).instant("at", false);
  if (!at) return wrong("--at is when it was given, like 2026-11-22 or 2026-11-22T12:00:00Z");
  entry.captured_at = *at;
  const std::string missing = missing_of(entry);
  if (!missing.empty()) return wrong(missing + "; nothing was written");
  store::Transaction transaction(command.connection);
  const auto added =
      store::add_consent(command.connection, entry, command.vault.phone_hash(entry.number));
  store::audit(command.connection, {"command line", "consent add", added.words()});
  transaction.commit();
  std::cout << "consent of " << command.number.masked() << " recorded\n";
  return exit_done;
}

int revoke(const ConsentCommand& command) {
  store::Transaction transaction(command.connection);
  const auto revoked = store::revoke_consents(command.connection, command.number,
                                              command.vault.phone_hash(command.number));
  store::audit(command.connection, {"command line", "consent revoke", revoked.words()});
  transaction.commit();
  std::cout << revoked.ids.size() << " consent(s) of " << command.number.masked() << " ended\n";
  return exit_done;
}

int list(const ConsentCommand& command) {
  for (const auto& entry : store::list_consents(command.connection, command.number)) {
    std::cout << core::to_rfc3339(entry.captured_at) << '\t' << entry.purpose << '\t'
              << (entry.is_written ? "written" : "oral") << '\t' << entry.seller << '\t'
              << entry.channel << '\t'
              << (entry.revoked_at ? "revoked " + core::to_rfc3339(*entry.revoked_at) : "live")
              << '\n';
  }
  return exit_done;
}

int run(const CommandOptions& options) {
  const core::PhoneNumber number(options.words()[1]);
  if (!number.is_e164()) return wrong("the number must be like +12125550123");
  const auto config = load_settings(ConfigNeed::database);
  if (!config) return exit_configuration;
  try {
    store::Connection connection(config->database_url);
    const store::Vault vault(config->phone_hash_key, {});
    const ConsentCommand command{options, connection, vault, number};
    const std::string& action = options.words()[0];
    if (action == "add") return add(command);
    return action == "revoke" ? revoke(command) : list(command);
  } catch (const std::exception& error) {
    return command_failed(error);
  }
}

}  // namespace

int run_consent(Arguments arguments) {
  const CommandOptions options(arguments,
                               {"--purpose", "--seller", "--wording", "--channel", "--ip",
                                "--recording", "--document", "--evidence-file", "--at", "--region"},
                               {"--written"});
  const auto& words = options.words();
  if (!options.is_usable() || words.size() != 2) return exit_usage;
  const bool is_known = words[0] == "add" || words[0] == "revoke" || words[0] == "list";
  return is_known ? run(options) : exit_usage;
}

}  // namespace tandem
