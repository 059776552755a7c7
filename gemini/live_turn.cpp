// The model's turn in LiveProvider: audio, words, and where a reply begins and ends. The server
// names no reply and no piece; interruptions come late, twice or for nothing, and the end of a turn
// may come seconds after its sound or never.
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <optional>

#include "codec/audio.hpp"
#include "codec/base64.hpp"
#include "gemini/live_provider.hpp"

namespace tandem::gemini {

namespace {

using namespace std::chrono_literals;

// Gemini takes and sends little-endian samples; so do we, in memory.
static_assert(std::endian::native == std::endian::little);

/// Output this long after a cut belongs to a new turn, whether or not the server ended the old one:
/// late chunks come within milliseconds, and a caller must not lose an answer to a lost message.
constexpr auto late_output_max = 3s;

std::vector<std::int16_t>& scratch() {
  thread_local std::vector<std::int16_t> samples;
  return samples;
}

/// Of "audio/pcm;rate=24000". Nothing when it is no PCM or its rate cannot be used.
std::optional<int> pcm_rate(std::string_view mime_type) {
  if (!mime_type.starts_with("audio/pcm")) return std::nullopt;
  const auto at = mime_type.find("rate=");
  if (at == std::string_view::npos) return live_output_rate_hz;
  const std::string_view digits = mime_type.substr(at + 5);
  int rate = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), rate);
  if (rate < codec::sample_rate_min_hz || rate > codec::sample_rate_max_hz) return std::nullopt;
  return rate;
}

/// A word of the server made safe for logs and labels.
std::string label(std::string_view text) {
  std::string word(text.substr(0, 48));
  for (char& c : word) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if (!(c >= 'a' && c <= 'z')) c = '_';
  }
  return word;
}

void add_defect(std::vector<call::VoiceEvent>& events, std::string_view why) {
  events.emplace_back(call::VoiceDefect{std::string(why)});
}

}  // namespace

void LiveProvider::handle_content(const LiveServerMessage& message, Events& events) {
  const auto at = std::chrono::duration_cast<std::chrono::milliseconds>(sent_);
  if (message.interrupted) interrupted(events);
  take_audio(message, events);
  if (!message.input_text.empty()) transcript_.caller_said(message.input_text, at);
  if (!message.interim_input_text.empty()) transcript_.caller_may_say(message.interim_input_text);
  if (!message.output_text.empty() && output_begins(false)) {
    transcript_.agent_said(message.output_text, utterance_);
  }
  take_words(events);
  if (message.generation_complete) generation_complete(events);
  if (message.turn_complete) turn_complete(message, events);
}

bool LiveProvider::output_begins(bool is_audio) {
  if (paused_) {
    if (turn_ != Turn::cut) cut_turn();
    cut_at_ = sent_;
    return false;
  }
  if (turn_ == Turn::cut) {
    if (sent_ - cut_at_ <= late_output_max) return false;
    turn_ = Turn::none;
  }
  if (turn_ == Turn::speaking || (turn_ == Turn::generated && !is_audio)) return true;
  if (turn_ == Turn::generated) {
    transcript_.agent_goes_on();
  } else {
    transcript_.reply_began();
    turn_has_audio_ = false;
  }
  turn_ = Turn::speaking;
  utterance_ = fmt::format("gemini-{}", ++utterances_);
  next_index_ = 0;
  return true;
}

void LiveProvider::take_audio(const LiveServerMessage& message, Events& events) {
  if (message.audio.empty()) return;
  std::size_t samples = 0;
  for (const LiveAudio& part : message.audio) {
    samples += codec::decoded_size_max(part.data.size()) / 2 + 1;
  }
  auto& all = scratch();
  all.resize(std::max(all.size(), samples));
  std::span<std::int16_t> room(all);
  for (const LiveAudio& part : message.audio) add_audio(part, room, events);
}

void LiveProvider::add_audio(const LiveAudio& part, std::span<std::int16_t>& room, Events& events) {
  const auto rate = pcm_rate(part.mime_type);
  if (!rate) return add_defect(events, "pcm_rate");
  const codec::Base64Decoded decoded = codec::base64_decode(
      part.data, {reinterpret_cast<std::uint8_t*>(room.data()), room.size_bytes()});
  if (!decoded) return add_defect(events, "base64");
  if (decoded.size % sizeof(std::int16_t) != 0) add_defect(events, "pcm_odd_bytes");
  const auto samples = room.first(decoded.size / sizeof(std::int16_t));
  if (samples.empty() || !output_begins(true)) return;
  room = room.subspan(samples.size());
  turn_has_audio_ = true;
  events.emplace_back(call::VoiceAudio{utterance_, next_index_++, samples, *rate});
}

void LiveProvider::interrupted(Events& events) {
  // Before any output it is the other half of a turn that never began: the real answer follows.
  if (turn_ == Turn::none) is_hollow_ = true;
  if (turn_ == Turn::none || turn_ == Turn::cut) return;
  const bool was_audible = turn_has_audio_;
  cut_turn();
  transcript_.take(events);
  if (was_audible) events.emplace_back(call::VoiceInterrupted{});
}

/// A turn ends after its words: words of the caller that came late would else be taken for words
/// spoken over the rest of the reply.
void LiveProvider::take_words(Events& events) {
  transcript_.take(events);
  if (transcript_.is_waiting() || !std::exchange(end_is_due_, false)) return;
  events.emplace_back(call::VoiceTurnEnded{});
}

void LiveProvider::cut_turn() {
  end_is_due_ = false;
  transcript_.agent_cut();
  turn_ = Turn::cut;
  cut_at_ = sent_;
}

void LiveProvider::generation_complete(Events& events) {
  if (turn_ != Turn::speaking) return;
  turn_ = Turn::generated;
  end_is_due_ = true;
  transcript_.agent_finished(std::chrono::duration_cast<std::chrono::milliseconds>(sent_));
  take_words(events);
}

void LiveProvider::turn_complete(const LiveServerMessage& message, Events& events) {
  const std::string_view reason = message.turn_complete_reason;
  const bool waits = message.waiting_for_input || reason == "NEED_MORE_INPUT";
  const Turn was = std::exchange(turn_, Turn::none);
  const bool was_hollow = std::exchange(is_hollow_, false);
  if (was != Turn::cut && !was_hollow) transcript_.turn_over();
  end_is_due_ = end_is_due_ || was == Turn::speaking || (was == Turn::none && waits);
  take_words(events);
  if (waits || reason.empty() || reason == "TURN_COMPLETE_REASON_UNSPECIFIED") return;
  events.emplace_back(
      call::VoiceError{call::VoiceSeverity::warning, "turn_complete", label(reason)});
}

}  // namespace tandem::gemini
