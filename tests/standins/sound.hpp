// Sound as the stand-ins hold it: G.711 µ-law of the telephone side, linear 16-bit of the agent
// side, WAV files, and a resampler for clips (whole clip in, whole clip out; never used on a live
// stream).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::standins {

using Samples = std::vector<std::int16_t>;

constexpr std::uint8_t ulaw_silence = 0xff;

// ITU-T G.711, 16-bit domain: bias 132, clip 32635.
std::int16_t ulaw_decode(std::uint8_t code);
std::uint8_t ulaw_encode(std::int16_t sample);
Samples ulaw_decode(std::span<const std::uint8_t> codes);

double rms(std::span<const std::int16_t> samples);
double dbfs(double rms_value);  // 0 dBFS = rms 32768; -120 for silence

std::string pcm_bytes(std::span<const std::int16_t> samples);  // little endian
Samples pcm_samples(std::string_view bytes);                   // an odd last byte is ignored
// RIFF/WAVE, format 1, 16 bit, one channel, 44-byte header.
std::string wav_file(std::span<const std::int16_t> samples, std::uint32_t rate);

struct Clip {
  std::uint32_t rate = 0;
  Samples samples;
};
// Only what data/make writes: throws BadInput on anything else.
Clip read_wav(std::string_view bytes);

// Windowed sinc, 64 zero crossings, Kaiser-like window: flat to 0.45 of the lower rate, stopband
// below -80 dB.
Samples resample(std::span<const std::int16_t> samples, std::uint32_t from, std::uint32_t to);

Samples tone(double hertz, double level, std::uint32_t rate, int milliseconds);

}  // namespace tandem::standins
