// tandem-bench-raw-ref --port P --voice-port P --host NAME: see relay.hpp. Started by
// tests/bench/run --rounds.
#include <fmt/format.h>

#include <csignal>
#include <cstdio>
#include <map>
#include <stdexcept>
#include <string>

#include "tests/bench/raw_ref/relay.hpp"

namespace {

volatile std::sig_atomic_t is_stopped = 0;

std::uint16_t port(const std::string& text) { return static_cast<std::uint16_t>(std::stoul(text)); }

}  // namespace

int main(int count, char** words) {
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGTERM, [](int) { is_stopped = 1; });
  try {
    std::map<std::string, std::string> values;
    for (int i = 1; i + 1 < count; i += 2) values[words[i]] = words[i + 1];
    tandem::bench::RawRelay relay(port(values.at("--port")), port(values.at("--voice-port")),
                                  values.at("--host"));
    std::puts("listening");
    std::fflush(stdout);
    relay.run(is_stopped);
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "tandem-bench-raw-ref: {}\n", error.what());
    return 1;
  }
}
