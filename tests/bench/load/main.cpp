// tandem-bench-load: the load of one benchmark run, on sockets of its own. tests/bench/run starts
// it beside the bridge. Credentials come from the environment (TWILIO_ACCOUNT_SID,
// TWILIO_AUTH_TOKEN), the figures go to standard output as one line of JSON.
#include <fmt/format.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <stdexcept>

#include "tests/bench/load/run.hpp"

namespace {

using tandem::bench::RunOptions;

std::string environment(const char* name) {
  const char* const value = std::getenv(name);
  if (value == nullptr) throw std::invalid_argument(std::string(name) + " is not set");
  return value;
}

RunOptions parse(int count, char** words) {
  RunOptions options;
  options.carrier.account_id = environment("TWILIO_ACCOUNT_SID");
  options.carrier.auth_token = environment("TWILIO_AUTH_TOKEN");
  using Value = const std::string&;
  const auto port = [](Value value) { return static_cast<std::uint16_t>(std::stoul(value)); };
  const std::map<std::string, std::function<void(Value)>> known = {
      {"--calls", [&](Value v) { options.calls = std::stoi(v); }},
      {"--seconds", [&](Value v) { options.window = std::chrono::seconds(std::stoi(v)); }},
      {"--burst", [&](Value v) { options.in_bursts = v == "yes"; }},
      {"--core", [&](Value v) { options.core = std::stoi(v); }},
      {"--voice-port", [&](Value v) { options.voice_port = port(v); }},
      {"--bridge-port", [&](Value v) { options.carrier.bridge_port = port(v); }},
      {"--bridge-pid", [&](Value v) { options.bridge = std::stoi(v); }},
      {"--public-host", [&](Value v) { options.carrier.public_host = v; }},
      {"--certificate", [&](Value v) { options.certificate = v; }},
      {"--key", [&](Value v) { options.key = v; }},
  };
  for (int i = 1; i < count; i += 2) {
    const auto option = known.find(words[i]);
    if (option == known.end() || i + 1 == count) {
      throw std::invalid_argument(std::string("what is ") + words[i] + "?");
    }
    option->second(words[i + 1]);
  }
  if (options.calls < 1 || options.calls > 2000 || options.bridge == 0) {
    throw std::invalid_argument("1 to 2000 calls, and the process id of the bridge");
  }
  return options;
}

}  // namespace

int main(int count, char** words) {
  std::signal(SIGPIPE, SIG_IGN);
  try {
    auto figures = tandem::bench::run(parse(count, words));
    fmt::print(R"({{"event":"figures","figures":{}}})", tandem::bench::to_json(figures));
    std::puts("");
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "tandem-bench-load: {}\n", error.what());
    return 1;
  }
}
