#include "bridge/twilio/rest.hpp"
#include "tests/fuzz/support/http_answer.hpp"

// One answer of the REST API, read as the answer to every request; and its body as a date.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tandem;
  const auto answer = fuzz::answer_of({data, size});
  const auto created = twilio::parse_created(answer);
  const auto fetched = twilio::parse_fetched(answer);
  const auto listed = twilio::parse_listed(answer);
  fuzz::must(created.ok() == fetched.ok(), "a call reads the same, new or old");
  fuzz::must(!created || !created->id.empty(), "a call has an id");
  fuzz::must(!listed || twilio::parse_redirected(answer).ok(), "a listing is a success");
  fuzz::must(twilio::parse_ended(answer).ok() || !created, "so is a created call");
  if (const auto date = twilio::parse_rfc2822(answer.body))
    fuzz::must(core::to_rfc3339(*date).size() == 27, "a year has four digits");
  return 0;
}
