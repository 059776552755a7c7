#include "openai/response_queue.hpp"

#include <string>

#include "tests/unit/catch.hpp"

using tandem::openai::ResponseQueue;

namespace {

void want(ResponseQueue& queue, const std::string& id, const std::string& after = "") {
  queue.want({id, "create " + id, after});
}

std::string next(ResponseQueue& queue) { return queue.next().value_or(""); }

}  // namespace

TEST_CASE("never is a second answer asked for while one is under way", "[openai]") {
  ResponseQueue queue;
  want(queue, "e1");
  want(queue, "e2");
  CHECK(next(queue) == "create e1");
  CHECK(queue.is_busy());
  CHECK(next(queue).empty());  // asked, not confirmed
  queue.created("r1", "e1");
  CHECK(next(queue).empty());
  queue.done("another");
  CHECK(next(queue).empty());
  queue.done("r1");
  CHECK(next(queue) == "create e2");
}

TEST_CASE("an answer to an item waits until the server has the item", "[openai]") {
  ResponseQueue queue;
  want(queue, "e1", "item_1");
  CHECK(next(queue).empty());
  queue.item_arrived("item_2");
  CHECK(next(queue).empty());
  queue.item_arrived("item_1");
  CHECK(next(queue) == "create e1");
}

TEST_CASE("what waits for an item holds up nothing else", "[openai]") {
  ResponseQueue queue;
  want(queue, "e1", "item_1");
  want(queue, "e2");
  CHECK(next(queue) == "create e2");
}

TEST_CASE("the server's own answer serves the items it knew, and only these", "[openai]") {
  ResponseQueue queue;
  want(queue, "e1", "item_1");
  queue.item_arrived("item_1");
  queue.created("r1", "");
  queue.done("r1");
  CHECK(next(queue).empty());
  want(queue, "e2", "item_2");
  queue.created("r2", "");
  queue.item_arrived("item_2");
  CHECK(next(queue).empty());
  queue.done("r2");
  CHECK(next(queue) == "create e2");
}

TEST_CASE("one answer serves several items", "[openai]") {
  ResponseQueue queue;
  want(queue, "e1", "item_1");
  want(queue, "e2", "item_2");
  queue.item_arrived("item_1");
  CHECK(next(queue).empty());
  queue.item_arrived("item_2");
  CHECK(next(queue) == "create e2");
  queue.created("r1", "e2");
  queue.done("r1");
  CHECK(next(queue).empty());
}

TEST_CASE("an answer lost in the race with the server's own is asked for again", "[openai]") {
  ResponseQueue queue;
  want(queue, "e1");
  CHECK(next(queue) == "create e1");
  queue.created("r1", "");
  queue.refused("e1", true);
  CHECK(next(queue).empty());
  queue.done("r1");
  CHECK(next(queue) == "create e1");
  queue.refused("e1", false);
  CHECK_FALSE(queue.is_busy());
  CHECK(next(queue).empty());
}

TEST_CASE("an answer that the server's own made superfluous is not asked for again", "[openai]") {
  ResponseQueue queue;
  want(queue, "e1", "item_1");
  queue.item_arrived("item_1");
  CHECK(next(queue) == "create e1");
  queue.created("r1", "");  // made after it had the item
  queue.refused("e1", true);
  queue.done("r1");
  CHECK(next(queue).empty());
}

TEST_CASE("a refusal without a name does not block the answers after it", "[openai]") {
  ResponseQueue queue;
  want(queue, "e1");
  CHECK(next(queue) == "create e1");
  queue.created("r1", "");
  queue.refused("", true);
  queue.done("r1");
  want(queue, "e2");
  CHECK(next(queue) == "create e2");
}

TEST_CASE("an item that was refused is not answered", "[openai]") {
  ResponseQueue queue;
  want(queue, "e1", "item_1");
  queue.refused("item_1", false);
  queue.item_arrived("item_1");
  CHECK(next(queue).empty());
}

TEST_CASE("while answers are held, only what was asked for in so many words is said", "[openai]") {
  ResponseQueue queue;
  queue.hold_answers(true);
  want(queue, "e1", "item_1");
  queue.item_arrived("item_1");
  CHECK(next(queue).empty());
  want(queue, "e2");
  CHECK(next(queue) == "create e2");
  queue.created("r1", "e2");
  queue.done("r1");
  queue.hold_answers(false);
  CHECK(next(queue) == "create e1");
}

TEST_CASE("an answer that failed can be asked for once more, if it was asked for", "[openai]") {
  ResponseQueue queue;
  want(queue, "e1");
  next(queue);
  queue.created("r1", "e1");
  CHECK_FALSE(queue.repeat("r0"));
  CHECK(queue.repeat("r1"));
  CHECK_FALSE(queue.repeat("r1"));
  queue.done("r1");
  CHECK(next(queue) == "create e1");
  queue.created("r2", "");
  CHECK_FALSE(queue.repeat("r2"));
}

TEST_CASE("a response that ends without having begun frees nothing that is not free", "[openai]") {
  ResponseQueue queue;
  queue.done("r0");
  want(queue, "e1");
  CHECK(next(queue) == "create e1");
  queue.done("r0");
  CHECK(queue.is_busy());
  queue.created("r1", "e1");
  CHECK(queue.active() == "r1");
}

TEST_CASE("wishes that cannot be granted do not pile up", "[openai]") {
  ResponseQueue queue;
  queue.created("r1", "");
  for (int i = 0; i < 100; ++i) want(queue, "e" + std::to_string(i));
  queue.done("r1");
  int granted = 0;
  while (queue.next()) {
    ++granted;
    queue.created("r", "e" + std::to_string(91 + granted));
    queue.done("r");
  }
  CHECK(granted == 8);
}
