#include "gemini/analysis.hpp"
#include "tests/fuzz/support/http_answer.hpp"
#include "tests/fuzz/support/verdict_reference.hpp"

// The answer to the booking question, the verdict in it, and the transcript that it is held
// against: the Retry-After field is the transcript too.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tandem;
  const auto answer = fuzz::answer_of({data, size});
  const auto turns = fuzz::turns_of(core::find_header(answer.headers, "Retry-After"));
  fuzz::must(fuzz::fence_holds(turns), "a transcript stays in its fence");
  const auto parsed = gemini::parse_response(answer);
  const auto verdict = gemini::parse_verdict(answer.body);
  if (parsed) fuzz::check(gemini::check_verdict(parsed->verdict, turns), turns);
  if (verdict) fuzz::check(gemini::check_verdict(*verdict, turns), turns);
  if (parsed) return 0;
  const auto delay = gemini::retry_delay(parsed.error(), 3, 0.5);
  fuzz::must(delay.count() >= 0 && delay <= std::chrono::hours(24), "nobody waits for ever");
  return 0;
}
