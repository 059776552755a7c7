#include "bridge/bridging_clip.hpp"

#include "codec/audio.hpp"
#include "codec/g711.hpp"
#include "codec/resampler.hpp"
#include "codec/wav.hpp"

namespace tandem {

std::optional<std::vector<std::uint8_t>> decode_bridging_clip(std::string_view wav) {
  const auto file =
      codec::parse_wav(std::span(reinterpret_cast<const std::uint8_t*>(wav.data()), wav.size()));
  if (!file) return std::nullopt;
  std::vector<std::int16_t> samples;
  codec::append_mono(file, samples);
  const auto seconds = static_cast<double>(samples.size()) / file.sample_rate_hz;
  auto resampler = codec::Resampler::create(file.sample_rate_hz, codec::phone_rate_hz);
  if (samples.empty() || seconds > bridging_clip_seconds_max || !resampler) return std::nullopt;
  std::vector<std::int16_t> phone;
  resampler->push(samples, phone);
  resampler->flush(phone);
  constexpr auto frame = codec::frame_samples;
  std::vector<std::uint8_t> clip((phone.size() + frame - 1) / frame * frame, codec::ulaw_silence);
  codec::ulaw_encode(phone, clip);
  return clip;
}

}  // namespace tandem
