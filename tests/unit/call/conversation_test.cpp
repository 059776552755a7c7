#include "bridge/call/conversation.hpp"

#include "bridge/core/limits.hpp"
#include "tests/unit/catch.hpp"

namespace tandem::call {

using core::Speaker;

TEST_CASE("text before sound and sound before text end in the same record") {
  Conversation text_first;
  text_first.add(Speaker::assistant, "Hello", "assistant_message", "u1");
  const auto a = text_first.settle({"u1", 1000, 400, true});
  REQUIRE(a);
  Conversation sound_first;
  CHECK_FALSE(sound_first.settle({"u1", 1000, 400, true}));
  sound_first.add(Speaker::assistant, "Hello", "assistant_message", "u1");
  const auto b = sound_first.heard_already("u1");
  REQUIRE(b);
  CHECK(a->seq == b->seq);
  CHECK(a->heard_ms == 400);
  CHECK(b->heard_ms == 400);
  CHECK(a->was_cut);
  CHECK(b->was_cut);
}

TEST_CASE("an utterance that is settled in pieces adds up") {
  Conversation conversation;
  conversation.add(Speaker::assistant, "Hello", "assistant_message", "u1");
  conversation.settle({"u1", 500, 500, false});
  const auto heard = conversation.settle({"u1", 700, 100, true});
  REQUIRE(heard);
  CHECK(heard->audio_ms == 1200);
  CHECK(heard->heard_ms == 600);
}

TEST_CASE("what is retold is what was heard, cut after a whole word") {
  Conversation conversation;
  conversation.add(Speaker::user, "A table for two", "user_message", "");
  conversation.add(Speaker::assistant, "We have one at seven and one at nine", "assistant_message",
                   "u1");
  conversation.settle({"u1", 2000, 1000, true});
  const auto lines = conversation.lines();
  REQUIRE(lines.size() == 2);
  CHECK(lines[0].text == "A table for two");
  CHECK(lines[1].text == "We have one at ...");
}

TEST_CASE("the part of a text that was heard ends with a whole word") {
  CHECK(heard_part("one two three", 1.0) == "one two three");
  CHECK(heard_part("one two three", 1.5) == "one two three");
  CHECK(heard_part("one two three", 0.6) == "one");
  CHECK(heard_part("one two three", 0.7) == "one two");
  CHECK(heard_part("one two three", 0.0).empty());
  CHECK(heard_part("one two three", -1.0).empty());
  CHECK(heard_part("", 0.5).empty());
}

TEST_CASE("an answer of which nothing was heard is not retold") {
  Conversation conversation;
  conversation.add(Speaker::assistant, "Unheard words", "assistant_message", "u1");
  conversation.settle({"u1", 2000, 0, true});
  CHECK(conversation.lines().empty());
}

TEST_CASE("said but never played is known at the end") {
  Conversation conversation;
  conversation.add(Speaker::assistant, "One", "assistant_message", "u1");
  conversation.add(Speaker::assistant, "Two", "assistant_message", "u2");
  conversation.settle({"u1", 10, 10, false});
  const auto missing = conversation.never_heard();
  REQUIRE(missing.size() == 1);
  CHECK(missing[0].seq == 1);
}

TEST_CASE("the person who takes over hears the caller's last words, newest last") {
  Conversation conversation;
  conversation.add(Speaker::user, "I want to complain.", "user_message", "");
  conversation.add(Speaker::assistant, "About what?", "assistant_message", "u1");
  conversation.add(Speaker::user, "The soup.", "user_message", "");
  CHECK(conversation.last_words(100) == "I want to complain. The soup.");
  CHECK(conversation.last_words(12) == "The soup.");
}

TEST_CASE("a long talk is bounded here and numbered on") {
  Conversation conversation;
  for (int i = 0; i < 500; ++i) conversation.add(Speaker::user, "words", "user_message", "");
  CHECK(conversation.entries() == 500);
  CHECK(conversation.lines().size() == limits::history_lines_max);
}

TEST_CASE("the entry that an emotion belongs to is found by utterance, or is the caller's last") {
  Conversation conversation;
  CHECK_FALSE(conversation.seq_of(core::Speaker::user, ""));
  conversation.add(Speaker::user, "hello", "user_message", "");
  conversation.add(core::Speaker::assistant, "good day", "assistant_message", "u-1");
  conversation.settle({"u-2", 100, 100, false});
  CHECK(conversation.seq_of(core::Speaker::user, "") == 0);
  CHECK(conversation.seq_of(core::Speaker::assistant, "u-1") == 1);
  CHECK_FALSE(conversation.seq_of(core::Speaker::assistant, "u-2"));
}

}  // namespace tandem::call
