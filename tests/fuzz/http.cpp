#include "bridge/core/http.hpp"

#include "bridge/net/check_request.hpp"
#include "tests/fuzz/support/http_reference.hpp"
#include "tests/fuzz/support/input.hpp"

// The bytes as a URL of ours, and as the header of a request that reaches us.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tandem;
  const auto text = fuzz::text_of({data, size});
  fuzz::must(fuzz::url_survives(text), "a URL means the same when written again");
  const auto scan = net::scan_header(text);
  fuzz::must(scan.bytes <= size && !(scan.is_broken && scan.bytes > 0), "the scan stays inside");
  fuzz::must(net::check_request(text).refusal != 0 || scan.bytes == size, "both see one end");
  const auto header = text.substr(0, scan.bytes);
  fuzz::must(net::check_request(header).refusal != 0 || fuzz::is_unambiguous(header),
             "what is accepted reads in one way only");
  return 0;
}
