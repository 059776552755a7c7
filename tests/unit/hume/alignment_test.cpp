#include "hume/alignment.hpp"

#include <string>
#include <utility>
#include <vector>

#include "tests/unit/catch.hpp"

using namespace tandem;
using namespace std::chrono_literals;

namespace {

constexpr auto caller = core::Speaker::user;
constexpr auto agent = core::Speaker::assistant;
const core::WallTime began = std::chrono::sys_days{std::chrono::year{2026} / 11 / 22} + 12h;

/// A conversation, said once: both sides are cut from it.
struct Said {
  core::Speaker speaker;
  int second;
  std::string text;
};

const std::vector<Said> talk = {
    {agent, 0, "Bramble Lane Dental, how can I help?"},
    {caller, 5, "Hi, I'd like to book a check-up."},
    {agent, 9, "Sure. Is Thursday fine?"},
    {caller, 14, "Yes."},
    {agent, 16, "Twenty past ten?"},
    {caller, 20, "Yes."},
    {agent, 23, "Booked. Anything else?"},
    {caller, 27, "No, thanks. Goodbye."},
};

std::vector<hume::HistoryLine> history_of(const std::vector<Said>& lines,
                                          std::chrono::seconds ahead = 0s) {
  std::vector<hume::HistoryLine> history;
  for (const auto& line : lines) {
    history.push_back({.event_id = "event-" + std::to_string(history.size()),
                       .chat_id = "chat-1",
                       .speaker = line.speaker,
                       .text = line.text,
                       .at = began + std::chrono::seconds(line.second) + ahead});
  }
  return history;
}

std::vector<hume::RecordedLine> record_of(const std::vector<Said>& lines) {
  std::vector<hume::RecordedLine> record;
  for (const auto& line : lines) {
    const std::chrono::seconds offset(line.second);
    record.push_back({line.speaker, line.text, began + offset, offset});
  }
  return record;
}

hume::CallFacts facts() { return {.began = began, .ended = began + 32s}; }

std::vector<Said> without(std::vector<Said> lines, std::size_t index) {
  lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(index));
  return lines;
}

hume::Comparison compared(const std::vector<hume::HistoryLine>& history,
                          const std::vector<hume::RecordedLine>& record,
                          const hume::CallFacts& call = facts()) {
  const auto comparison = hume::compare(history, record, call);
  REQUIRE(comparison);
  return *comparison;
}

}  // namespace

TEST_CASE("words are the same whatever their case, punctuation and quotation marks", "[hume]") {
  CHECK(hume::spoken_words("Hi, I'd like  to book!") == "hi id like to book");
  CHECK(hume::spoken_words("hi \xe2\x80\x94 I\xe2\x80\x99"
                           "d like to \xe2\x80\x9c"
                           "book\xe2\x80\x9d\n") == "hi id like to book");
  CHECK(hume::spoken_words("Zw\xc3\xb6lf Uhr") == "zw\xc3\xb6lf uhr");
  CHECK(hume::spoken_words("...") == "...");
  CHECK(hume::spoken_words("").empty());
  CHECK(hume::spoken_words("cut \xe2\x80") == "cut \xe2\x80");
}

TEST_CASE("a history that says what the record says is a match, whatever Hume's clock", "[hume]") {
  for (const auto ahead : {0s, 90s, -3600s, 31'536'000s}) {
    const auto comparison = compared(history_of(talk, ahead), record_of(talk));
    CHECK(comparison.matched.size() == talk.size());
    CHECK(comparison.missing.empty());
    CHECK(comparison.late.empty());
    CHECK(comparison.extra == 0);
    CHECK(comparison.withheld == 0);
  }
}

TEST_CASE("any one line that the record lacks is found, and placed where it was said", "[hume]") {
  for (std::size_t lost = 0; lost < talk.size(); ++lost) {
    for (const auto ahead : {0s, 45s, -45s}) {
      INFO(lost << " lost, clock ahead by " << ahead.count());
      const auto comparison = compared(history_of(talk, ahead), record_of(without(talk, lost)));
      CHECK(comparison.extra == 0);
      REQUIRE(comparison.missing.size() == 1);
      const auto& missing = comparison.missing.front();
      CHECK(missing.line == lost);
      CHECK(missing.at == began + std::chrono::seconds(talk[lost].second));
      CHECK(missing.offset == std::chrono::seconds(talk[lost].second));
    }
  }
}

