// Which kernels this machine can run: differential tests go through all of them.
#pragma once

#include <vector>

#include "codec/kernel.hpp"

namespace tandem::codec::test {

inline std::vector<Kernel> kernels() {
  std::vector<Kernel> usable{Kernel::portable};
  if (can_run(Kernel::avx2)) usable.push_back(Kernel::avx2);
  return usable;
}

}  // namespace tandem::codec::test
