// How loud a frame is, and whether somebody speaks: for the watchdogs ("caller talks, agent hears
// nothing"), for barge-in and for latency stamps. A level meter with a memory, not a voice
// classifier: music counts as speech.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>

namespace tandem::codec {

/// What digital silence reads, and the lowest level ever reported.
inline constexpr float silence_dbfs = -100.0F;

/// RMS level in dBFS as AES17 counts it: a full-scale sine is 0, a full-scale square +3. Empty
/// reads silence_dbfs.
[[nodiscard]] float level_dbfs(std::span<const std::int16_t> samples) noexcept;
[[nodiscard]] float ulaw_level_dbfs(std::span<const std::uint8_t> ulaw) noexcept;

/// Levels in dBFS. The defaults fit telephone speech (-35..-10) over line noise (-70..-45).
struct SpeechParameters {
  float above_floor_db = 10.0F;         ///< speech is this much above the noise floor ...
  float quietest_speech_dbfs = -45.0F;  ///< ... and at least this loud
  float floor_start_dbfs = -60.0F;      ///< noise floor before anything was heard
  float floor_min_dbfs = -70.0F;        ///< digital silence does not make a whisper speech
  float floor_rise_db_per_s = 6.0F;     ///< how fast noise is learnt while nobody speaks
  float floor_rise_in_speech_db_per_s =
      1.5F;                                 ///< a new steady noise ends as "speech" within seconds
  std::chrono::milliseconds attack{60};     ///< more loud than quiet by this: speech has started
  std::chrono::milliseconds hangover{300};  ///< quiet for this long: speech has ended
};

struct SpeechChange {
  enum class Kind : std::uint8_t { started, ended };
  Kind kind;
  /// Media position: `started` the begin of the first loud frame, `ended` the end of the last loud
  /// frame. So it lies `attack` or `hangover` before the moment it is known.
  std::chrono::microseconds position;
};

/// One direction of one call. Feed it every frame in order; nothing is read from a clock. Frames of
/// any length work, 20 ms is what the defaults were chosen for.
class SpeechDetector {
 public:
  SpeechDetector() noexcept : SpeechDetector(SpeechParameters{}) {}
  explicit SpeechDetector(const SpeechParameters& parameters) noexcept;

  /// The next frame (8 kHz mu-law), whose first sample lies at media `position`. Positions must not
  /// go back; a gap counts as neither loud nor quiet. Empty frames change nothing.
  std::optional<SpeechChange> push_ulaw(std::span<const std::uint8_t> ulaw,
                                        std::chrono::microseconds position) noexcept;
  /// The same for linear samples at 8 kHz.
  std::optional<SpeechChange> push(std::span<const std::int16_t> samples,
                                   std::chrono::microseconds position) noexcept;
  /// The same for a level measured elsewhere.
  std::optional<SpeechChange> push_level(float dbfs, std::chrono::microseconds position,
                                         std::chrono::microseconds duration) noexcept;

  [[nodiscard]] bool is_speaking() const noexcept { return speaking_; }
  [[nodiscard]] float level() const noexcept { return level_dbfs_; }  ///< of the last frame
  [[nodiscard]] float noise_floor() const noexcept { return floor_dbfs_; }

 private:
  void adapt_floor(std::chrono::microseconds duration) noexcept;

  SpeechParameters parameters_;
  float level_dbfs_ = silence_dbfs;
  float floor_dbfs_;
  bool speaking_ = false;
  std::chrono::microseconds loud_{
      0};  ///< not speaking: length of the loud run that may become speech
  std::chrono::microseconds quiet_{0};  ///< speaking: length of the quiet run that may end it
  std::chrono::microseconds edge_{0};   ///< begin of that loud run, or end of the last loud frame
};

}  // namespace tandem::codec
