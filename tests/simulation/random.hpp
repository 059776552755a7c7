// The one source of chance of a simulated run: xoshiro256** (Blackman and Vigna, public domain),
// seeded by splitmix64. Same seed, same run, on every machine; std::random_device and the
// distributions of <random> give no such promise. Not for secrets.
#pragma once

#include <array>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>

namespace tandem::simulation {

class Random {
 public:
  explicit Random(std::uint64_t seed) noexcept {
    for (auto& word : state_) word = splitmix(seed);
  }

  std::uint64_t next() noexcept {
    const auto result = std::rotl(state_[1] * 5, 7) * 9;
    const auto shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = std::rotl(state_[3], 45);
    return result;
  }
  /// Both ends included.
  std::int64_t between(std::int64_t low, std::int64_t high) noexcept {
    return low + static_cast<std::int64_t>(next() % static_cast<std::uint64_t>(high - low + 1));
  }
  template <class Rep, class Period>
  std::chrono::duration<Rep, Period> between(std::chrono::duration<Rep, Period> low,
                                             std::chrono::duration<Rep, Period> high) noexcept {
    return std::chrono::duration<Rep, Period>(
        static_cast<Rep>(between(std::int64_t{low.count()}, std::int64_t{high.count()})));
  }
  /// True with this probability.
  bool chance(double probability) noexcept {
    return static_cast<double>(next() >> 11) * 0x1.0p-53 < probability;
  }
  template <class T, std::size_t N>
  const T& pick(const std::array<T, N>& choices) noexcept {
    return choices[next() % N];
  }
  /// A source of its own, so that one party's draws do not move another's.
  Random split() noexcept { return Random(next()); }

 private:
  static std::uint64_t splitmix(std::uint64_t& seed) noexcept {
    seed += 0x9E3779B97F4A7C15;
    auto z = seed;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    return z ^ (z >> 31);
  }

  std::array<std::uint64_t, 4> state_{};
};

}  // namespace tandem::simulation
