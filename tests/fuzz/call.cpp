#include "tests/fuzz/support/call_driver.hpp"

// A whole call: bytes and times go in, and the promises of bridge/call hold at every step.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  tandem::fuzz::CallDriver driver({data, size});
  driver.run();
  return 0;
}
