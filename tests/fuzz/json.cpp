#include "codec/json_text.hpp"

#include "tests/fuzz/support/json_reference.hpp"

// The bytes as text that becomes JSON, and as JSON that somebody sent.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tandem;
  const auto text = fuzz::text_of({data, size});
  const bool is_utf8 = fuzz::is_plain_utf8(text);
  fuzz::must(codec::is_valid_utf8(text) == is_utf8, "what UTF-8 is");
  fuzz::must(fuzz::through_json(text) == text || !is_utf8, "JSON keeps a text");
  fuzz::must(text.empty() || codec::utf8_sequence_length(text) <= size, "a sequence is inside");
  fuzz::must(fuzz::error_offset_agrees(text), "an error is where the parser sees one");
  fuzz::must(fuzz::repair_settles(text), "mending ends and breaks nothing");
  fuzz::must(fuzz::sanitising_settles(text), "so does making text fit for the database");
  return 0;
}
