#include "codec/g711.hpp"

#include <array>
#include <cstddef>

namespace tandem::codec {
namespace {

constexpr auto decode_table = [] {
  std::array<std::int16_t, 256> table{};
  for (std::size_t byte = 0; byte < table.size(); ++byte) {
    table[byte] = ulaw_decode(static_cast<std::uint8_t>(byte));
  }
  return table;
}();

// Inlined into each kernel, so that each is compiled for its own instruction set.
[[gnu::always_inline]] inline void encode_loop(const std::int16_t* __restrict in,
                                               std::uint8_t* __restrict out, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) out[i] = ulaw_encode(in[i]);
}

#if defined(__x86_64__)
[[gnu::target("avx2")]] void encode_avx2(const std::int16_t* in, std::uint8_t* out,
                                         std::size_t count) {
  encode_loop(in, out, count);
}
#endif

}  // namespace

void ulaw_encode(std::span<const std::int16_t> samples, std::span<std::uint8_t> bytes,
                 Kernel kernel) noexcept {
#if defined(__x86_64__)
  if (kernel == Kernel::avx2) return encode_avx2(samples.data(), bytes.data(), samples.size());
#endif
  static_cast<void>(kernel);
  encode_loop(samples.data(), bytes.data(), samples.size());
}

void ulaw_decode(std::span<const std::uint8_t> bytes, std::span<std::int16_t> samples) noexcept {
  for (std::size_t i = 0; i < bytes.size(); ++i) samples[i] = decode_table[bytes[i]];
}

}  // namespace tandem::codec
