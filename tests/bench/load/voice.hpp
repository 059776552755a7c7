// The load generator's EVI: accepts the bridge's TLS WebSocket, says that the session is ready,
// and speaks one endless utterance in WAV chunks at real time. Source: Hume "EVI: chat".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "tests/bench/wire/connection.hpp"

namespace tandem::bench {

/// The first chunk is longer, so that the caller never hears a hole: what follows arrives with
/// 40 ms still unplayed, far below the bridge's lead, and leaves at once.
inline constexpr int first_chunk_frames = 7;
inline constexpr int chunk_frames = 5;
inline constexpr int chunk_period_ms = 100;
inline constexpr int ulaw_frame_bytes = 160;

/// Where chunk `index` begins in the mu-law stream that the caller gets.
constexpr std::int64_t first_byte_of_chunk(std::int64_t index) noexcept {
  if (index == 0) return 0;
  return (first_chunk_frames + (index - 1) * chunk_frames) * ulaw_frame_bytes;
}

/// What the bridge sent.
enum class VoiceInput : std::uint8_t {
  caller_audio,
  silence,  ///< invented by the bridge while the caller sent nothing
  other,
};
/// `message` needs only its first 64 bytes.
VoiceInput classify(std::string_view message) noexcept;
inline constexpr std::size_t classify_bytes = 64;

/// One session. Texts of the dialogue go beside the audio, as they do in a talk.
class VoiceLeg {
 public:
  /// Waits for the handshakes and answers them; the bridge has been rung.
  VoiceLeg(const Listener& listener, SSL_CTX& tls, int number);

  [[nodiscard]] Connection& connection() noexcept { return connection_; }
  /// False when the bridge has gone.
  bool send_chunk();
  bool send_end_of_turn();
  [[nodiscard]] std::int64_t chunks_sent() const noexcept { return index_; }

 private:
  bool send(std::string_view message);

  Connection connection_;
  std::string message_id_;
  std::string message_;
  std::string frame_;
  std::int64_t index_ = 0;
};

}  // namespace tandem::bench
