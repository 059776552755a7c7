// `tandem user`: the people and programs that may use this bridge, from the command line. Whoever
// can run it holds the database's credentials already. Every change is in the audit log.
#include <fmt/format.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <iostream>

#include "bridge/command_settings.hpp"
#include "bridge/password.hpp"
#include "bridge/random_id.hpp"
#include "store/api_tokens.hpp"
#include "store/audit.hpp"
#include "store/users.hpp"
#include "web/accounts.hpp"

namespace tandem {

namespace {

constexpr std::string_view actor = "command line";

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

/// A line of standard input; typed on a terminal it is not shown.
std::optional<std::string> read_secret(const std::string& prompt) {
  termios shown{};
  const bool is_terminal = isatty(STDIN_FILENO) != 0 && tcgetattr(STDIN_FILENO, &shown) == 0;
  if (is_terminal) {
    std::cerr << prompt << ": " << std::flush;
    termios hidden = shown;
    hidden.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
  }
  std::string line;
  const bool was_read = static_cast<bool>(std::getline(std::cin, line));
  if (is_terminal) {
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
    std::cerr << '\n';
  }
  return was_read ? std::optional(line) : std::nullopt;
}

/// Of a password that may be used; otherwise it is said what is wrong.
std::optional<std::string> new_password_hash(const std::string& name) {
  const auto password = read_secret("password for " + name);
  const auto problem = password ? password_problem(*password, name)
                                : std::optional<std::string>("one line of input");
  if (!problem) return hash_password(*password);
  std::cerr << "tandem: the password has to be " << *problem << '\n';
  return std::nullopt;
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

int add(store::Connection& connection, const Words& words) {
  const std::string& name = words.plain.at(0);
  if (!web::is_account_name(name) || !web::is_role(words.role)) return exit_usage;
  const auto hash = new_password_hash(name);
  if (!hash) return exit_failed;
  store::Transaction transaction(connection);
  if (store::add_user(connection, {name, words.role, *hash}, true).refusal)
    return refused("there is a user of that name");
  note(connection, "user_added", name, words.role);
  transaction.commit();
  fmt::print("{} may log in as {}\n", name, words.role);
  return exit_done;
}

int change(store::Connection& connection, const std::string& name, const std::string& action,
           const store::UserChange& wanted) {
  store::Transaction transaction(connection);
  const auto found = store::find_user(connection, name);
  if (!found) return refused("there is no such user");
  if (store::change_user(connection, found->user.id, wanted))
    return refused("this is the last admin: make somebody else an admin first");
  note(connection, action, name, wanted.role.value_or(""));
  transaction.commit();
  fmt::print("done; sessions of {} have ended\n", name);
  return exit_done;
}

int set_role(store::Connection& connection, const Words& words) {
  if (!web::is_role(words.role)) return exit_usage;
  return change(connection, words.plain.at(0), "user_role_changed", {.role = words.role});
}

int set_password(store::Connection& connection, const Words& words) {
  const auto hash = new_password_hash(words.plain.at(0));
  if (!hash) return exit_failed;
  return change(connection, words.plain.at(0), "user_password_changed", {.password_hash = hash});
}

int disable(store::Connection& connection, const Words& words) {
  return change(connection, words.plain.at(0), "user_disabled", {.is_disabled = true});
}

int enable(store::Connection& connection, const Words& words) {
  return change(connection, words.plain.at(0), "user_enabled", {.is_disabled = false});
}

int list(store::Connection& connection, const Words&) {
  const auto users = store::list_users(connection);
  if (users.empty()) fmt::print("no users yet: tandem user add NAME --role admin\n");
  for (const auto& user : users)
    fmt::print("{:<24}  {:<8}  {:<8}  last here {}\n", user.name, user.role,
               user.is_disabled ? "disabled" : "", day_of(user.last_login, "never"));
  return exit_done;
}

int add_token(store::Connection& connection, const Words& words) {
  const std::string& name = words.plain.at(0);
  if (!web::is_account_name(name) || !web::is_role(words.role)) return exit_usage;
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
  const auto name = store::revoke_token(connection, words.plain.at(0));
  if (!name) return refused("there is no such token, or it was revoked before");
  note(connection, "token_revoked", *name);
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
    Action{"add", 1, add},
    Action{"list", 0, list},
    Action{"role", 1, set_role},
    Action{"password", 1, set_password},
    Action{"disable", 1, disable},
    Action{"enable", 1, enable},
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
