#include "store/spool_format.hpp"

#include "tests/fuzz/support/spool_reference.hpp"

// The bytes as a segment, and as the recipe of a damaged one: what was written and not hit is
// found, nothing else is, and a segment read while it grows reads the same.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tandem;
  fuzz::check(fuzz::scan_of(fuzz::text_of({data, size}), size / 2), size);
  if (size == 0) return 0;
  const fuzz::Segment segment({data, size});
  const auto whole = fuzz::scan_of(segment.whole(), segment.whole().size());
  fuzz::must(whole.frames == segment.written() && whole.damage.empty(), "all is found again");
  const auto scan = fuzz::scan_of(segment.bytes(), segment.bytes().size());
  fuzz::check(scan, segment.bytes().size());
  fuzz::must(segment.wrote_all(scan.frames), "nothing is made up");
  fuzz::must(fuzz::scan_of(segment.bytes(), data[size - 1]) == scan, "growth does not matter");
  return 0;
}
