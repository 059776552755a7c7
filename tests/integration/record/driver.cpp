// The real spool and the real importer under load, to be killed: whole calls take seconds each,
// this takes milliseconds, and between a record and the database it is the same code.
//
//   tandem_record_driver DIRECTORY DATABASE_URL FIRST_CALL
//       writes down invented calls, numbered from FIRST_CALL, until it is killed or told to stop
//       (SIGTERM: what is written is imported for at most 1 s). On standard output, a line each:
//       `ack KIND CALL SEQ` when a record is durable (KIND: T transcript, E event, Z end of the
//       call), `state WORD` when the importer's state changed, `notice CODE`.
//   tandem_record_driver dump DIRECTORY
//       the records of a spool, payloads included, one JSON object a line
#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <thread>

#include "store/importer.hpp"
#include "store/spool_tools.hpp"
#include "tests/integration/store/store_fixture.hpp"

using namespace tandem;
using namespace std::chrono_literals;

namespace {

constexpr int turns = 4;
constexpr auto pause_between_calls = 3ms;

std::atomic<bool> is_told_to_stop{false};

/// One write a line: what was said survives the kill that comes right after.
void say(const std::string& line) {
  const std::string text = line + "\n";
  [[maybe_unused]] const auto written = ::write(STDOUT_FILENO, text.data(), text.size());
}

/// Words of its own for every line, so that nothing can hide behind a unique key.
core::Record told_apart(core::Record record, int call) {
  if (auto* line = std::get_if<core::TranscriptEntry>(&record.body)) {
    line->text = fmt::format("line {} of call {}", line->seq, call);
  }
  return record;
}

std::string acknowledgement(const core::Record& record, int call) {
  if (const auto* line = std::get_if<core::TranscriptEntry>(&record.body)) {
    return fmt::format("ack T {} {}", call, line->seq);
  }
  if (const auto* event = std::get_if<core::CallEvent>(&record.body)) {
    return fmt::format("ack E {} {}", call, event->seq);
  }
  if (std::holds_alternative<core::CallEnded>(record.body)) return fmt::format("ack Z {} 0", call);
  return {};
}

void write_down(store::Spool& spool, int call) {
  for (const auto& record : test::scripted_call(call, turns)) {
    const std::string line = acknowledgement(record, call);
    const auto acknowledge = [line](bool is_durable) {
      if (is_durable && !line.empty()) say(line);
    };
    while (!spool.append(told_apart(record, call), acknowledge) && !is_told_to_stop) {
      std::this_thread::sleep_for(1ms);
    }
  }
}

void report_states(const store::Importer& importer) {
  auto last = store::ImporterState::stopped;
  while (!is_told_to_stop) {
    const auto state = importer.counters().state;
    if (state != last) say(fmt::format("state {}", to_string(state)));
    last = state;
    std::this_thread::sleep_for(10ms);
  }
}

int run(const std::string& directory, const std::string& url, int first_call) {
  auto spooling = test::spool_settings(directory);
  spooling.notices = [](const store::Notice& notice) { say("notice " + notice.code); };
  store::Spool spool(std::move(spooling));
  auto importing = test::importer_settings(core::Secret(url));
  importing.notices = [](const store::Notice& notice) { say("notice " + notice.code); };
  store::Importer importer(spool, std::move(importing));
  std::thread reporter([&] { report_states(importer); });
  for (int call = first_call; !is_told_to_stop; ++call) {
    write_down(spool, call);
    std::this_thread::sleep_for(pause_between_calls);
  }
  reporter.join();
  spool.flush(5s);
  importer.stop(1s);
  return 0;
}

}  // namespace

int main(int count, char** arguments) {
  std::signal(SIGTERM, [](int) { is_told_to_stop = true; });
  if (count == 3 && std::string(arguments[1]) == "dump") {
    return store::spool_dump(arguments[2], true, std::cout) ? 0 : 1;
  }
  if (count != 4) return 2;
  return run(arguments[1], arguments[2], std::atoi(arguments[3]));
}
