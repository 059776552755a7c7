// The subcommands of `tandem`. Each reads its settings from the environment and answers an exit
// code.
#pragma once

#include <span>

namespace tandem {

/// The words after the command's name.
using Arguments = std::span<char* const>;

inline constexpr int exit_done = 0;
inline constexpr int exit_failed = 1;
inline constexpr int exit_usage = 2;
inline constexpr int exit_configuration = 78;  ///< sysexits.h EX_CONFIG

int run_serve(Arguments arguments);
int run_check(Arguments arguments);
int run_migrate(Arguments arguments);
int run_call(Arguments arguments);
int run_spool(Arguments arguments);
int run_erase(Arguments arguments);
int run_analyze(Arguments arguments);
int run_export(Arguments arguments);
int run_user(Arguments arguments);
int run_dnc(Arguments arguments);
int run_consent(Arguments arguments);

}  // namespace tandem