TEST_CASE("a line that the history lacks is extra", "[hume]") {
  for (std::size_t lost = 0; lost < talk.size(); ++lost) {
    const auto comparison = compared(history_of(without(talk, lost)), record_of(talk));
    CHECK(comparison.extra == 1);
    CHECK(comparison.missing.empty());
    CHECK(comparison.matched.size() == talk.size() - 1);
  }
}

TEST_CASE("the two speakers may be ordered differently where they talk at once", "[hume]") {
  auto history = history_of(talk);
  std::swap(history[2], history[3]);
  const auto comparison = compared(history, record_of(talk));
  CHECK(comparison.missing.empty());
  CHECK(comparison.extra == 0);
}

TEST_CASE("the same words of the other speaker are no match", "[hume]") {
  auto record = talk;
  record[3].speaker = agent;
  const auto comparison = compared(history_of(talk), record_of(record));
  CHECK(comparison.missing.size() == 1);
  CHECK(comparison.extra == 1);
}

TEST_CASE("one side may have in two lines what the other has in one", "[hume]") {
  auto split = talk;
  split[1].text = "Hi, I'd like";
  split.insert(split.begin() + 2, {caller, 7, "to book a check-up."});
  CHECK(compared(history_of(split), record_of(talk)).missing.empty());
  CHECK(compared(history_of(split), record_of(talk)).extra == 0);
  CHECK(compared(history_of(talk), record_of(split)).missing.empty());
  CHECK(compared(history_of(talk), record_of(split)).extra == 0);
}

TEST_CASE("a record that lost everything is filled whole, in order", "[hume]") {
  const auto comparison = compared(history_of(talk), {});
  REQUIRE(comparison.missing.size() == talk.size());
  for (std::size_t i = 0; i < talk.size(); ++i) {
    CHECK(comparison.missing[i].line == i);
    CHECK(comparison.missing[i].offset == std::chrono::seconds(talk[i].second));
  }
}

TEST_CASE("places never run backwards, and never before the call", "[hume]") {
  auto history = history_of(talk);
  history[2].at = began - 3h;        // nonsense
  history[4].at = core::WallTime{};  // none
  const auto comparison = compared(history, record_of(without(without(talk, 4), 2)));
  REQUIRE(comparison.missing.size() == 2);
  CHECK(comparison.missing[0].at == began + 5s);
  CHECK(comparison.missing[0].offset == 5s);
  CHECK(comparison.missing[1].at == began + 14s);
  CHECK(comparison.missing[1].offset == 14s);
}

TEST_CASE("words of the caller that Hume knew only after the end are kept, and nobody's loss",
          "[hume]") {
  auto said = talk;
  said.push_back({caller, 31, "and one more thing"});
  said.push_back({agent, 33, "Yes, what is it?"});
  const auto comparison = compared(history_of(said, 20s), record_of(talk));
  CHECK(comparison.missing.empty());
  REQUIRE(comparison.late.size() == 1);
  CHECK(comparison.late.front().line == talk.size());
  CHECK(comparison.late.front().offset == 31s);
  CHECK(comparison.withheld == 1);  // nobody was there to hear it
}

TEST_CASE("a second greeting that was not played is not missed; one without a resume is",
          "[hume]") {
  auto said = talk;
  said.insert(said.begin() + 4, {agent, 15, "Hello again, how can I help?"});
  auto history = history_of(said);
  for (std::size_t i = 4; i < history.size(); ++i) history[i].chat_id = "chat-2";
  auto call = facts();
  call.greetings_withheld = 1;
  CHECK(compared(history, record_of(talk), call).withheld == 1);
  CHECK(compared(history, record_of(talk), call).missing.empty());
  CHECK(compared(history, record_of(talk)).missing.size() == 1);
}

TEST_CASE("our own question after an answer is nobody's words", "[hume]") {
  auto said = talk;
  said.insert(said.begin() + 4, {caller, 15, "(The caller is still waiting for your answer.)"});
  const auto comparison = compared(history_of(said), record_of(talk));
  CHECK(comparison.missing.empty());
  CHECK(comparison.matched.size() == talk.size());
}

TEST_CASE("more lines than can be compared are not compared", "[hume]") {
  const std::vector<Said> many(2500, {caller, 1, "Yes."});
  CHECK_FALSE(hume::compare(history_of(many), record_of(many), facts()));
}
