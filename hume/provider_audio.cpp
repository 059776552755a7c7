// The media path of EviProvider: both directions of audio, and the messages that make the agent
// speak or be quiet.
#include <algorithm>
#include <array>
#include <bit>

#include "codec/base64.hpp"
#include "codec/g711.hpp"
#include "codec/wav.hpp"
#include "hume/provider.hpp"

namespace tandem::hume {

namespace {

// EVI takes and sends little-endian samples; so do we, in memory.
static_assert(std::endian::native == std::endian::little);

/// One per thread, not per call: a call needs it only within one decode().
struct Scratch {
  std::vector<std::uint8_t> file;
  std::vector<std::int16_t> samples;
};

Scratch& scratch() {
  thread_local Scratch buffers;
  return buffers;
}

void add_defect(std::vector<call::VoiceEvent>& events, std::string why) {
  events.emplace_back(call::VoiceDefect{std::move(why)});
}

}  // namespace

EviProvider::Utterance& EviProvider::utterance_of(std::string_view id) {
  for (Utterance& known : utterances_) {
    if (known.id == id) return known;
  }
  Utterance& replaced = utterances_[next_utterance_];
  next_utterance_ = (next_utterance_ + 1) % utterances_.size();
  replaced.id = id;
  replaced.next_index = 0;
  return replaced;
}

void EviProvider::handle(const AudioOutput& message, Events& events) {
  Utterance& utterance = utterance_of(message.id);
  // One socket keeps the order, so a surprise here is an anomaly to count; waiting for what is
  // missing helps nobody.
  if (message.index != utterance.next_index) add_defect(events, "index_gap");
  // Whatever the server counts by: past the last number comes the first.
  utterance.next_index = static_cast<std::int64_t>(static_cast<std::uint64_t>(message.index) + 1);

  auto& [file, samples] = scratch();
  file.resize(std::max(file.size(), codec::decoded_size_max(message.data.size())));
  const codec::Base64Decoded decoded = codec::base64_decode(message.data, file);
  if (!decoded) return add_defect(events, "base64");
  const codec::Wav wav = codec::parse_wav(std::span(file).first(decoded.size));
  if (!wav) return add_defect(events, "wav_" + std::string(codec::to_string(wav.error)));
  samples.clear();
  codec::append_mono(wav, samples);
  if (samples.empty()) return add_defect(events, "wav_empty");
  events.emplace_back(call::VoiceAudio{utterance.id, message.index, samples, wav.sample_rate_hz});
}

void EviProvider::encode_audio(std::span<const std::uint8_t> ulaw, std::string& out) {
  // A multiple of three samples, so that only the last slice of base64 is padded.
  std::array<std::int16_t, 480> samples;
  if (ulaw.empty()) return;
  out += audio_input_head;
  while (!ulaw.empty()) {
    const auto slice = ulaw.first(std::min(ulaw.size(), samples.size()));
    codec::ulaw_decode(slice, samples);
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(samples.data());
    codec::base64_encode({bytes, slice.size() * sizeof(std::int16_t)}, out);
    ulaw = ulaw.subspan(slice.size());
  }
  out += audio_input_tail;
}

void EviProvider::encode_say(std::string_view text, std::string& out) {
  encode(AssistantInput{.text = text}, out);
}

void EviProvider::encode_context(std::string_view text, std::string& out) {
  add_context(text);
  SessionSettings settings;
  settings.context = ContextSetting{context_, "persistent"};
  encode(settings, out);
}

void EviProvider::encode_text(std::string_view text, std::string& out) {
  encode(UserInput{.text = text}, out);
}

void EviProvider::encode_pause(bool paused, std::string& out) {
  if (paused) {
    encode(PauseAssistant{}, out);
  } else {
    encode(ResumeAssistant{}, out);
  }
}

void EviProvider::encode_tool_result(const call::VoiceToolCall& call, bool ok,
                                     std::string_view content, std::string& out) {
  if (ok) {
    encode(ToolResponse{.tool_call_id = call.id,
                        .content = std::string(content),
                        .tool_name = call.name,
                        .tool_type = "function"},
           out);
  } else {
    encode(ToolError{.tool_call_id = call.id,
                     .error = "tool failed",
                     .code = {},
                     .content = std::string(content),
                     .level = "warn",
                     .tool_type = "function"},
           out);
  }
}

}  // namespace tandem::hume
