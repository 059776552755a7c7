// `tandem user`: what may use this bridge from afar, from the command line. Whoever can run it
// holds the database's credentials already. Every change is in the audit log.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <iostream>

#include "bridge/command_settings.hpp"
#include "bridge/random_id.hpp"
#include "store/api_tokens.hpp"
#include "store/audit.hpp"

namespace tandem {

namespace {

constexpr std::string_view actor = "command line";
constexpr std::size_t name_characters_max = 64;

/// The words after the subcommand, with the values of --role and --days taken out.
struct Words {
  std::vector<std::string> plain;
  std::string role;
  std::optional<std::int64_t> days;
  bool is_usable = true;
};

Words read_words(Arguments arguments) {
  Words words;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string_view word = arguments[i];
    const bool has_value = i + 1 < arguments.size();
    if (word == "--role" && has_value) {
      words.role = arguments[++i];
    } else if (word == "--days" && has_value) {
      const std::string_view text = arguments[++i];
      std::int64_t days = 0;
      const auto end = std::from_chars(text.begin(), text.end(), days);
      words.is_usable = words.is_usable && end.ec == std::errc() && end.ptr == text.end() &&
                        days > 0 && days <= 3650;
      words.days = days;
    } else if (word.starts_with("--")) {
      words.is_usable = false;
    } else {
      words.plain.emplace_back(word);
    }
  }
  return words;
}

bool is_role(std::string_view text) {
  return text == "viewer" || text == "operator" || text == "admin";
}

/// Names appear in the audit log and in columns: letters, digits and a few signs.
bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= name_characters_max &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) {
           return std::isalnum(c) != 0 || c == '.' || c == '-' || c == '_' || c == '@';
         });
}

int refused(std::string_view why) {
  std::cerr << "tandem: " << why << '\n';
  return exit_failed;
}

void note(store::Connection& connection, std::string action, const std::string& subject,
          const std::string& role = {}) {
  const auto detail = role.empty() ? "{}" : fmt::format(R"({{"role":"{}"}})", role);
  store::audit(connection, {std::string(actor), std::move(action), subject, detail});
}

std::string day_of(const std::optional<core::WallTime>& wall, std::string_view otherwise) {
  return wall ? core::to_rfc3339(*wall).substr(0, 10) : std::string(otherwise);
}

int add_token(store::Connection& connection, const Words& words) {
  const std::string& name = words.plain.at(0);
  if (!is_name(name) || !is_role(words.role)) return exit_usage;
  const std::string token = "brg_" + random_hex_128() + random_hex_128();
  std::optional<std::chrono::seconds> lifetime;
  if (words.days) lifetime = std::chrono::hours(24) * *words.days;
  store::Transaction transaction(connection);
  store::add_token(connection, name, words.role, store::digest(token), lifetime);
  note(connection, "token_added", name, words.role);
  transaction.commit();
  std::cerr << "shown once, keep it safe:\n";
  std::cout << token << '\n';
  return exit_done;
}

int list_tokens(store::Connection& connection, const Words&) {
  for (const auto& token : store::list_tokens(connection))
    fmt::print("{}  {:<24}  {:<8}  {:<8}  since {}  until {}  last used {}\n", token.id, token.name,
               token.role, token.is_revoked ? "revoked" : "", day_of(token.created, ""),
               day_of(token.expires, "revoked"), day_of(token.last_used, "never"));
  return exit_done;
}

int revoke_token(store::Connection& connection, const Words& words) {
  store::Transaction transaction(connection);
  if (!store::revoke_token(connection, words.plain.at(0)))
    return refused("there is no such token, or it was revoked before");
  note(connection, "token_revoked", words.plain.at(0));
  transaction.commit();
  fmt::print("done\n");
  return exit_done;
}

int check_audit(store::Connection& connection, const Words&) {
  const auto found = store::check_audit(connection);
  if (found.first_wrong)
    return refused(fmt::format("entry {} of {} does not follow from the one before",
                               *found.first_wrong, found.entries));
  fmt::print("{} entries, each follows from the one before\n", found.entries);
  return exit_done;
}

struct Action {
  std::string_view name;
  std::size_t words;
  int (*run)(store::Connection&, const Words&);
};

constexpr std::array actions = {
    Action{"token", 1, add_token},
    Action{"tokens", 0, list_tokens},
    Action{"revoke", 1, revoke_token},
    Action{"audit", 0, check_audit},
};

}  // namespace

int run_user(Arguments arguments) {
  if (arguments.empty()) return exit_usage;
  const std::string_view wanted = arguments[0];
  const auto action = std::find_if(actions.begin(), actions.end(),
                                   [&](const Action& known) { return known.name == wanted; });
  const Words words = read_words(arguments.subspan(1));
  if (action == actions.end() || !words.is_usable || words.plain.size() != action->words)
    return exit_usage;
  const auto config = load_settings(ConfigNeed::database);
  if (!config) return exit_configuration;
  try {
    store::Connection connection(config->database_url);
    return action->run(connection, words);
  } catch (const std::exception& error) {
    return command_failed(error);
  }
}

}  // namespace tandem
