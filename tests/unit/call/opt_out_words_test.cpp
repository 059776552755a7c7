#include "bridge/call/opt_out_words.hpp"

#include <fstream>
#include <string>
#include <vector>

#include "bridge/call/plain_words.hpp"
#include "tests/unit/catch.hpp"

using tandem::call::asks_not_to_be_called;
using tandem::call::plain_words;

namespace {

std::vector<std::string> lines_of(const std::string& name) {
  std::ifstream file(TANDEM_SOURCE_DIR "/tests/data/opt_out/" + name);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) {
    if (!line.empty() && line[0] != '#') lines.push_back(line);
  }
  return lines;
}

void check_all(const std::string& name, std::size_t least, bool is_wish) {
  const auto lines = lines_of(name);
  CHECK(lines.size() >= least);
  for (const auto& line : lines) {
    INFO(line);
    CHECK(asks_not_to_be_called(line) == is_wish);
  }
}

}  // namespace

TEST_CASE("Every wish not to be called again is heard") {
  check_all("wishes.txt", 120, true);
  check_all("unseen_wishes.txt", 40, true);
}

TEST_CASE("No line that only sounds like such a wish is taken for one") {
  check_all("others.txt", 120, false);
  check_all("unseen_others.txt", 40, false);
}

TEST_CASE("Apostrophes, accents, case and punctuation do not hide the wish") {
  for (const std::string apostrophe : {"'", "\u2019", "\u2018", "`", "\u00b4", "\u02bc"})
    CHECK(asks_not_to_be_called("DON" + apostrophe + "T CALL ME AGAIN!!!"));
  CHECK(asks_not_to_be_called("  stop   calling\tme  "));
  CHECK(asks_not_to_be_called("Please \u2014 stop \u2026 stop calling me."));
  CHECK(asks_not_to_be_called("No me llame ma\u0301s."));  // the accent behind its letter
}

TEST_CASE("One sentence of many is enough, and only in its own right") {
  CHECK(asks_not_to_be_called("Hello? Yes, this is she. No. I'm busy. Stop calling me. Goodbye."));
  CHECK_FALSE(asks_not_to_be_called("Stop. Calling me a taxi would be nice."));
}

TEST_CASE("Lines that are no text, or far too long, are no wish") {
  CHECK_FALSE(asks_not_to_be_called(""));
  CHECK_FALSE(asks_not_to_be_called("\xff\xfe\xc3"));
  CHECK_FALSE(asks_not_to_be_called(std::string(100'000, '\xe2')));
  std::string endless;
  while (endless.size() < 100'000) endless += "do not not call ";
  CHECK_FALSE(asks_not_to_be_called(endless));
}

TEST_CASE("Plain words are small letters between blanks") {
  CHECK(plain_words("") == " ");
  CHECK(plain_words("Don\u2019t, M\u00fcller!") == " dont , muller ! ");
  CHECK(plain_words("\u00bfPor qu\u00e9? \u0153uf, stra\u00dfe") == " por que ? oeuf , strasse ");
}
