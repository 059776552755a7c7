// tandem: a media bridge between telephone calls and speech-to-speech voice agents. The table of
// its commands.
#include <array>
#include <cstdio>
#include <span>
#include <string>
#include <string_view>

#include "bridge/commands.hpp"
#include "bridge/version.hpp"

namespace {

using tandem::Arguments;

struct Command {
  std::string_view name;
  std::string_view usage;
  std::string_view what;
  int (*run)(Arguments arguments);
};

constexpr std::array commands = {
    Command{"serve", "", "carry calls until SIGTERM, then drain", tandem::run_serve},
    Command{"check", "", "check settings, credentials, database and parties, one line each",
            tandem::run_check},
    Command{"migrate", "", "bring the database schema up to date", tandem::run_migrate},
    Command{"call", "NUMBER --purpose P [...]|--status ID|--stop REASON|--resume",
            "queue a call for the running bridge (--message, --from, --key, --wait); stop all "
            "dialling",
            tandem::run_call},
    Command{"spool", "verify|dump [--text]|drain DIR", "look at or import a spool directory",
            tandem::run_spool},
    Command{"erase", "NUMBER", "delete every call of a person, and say what was kept and why",
            tandem::run_erase},
    Command{"analyze", "--since DATE [...]",
            "judge calls (again); --backtest: what another prompt or model would say",
            tandem::run_analyze},
    Command{"export", "[--csv|--json|--ndjson] [--FILTER=VALUE...]",
            "write calls as a file; the filters are those of GET /api/v1/calls",
            tandem::run_export},
    Command{"user", "add|list|role|password|disable|enable|token|tokens|revoke|audit ...",
            "people (add NAME --role ROLE), programs (token NAME --role ROLE [--days N]), the "
            "audit log",
            tandem::run_user},
    Command{"dnc", "add|remove|list|import ...",
            "our do-not-call list, and imports of the national registry", tandem::run_dnc},
    Command{"consent", "add|revoke|list NUMBER ...", "who agreed to be called for what",
            tandem::run_consent},
};

int print_help(std::FILE* out) {
  std::fputs("tandem carries telephone calls to voice agents.\n\n", out);
  for (const auto& command : commands) {
    const auto invocation = std::string(command.name) + " " + std::string(command.usage);
    std::fprintf(out, "  tandem %s\n      %.*s\n", invocation.c_str(),
                 static_cast<int>(command.what.size()), command.what.data());
  }
  std::fputs("\nSettings are environment variables; deploy/env.example is the manual.\n", out);
  return out == stdout ? tandem::exit_done : tandem::exit_usage;
}

int run(const Command& command, Arguments arguments) {
  const int code = command.run(arguments);
  if (code == tandem::exit_usage) {
    std::fprintf(stderr, "usage: tandem %.*s %.*s\n", static_cast<int>(command.name.size()),
                 command.name.data(), static_cast<int>(command.usage.size()), command.usage.data());
  }
  return code;
}

}  // namespace

int main(int argc, char** argv) {
  const std::span<char*> words(argv, static_cast<std::size_t>(argc));
  const std::string_view name = words.size() > 1 ? words[1] : "";
  if (name == "--help" || name == "-h") return print_help(stdout);
  if (name == "--version") {
    std::printf("tandem %.*s\n", static_cast<int>(tandem::version.size()), tandem::version.data());
    return tandem::exit_done;
  }
  for (const auto& command : commands) {
    if (command.name == name) return run(command, words.subspan(2));
  }
  return print_help(stderr);
}
