// Lookup-by-nibble method of W. Mula and D. Lemire, "Faster Base64 Encoding and Decoding Using AVX2
// Instructions" (ACM TWEB 12(3), 2018): characters are classified by their two nibbles, six-bit
// groups packed by multiply-add.
#include "codec/base64_avx2.hpp"

#if defined(__x86_64__)
#include <immintrin.h>

#define TANDEM_AVX2 [[gnu::target("avx2")]]

namespace tandem::codec::detail {
namespace {

TANDEM_AVX2 inline __m256i load(const void* from) noexcept {
  return _mm256_loadu_si256(static_cast<const __m256i*>(from));
}

TANDEM_AVX2 inline __m256i both_lanes(__m128i lane) noexcept {
  return _mm256_broadcastsi128_si256(lane);
}

// Two nibble tables; a character is outside the alphabet when the classes of its nibbles share a
// bit.
TANDEM_AVX2 inline bool all_in_alphabet(__m256i high_nibbles, __m256i characters) noexcept {
  const __m256i low_classes =
      both_lanes(_mm_setr_epi8(0x15, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x13,
                               0x1A, 0x1B, 0x1B, 0x1B, 0x1A));
  const __m256i high_classes =
      both_lanes(_mm_setr_epi8(0x10, 0x10, 0x01, 0x02, 0x04, 0x08, 0x04, 0x08, 0x10, 0x10, 0x10,
                               0x10, 0x10, 0x10, 0x10, 0x10));
  const __m256i low_nibbles = _mm256_and_si256(characters, _mm256_set1_epi8(0x0F));
  return _mm256_testz_si256(_mm256_shuffle_epi8(low_classes, low_nibbles),
                            _mm256_shuffle_epi8(high_classes, high_nibbles)) != 0;
}

// Character to six-bit value: one offset per high nibble; '/' alone differs from its neighbours.
TANDEM_AVX2 inline __m256i to_values(__m256i high_nibbles, __m256i characters) noexcept {
  const __m256i offsets =
      both_lanes(_mm_setr_epi8(0, 16, 19, 4, -65, -65, -71, -71, 0, 0, 0, 0, 0, 0, 0, 0));
  const __m256i is_slash = _mm256_cmpeq_epi8(characters, _mm256_set1_epi8('/'));
  const __m256i row = _mm256_add_epi8(is_slash, high_nibbles);
  return _mm256_add_epi8(characters, _mm256_shuffle_epi8(offsets, row));
}

// 32 six-bit values to 24 bytes at the front of the register.
TANDEM_AVX2 inline __m256i pack(__m256i values) noexcept {
  const __m256i pairs = _mm256_maddubs_epi16(values, _mm256_set1_epi32(0x01400140));
  const __m256i triples = _mm256_madd_epi16(pairs, _mm256_set1_epi32(0x00011000));
  const __m256i in_lanes = _mm256_shuffle_epi8(
      triples, both_lanes(_mm_setr_epi8(2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1)));
  return _mm256_permutevar8x32_epi32(in_lanes, _mm256_setr_epi32(0, 1, 2, 4, 5, 6, 7, 7));
}

// 24 bytes, twelve in each lane, to 32 six-bit values.
TANDEM_AVX2 inline __m256i unpack(__m256i bytes) noexcept {
  const __m256i spread = _mm256_shuffle_epi8(
      bytes, both_lanes(_mm_setr_epi8(1, 0, 2, 1, 4, 3, 5, 4, 7, 6, 8, 7, 10, 9, 11, 10)));
  const __m256i first_and_third = _mm256_mulhi_epu16(
      _mm256_and_si256(spread, _mm256_set1_epi32(0x0FC0FC00)), _mm256_set1_epi32(0x04000040));
  const __m256i second_and_fourth = _mm256_mullo_epi16(
      _mm256_and_si256(spread, _mm256_set1_epi32(0x003F03F0)), _mm256_set1_epi32(0x01000010));
  return _mm256_or_si256(first_and_third, second_and_fourth);
}

// Six-bit value to character. Row 0: 26..51, rows 1..12: the two symbols and the digits, row 13:
// 0..25.
TANDEM_AVX2 inline __m256i to_characters(__m256i values) noexcept {
  const __m256i offsets = both_lanes(_mm_setr_epi8('a' - 26, '0' - 52, '0' - 52, '0' - 52, '0' - 52,
                                                   '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52,
                                                   '0' - 52, '+' - 62, '/' - 63, 'A', 0, 0));
  const __m256i above_letters = _mm256_subs_epu8(values, _mm256_set1_epi8(51));
  const __m256i is_upper = _mm256_cmpgt_epi8(_mm256_set1_epi8(26), values);
  const __m256i row =
      _mm256_or_si256(above_letters, _mm256_and_si256(is_upper, _mm256_set1_epi8(13)));
  return _mm256_add_epi8(values, _mm256_shuffle_epi8(offsets, row));
}

}  // namespace

TANDEM_AVX2 std::size_t base64_decode_avx2(const char* text, std::size_t size, std::uint8_t* out,
                                           std::size_t room) noexcept {
  std::size_t done = 0;
  for (std::size_t written = 0; size - done >= 32 && room - written >= 32; written += 24) {
    const __m256i characters = load(text + done);
    const __m256i high_nibbles =
        _mm256_and_si256(_mm256_srli_epi32(characters, 4), _mm256_set1_epi8(0x0F));
    if (!all_in_alphabet(high_nibbles, characters)) break;
    _mm256_storeu_si256(static_cast<__m256i*>(static_cast<void*>(out + written)),
                        pack(to_values(high_nibbles, characters)));
    done += 32;
  }
  return done;
}

TANDEM_AVX2 std::size_t base64_encode_avx2(const std::uint8_t* bytes, std::size_t size,
                                           char* out) noexcept {
  std::size_t done = 0;
  for (; size - done >= 28; done += 24, out += 32) {
    const auto* low = static_cast<const __m128i*>(static_cast<const void*>(bytes + done));
    const auto* high = static_cast<const __m128i*>(static_cast<const void*>(bytes + done + 12));
    const __m256i block = _mm256_set_m128i(_mm_loadu_si128(high), _mm_loadu_si128(low));
    _mm256_storeu_si256(static_cast<__m256i*>(static_cast<void*>(out)),
                        to_characters(unpack(block)));
  }
  return done;
}

}  // namespace tandem::codec::detail

#else

namespace tandem::codec::detail {

std::size_t base64_decode_avx2(const char*, std::size_t, std::uint8_t*, std::size_t) noexcept {
  return 0;
}
std::size_t base64_encode_avx2(const std::uint8_t*, std::size_t, char*) noexcept { return 0; }

}  // namespace tandem::codec::detail

#endif
