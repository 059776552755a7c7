#include "tests/fuzz/support/admin_reference.hpp"

// What a client of the admin socket says, and what it is told of that.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tandem;
  const auto text = fuzz::text_of({data, size});
  const auto read = web::read_client_message(text, "rosa");
  const auto* const wrong = std::get_if<web::Misunderstood>(&read);
  fuzz::must(wrong == nullptr || fuzz::is_told(*wrong), "a refusal is one message, with the id");
  if (wrong != nullptr) return 0;
  const auto& message = std::get<web::ClientMessage>(read);
  fuzz::must(fuzz::says_nothing_twice(text), "what is understood reads in one way only");
  fuzz::must(fuzz::is_told(message), "its answer is one message, with the id");
  fuzz::must(fuzz::is_within_bounds(message), "a wish is no larger than promised");
  fuzz::must(fuzz::survives(message), "a wish means the same when written again");
  return 0;
}
