// tests/simulation/conversation: runs the corpus, prints the tables of docs/conversation.md and
// tests what they must show. Virtual time: some ten seconds of a core, the same figures every time.
#include <fmt/format.h>

#include <charconv>
#include <cstdio>
#include <fstream>
#include <string>
#include <string_view>

#include "tests/simulation/corpus/report.hpp"
#include "tests/simulation/corpus/table.hpp"

namespace {

using namespace tandem::corpus;

struct Options {
  bool writes = false;
  std::string commit = "unknown";
  milliseconds min_interruption{800};
};

const std::string root = TANDEM_SOURCE_DIR;
const std::string document = root + "/docs/conversation.md";

bool read_options(int count, char** arguments, Options& options) {
  for (int i = 1; i < count; ++i) {
    const std::string_view word = arguments[i];
    const std::string_view value = i + 1 < count ? arguments[i + 1] : "";
    if (word == "--write") {
      options.writes = true;
    } else if (word == "--commit" && !value.empty()) {
      options.commit = value;
      ++i;
    } else if (word == "--min-interruption" && !value.empty()) {
      int ms = 0;
      const auto read = std::from_chars(value.data(), value.data() + value.size(), ms);
      if (read.ec != std::errc() || ms < 50 || ms > 2000) return false;
      options.min_interruption = milliseconds(ms);
      ++i;
    } else {
      return false;
    }
  }
  return true;
}

Results run_all(const Options& options) {
  const Clips clips(root);
  const ClipIndex index(clips);
  const auto one_moment = read_bytes(root + "/bridge/sound/one_moment.ulaw");
  Results results;
  for (auto& one : cut_in_corpus(clips)) {
    one.min_interruption = options.min_interruption;
    results.cut_ins.push_back(run(one, clips, index));
  }
  for (const auto& one : lost_leg_corpus())
    results.lost_legs.push_back(run(one, clips, index, one_moment));
  for (const auto& one : freeze_corpus())
    results.freezes.push_back(run(one, clips, index, one_moment));
  return results;
}

std::string read_document() {
  const auto bytes = read_bytes(document);
  return {bytes.begin(), bytes.end()};
}

int write_document(const std::vector<NamedTable>& tables, const std::string& commit) {
  auto text = read_document();
  bool has_places = replace_block(text, "commit", {"Measured at commit " + commit + "."});
  for (const auto& table : tables)
    has_places = replace_block(text, table.name, table.lines) && has_places;
  if (!has_places) return 1;
  std::ofstream file(document, std::ios::binary | std::ios::trunc);
  file << text;
  return file.flush() ? 0 : 1;
}

/// Not a test: a change of the call may move a figure, and the document names its commit.
void compare_document(const std::vector<NamedTable>& tables) {
  const auto text = read_document();
  for (const auto& table : tables) {
    if (has_block(text, table.name, table.lines)) continue;
    fmt::print("docs/conversation.md shows other figures of: {} (--write brings it up to date)\n",
               table.title);
  }
}

int print_checks(const std::vector<Check>& checks) {
  int failed = 0;
  for (const auto& check : checks) {
    fmt::print("{} - {}\n", check.problem.empty() ? "ok" : "not ok", check.name);
    if (check.problem.empty()) continue;
    ++failed;
    fmt::print("    {}\n", check.problem);
  }
  fmt::print("{} passed, {} failed\n", checks.size() - static_cast<std::size_t>(failed), failed);
  return failed == 0 ? 0 : 1;
}

}  // namespace

int main(int count, char** arguments) {
  Options options;
  if (!read_options(count, arguments, options)) {
    fmt::print(stderr, "usage: conversation [--write] [--min-interruption 50..2000]\n");
    return 2;
  }
  const auto results = run_all(options);
  const auto tables = report(results);
  for (const auto& table : tables) {
    fmt::print("{}\n\n", table.title);
    for (const auto& line : table.lines) fmt::print("{}\n", line);
    fmt::print("\n");
  }
  // The document and the promises are about the agent's default.
  if (options.min_interruption != milliseconds(800)) return 0;
  if (options.writes) return write_document(tables, options.commit);
  compare_document(tables);
  return print_checks(check(results));
}
