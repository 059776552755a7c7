// The media path of RealtimeProvider: both directions of audio, which format it really is, and how
// much of the agent's words the caller heard.
#include <algorithm>
#include <bit>
#include <cstring>

#include "codec/audio.hpp"
#include "codec/base64.hpp"
#include "codec/g711.hpp"
#include "openai/realtime_provider.hpp"

namespace tandem::openai {

namespace {

// PCM of the Realtime API is little-endian; so are our samples, in memory.
static_assert(std::endian::native == std::endian::little);

constexpr std::string_view ulaw_name = "audio/pcmu";
constexpr std::string_view pcm_name = "audio/pcm";

/// One per thread, not per call: a call needs it only within one message.
struct Scratch {
  std::vector<std::uint8_t> bytes;
  std::vector<std::int16_t> samples;
};

Scratch& scratch() {
  thread_local Scratch buffers;
  return buffers;
}

std::chrono::microseconds length_of(std::size_t samples, AudioFormat format) {
  const int rate = format == AudioFormat::ulaw_8k ? codec::phone_rate_hz : pcm_rate_hz;
  return std::chrono::duration_cast<std::chrono::microseconds>(codec::duration_of(samples, rate));
}

/// Whole samples of `bytes`, of which the first and last may be halves.
void pcm_samples(std::span<const std::uint8_t> bytes, std::optional<std::uint8_t>& odd_byte,
                 std::vector<std::int16_t>& samples) {
  samples.clear();
  if (odd_byte && !bytes.empty()) {
    samples.push_back(static_cast<std::int16_t>(*odd_byte | bytes[0] << 8));
    bytes = bytes.subspan(1);
    odd_byte.reset();
  }
  const std::size_t whole = bytes.size() / 2;
  const std::size_t first = samples.size();
  samples.resize(first + whole);
  if (whole > 0) std::memcpy(samples.data() + first, bytes.data(), whole * 2);
  if (bytes.size() % 2 != 0) odd_byte = bytes.back();
}

}  // namespace

RealtimeProvider::Utterance& RealtimeProvider::utterance_of(std::string_view id) {
  for (Utterance& known : utterances_) {
    if (known.id == id) return known;
  }
  Utterance& replaced = utterances_[next_utterance_];
  next_utterance_ = (next_utterance_ + 1) % utterances_.size();
  replaced = {.id = std::string(id)};
  return replaced;
}

void RealtimeProvider::handle(const AudioDelta& message, Events& events) {
  auto& [buffer, samples] = scratch();
  buffer.resize(std::max(buffer.size(), codec::decoded_size_max(message.data.size())));
  const codec::Base64Decoded decoded = codec::base64_decode(message.data, buffer);
  if (!decoded) {
    events.emplace_back(call::VoiceDefect{"base64"});
    return;
  }
  last_error_ = nullptr;  // the talk goes on: an error before does not explain a later close
  Response& response = response_of(message.response_id);
  Utterance& utterance = utterance_of(message.item_id);
  response.audio_bytes += static_cast<std::int64_t>(decoded.size);
  if (response.is_void || utterance.is_void || decoded.size == 0) return;
  const auto bytes = std::span<const std::uint8_t>(buffer).first(decoded.size);
  check_sound(bytes, events);
  const bool is_ulaw = formats_.output == AudioFormat::ulaw_8k;
  if (is_ulaw) {
    samples.resize(bytes.size());
    codec::ulaw_decode(bytes, samples);
  } else {
    pcm_samples(bytes, utterance.odd_byte, samples);
  }
  if (samples.empty()) return;
  response.has_spoken = true;
  has_words_out_ = true;
  plays_until_ = std::max(plays_until_, sent_) + length_of(samples.size(), formats_.output);
  utterance.content_index = message.content_index;
  utterance.samples += samples.size();
  events.emplace_back(call::VoiceAudio{utterance.id, utterance.next_index++, samples,
                                       is_ulaw ? codec::phone_rate_hz : pcm_rate_hz});
}

void RealtimeProvider::fall_back(Events& events) {
  if (std::exchange(formats_.is_fallback_told, true)) return;
  events.emplace_back(call::VoiceDefect{"pcm_fallback"});
}

void RealtimeProvider::check_formats(const SessionUpdated& message, Events& events) {
  const auto known = [](std::string_view format) {
    return format.empty() || format == ulaw_name || format == pcm_name;
  };
  if (!known(message.input_format) || !known(message.output_format)) {
    events.emplace_back(
        call::VoiceError{call::VoiceSeverity::fatal, "audio_format", "audio_format"});
    return;
  }
  if (message.input_format == pcm_name && formats_.input != AudioFormat::pcm16_24k) {
    formats_.input = AudioFormat::pcm16_24k;
    fall_back(events);
  }
  if (message.output_format == pcm_name && formats_.output != AudioFormat::pcm16_24k) {
    formats_.output = AudioFormat::pcm16_24k;
    formats_.is_output_proved = true;
    fall_back(events);
  }
}

void RealtimeProvider::check_sound(std::span<const std::uint8_t> bytes, Events& events) {
  if (formats_.is_output_proved) return;
  const auto heard = sounds_like(bytes);
  if (!heard) return;
  formats_.is_output_proved = true;
  formats_.output = *heard;
  if (*heard == AudioFormat::pcm16_24k) fall_back(events);
}

/// The last word: what a whole answer weighed. Sound can mislead, or tell nothing.
void RealtimeProvider::check_rate(const Response& response, const ResponseDone& message,
                                  Events& events) {
  const auto told = format_by_rate(response.audio_bytes, message.usage.output_audio);
  if (!told) return;
  formats_.is_output_proved = true;
  if (*told == formats_.output) return;
  formats_.output = *told;
  if (*told == AudioFormat::pcm16_24k) fall_back(events);
}

void RealtimeProvider::encode_audio(std::span<const std::uint8_t> ulaw, std::string& out) {
  if (ulaw.empty()) return;
  sent_ += codec::duration_of(ulaw.size());
  out += append_head;
  if (formats_.input == AudioFormat::ulaw_8k) {
    codec::base64_encode(ulaw, out);
  } else {
    append_pcm(ulaw, out);
  }
  out += append_tail;
}

/// Three samples for one, on straight lines: a server that listens to telephones does not mind what
/// that leaves above 4 kHz, and no frame waits for the next as in a filter.
void RealtimeProvider::append_pcm(std::span<const std::uint8_t> ulaw, std::string& out) {
  constexpr std::size_t steps = pcm_rate_hz / codec::phone_rate_hz;
  // A multiple of three bytes, so that only the last slice of base64 is padded.
  std::array<std::int16_t, codec::frame_samples * steps> samples;
  while (!ulaw.empty()) {
    const auto slice = ulaw.first(std::min(ulaw.size(), codec::frame_samples));
    auto* next = samples.data();
    for (const std::uint8_t byte : slice) {
      const std::int32_t from = last_sample_;
      last_sample_ = codec::ulaw_decode(byte);
      const std::int32_t rise = last_sample_ - from;
      for (std::int32_t step = 1; step <= static_cast<std::int32_t>(steps); ++step)
        *next++ = static_cast<std::int16_t>(from + rise * step / static_cast<std::int32_t>(steps));
    }
    codec::base64_encode({reinterpret_cast<const std::uint8_t*>(samples.data()),
                          slice.size() * steps * sizeof(std::int16_t)},
                         out);
    ulaw = ulaw.subspan(slice.size());
  }
}

void RealtimeProvider::encode_heard(std::string_view utterance, std::chrono::milliseconds heard,
                                    std::chrono::milliseconds length, std::string& out) {
  const auto known = std::find_if(utterances_.begin(), utterances_.end(),
                                  [&](const Utterance& u) { return u.id == utterance; });
  if (utterance.empty() || known == utterances_.end() || known->is_void) return;
  const auto received =
      std::chrono::floor<std::chrono::milliseconds>(length_of(known->samples, formats_.output));
  // All of it was heard: a truncation would only make the server forget the words.
  if (heard >= std::min(length, received)) return;
  known->is_void = true;
  if (heard.count() <= 0) {
    encode(DeleteItem{utterance}, out);
  } else {
    encode(TruncateItem{utterance, known->content_index, heard}, out);
  }
}

}  // namespace tandem::openai
