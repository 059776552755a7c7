#include "bridge/command_options.hpp"

#include "tests/unit/catch.hpp"

namespace tandem::test {

namespace {

CommandOptions read(std::vector<std::string> words) {
  std::vector<char*> pointers;
  for (auto& word : words) pointers.push_back(word.data());
  return CommandOptions(pointers, {"--reason"}, {"--dry-run"});
}

}  // namespace

TEST_CASE("options are found wherever they stand, and the other words keep their order") {
  const auto options = read({"add", "--reason", "a letter", "someone", "--dry-run"});
  CHECK(options.is_usable());
  CHECK(options.words() == std::vector<std::string>{"add", "someone"});
  CHECK(options.value("--reason") == "a letter");
  CHECK(options.has("--dry-run"));
  CHECK_FALSE(read({"add"}).has("--dry-run"));
  CHECK(read({"add"}).value("--reason").empty());
}

TEST_CASE("an option that is unknown, incomplete or repeated is not guessed at") {
  CHECK_FALSE(read({"--raeson", "x"}).is_usable());
  CHECK_FALSE(read({"--reason"}).is_usable());
  CHECK_FALSE(read({"--dry-run", "--dry-run"}).is_usable());
  CHECK_FALSE(read({"--reason", "x", "--reason", "y"}).is_usable());
}

}  // namespace tandem::test
