#include "gemini/live_voices.hpp"

#include "tests/unit/catch.hpp"

namespace tandem::gemini {

TEST_CASE("a voice that Gemini has is passed on, the name of another provider's voice is not") {
  CHECK(known_voice("Kore") == "Kore");
  CHECK(known_voice("Zubenelgenubi") == "Zubenelgenubi");
  CHECK(known_voice("marin").empty());
  CHECK(known_voice("kore").empty());
  CHECK(known_voice("").empty());
}

}  // namespace tandem::gemini
