#include "openai/transcript_order.hpp"

#include <string>
#include <vector>

#include "tests/unit/catch.hpp"

using namespace tandem;
using namespace std::chrono_literals;
using openai::TranscriptOrder;

namespace {

constexpr auto user = core::Speaker::user;
constexpr auto assistant = core::Speaker::assistant;

std::vector<call::VoiceText> take(TranscriptOrder& order) {
  std::vector<call::VoiceEvent> events;
  order.take(events);
  std::vector<call::VoiceText> texts;
  for (const auto& event : events) texts.push_back(std::get<call::VoiceText>(event));
  return texts;
}

std::string said(TranscriptOrder& order) {
  std::string all;
  for (const auto& text : take(order)) all += (all.empty() ? "" : "|") + text.text;
  return all;
}

void let_pass(TranscriptOrder& order, int messages) {
  for (int i = 0; i < messages; ++i) order.count_message();
}

}  // namespace

TEST_CASE("the caller's late words come before the answer to them", "[openai]") {
  TranscriptOrder order;
  order.open("u1", user, "");
  order.open("a1", assistant, "u1");
  order.finish("a1", assistant, "At ten.");
  CHECK(said(order).empty());
  order.finish("u1", user, "When?");
  CHECK(said(order) == "When?|At ten.");
}

TEST_CASE("an item takes the place that the server names, however late it is told", "[openai]") {
  TranscriptOrder order;
  order.open("a1", assistant, "");
  order.open("a2", assistant, "u1");  // before anybody spoke of u1
  order.open("u1", user, "a1");
  order.finish("a2", assistant, "three");
  order.finish("u1", user, "two");
  order.finish("a1", assistant, "one");
  CHECK(said(order) == "one|two|three");
  order.open("a3", assistant, "unknown");
  order.open("u2", user, "a2");  // behind the line that left last
  order.finish("a3", assistant, "five");
  order.finish("u2", user, "four");
  CHECK(said(order) == "four|five");
}

TEST_CASE("words of the caller that never come hold up the answer for two turns at most",
          "[openai]") {
  TranscriptOrder order;
  order.open("u1", user, "");
  order.finish("a1", assistant, "At ten.");
  let_pass(order, openai::lines_wait_max - 1);
  CHECK(said(order).empty());
  let_pass(order, 1);
  CHECK(said(order) == "At ten.");
  order.finish("u1", user, "When?");  // better late than never
  CHECK(said(order) == "When?");
}

TEST_CASE("a line that holds up nothing waits as long as it likes", "[openai]") {
  TranscriptOrder order;
  order.open("u1", user, "");
  for (int i = 0; i < 5; ++i) {
    let_pass(order, openai::lines_wait_max);
    CHECK(said(order).empty());
  }
  order.finish("a1", assistant, "Yes.");
  CHECK(said(order).empty());  // it is held up only from now on
  order.finish("u1", user, "Is it?");
  CHECK(said(order) == "Is it?|Yes.");
}

TEST_CASE("an answer whose end never comes leaves with the words known", "[openai]") {
  TranscriptOrder order;
  order.add("a1", "At ");
  order.add("a1", "ten");
  order.finish("u2", user, "What?");
  CHECK(said(order).empty());
  let_pass(order, openai::lines_wait_max);
  CHECK(said(order) == "At ten|What?");
  order.finish("a1", assistant, "At ten o'clock.");
  CHECK(said(order).empty());
}

TEST_CASE("the last words of an answer replace its pieces, and stand in for missing ones",
          "[openai]") {
  TranscriptOrder order;
  order.add("a1", "At te");
  order.finish("a1", assistant, "At ten.");
  order.finish("a1", assistant, "Never.");
  order.add("a1", "n");
  CHECK(said(order) == "At ten.");
  order.add("a2", "Goodb");
  order.finish("a2", assistant, "");
  CHECK(said(order) == "Goodb");
  order.add("a2", "ye");
  CHECK(said(order).empty());
}

TEST_CASE("nothing said is no line", "[openai]") {
  TranscriptOrder order;
  order.open("u1", user, "");
  order.finish("u1", user, " \n");
  order.finish("a1", assistant, "");
  order.finish("a2", assistant, "Hello?");
  CHECK(said(order) == "Hello?");
}

TEST_CASE("a line of the caller knows when it was said, one of the agent which audio speaks it",
          "[openai]") {
  TranscriptOrder order;
  order.speech_began("u1", 4120ms);
  order.speech_ended("u1", 6280ms);
  order.finish("u1", user, "Yes.");
  order.finish("a1", assistant, "Good.");
  order.finish_typed("t1", "(pressed 1)");
  const auto texts = take(order);
  REQUIRE(texts.size() == 3);
  CHECK(texts[0].begin == 4120ms);
  CHECK(texts[0].end == 6280ms);
  CHECK(texts[0].utterance.empty());
  CHECK(texts[1].utterance == "a1");
  CHECK_FALSE(texts[1].is_typed);
  CHECK(texts[2].is_typed);
  CHECK(texts[2].speaker == user);
}

TEST_CASE("at the end of a session everything known leaves in order", "[openai]") {
  TranscriptOrder order;
  order.open("u1", user, "");
  order.add("a1", "At te");
  order.open("u2", user, "a1");
  order.finish("u2", user, "Stop.");
  order.end();
  CHECK(said(order) == "At te|Stop.");
}

TEST_CASE("a server that opens items without end is not remembered without end", "[openai]") {
  TranscriptOrder order;
  for (int i = 0; i < 1000; ++i) order.open("u" + std::to_string(i), user, "");
  order.end();
  CHECK(take(order).empty());
  for (int i = 0; i < 2000; ++i) order.add("a1", std::string(1000, 'x'));
  order.end();
  CHECK(said(order).size() < 20'000);
}
