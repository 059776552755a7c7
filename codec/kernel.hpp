// Which machine code runs the hot loops. The binary is built for plain x86-64 and must start on any
// such machine, so each loop exists twice and the choice is made at run time. Not target_clones:
// its resolvers run before the sanitizers are ready, and a test could not reach the version that
// this machine would not choose.
#pragma once

#include <cstdint>

namespace tandem::codec {

enum class Kernel : std::uint8_t { portable, avx2 };

/// True when this machine and its operating system can run it. Asking for another kernel is
/// undefined behaviour.
inline bool can_run(Kernel kernel) noexcept {
  if (kernel == Kernel::portable) return true;
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx2") != 0;
#else
  return false;
#endif
}

/// The fastest kernel of this machine: one load and one branch, cheap enough for every call.
inline Kernel best_kernel() noexcept {
  return can_run(Kernel::avx2) ? Kernel::avx2 : Kernel::portable;
}

}  // namespace tandem::codec
