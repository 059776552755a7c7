// Many runs on all cores: which seeds, in what order, and what people see of it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::simulation {

inline constexpr std::string_view usage =
    "usage: tests/simulation/run [--seeds N] [--first-seed S] [--nth-failure [N]] [--trace]\n"
    "                            [--provider NAME|all] [--threads N] [--commit TEXT]\n"
    "  without arguments  5000 fixed seeds, 5000 fresh ones and every nth-failure run\n"
    "  --seeds N          N seeds, from --first-seed (default 1)\n"
    "  --nth-failure N    the standard conversation in which step N fails; all steps without N\n"
    "  --provider NAME    whose dialect the agent speaks: hume (the default), gemini, openai, or "
    "all\n"
    "                     in turn, by seed, as the 5000 fixed ones do\n"
    "  --trace            one line per event, also of runs that pass\n";

struct CampaignOptions {
  std::optional<std::uint64_t> seeds;  ///< none: what tests/run needs
  std::uint64_t first_seed = 1;
  bool is_nth_failure = false;
  std::int64_t nth_failure = 0;  ///< 0: all of them
  bool traces = false;
  std::string provider;  ///< empty: hume; the fixed seeds of the run without arguments: all
  unsigned threads = 0;  ///< 0: one per core
  std::string commit = "unknown";
};

/// Throws std::invalid_argument on what it does not know.
CampaignOptions parse_options(const std::vector<std::string>& arguments);

/// Prints as it goes; 0 when every run passed, else 1.
int campaign(const CampaignOptions& options);

}  // namespace tandem::simulation
