// Playout: agent audio on its way to the caller.
//
// Resamples what the voice provider sends, keeps it as mu-law, hands it to the carrier a little
// ahead of the time it is heard (the lead), asks for marks, and knows at every moment how much of
// each utterance the caller has heard. The playback clock is the truth; marks only correct it
// (lost, doubled or late marks change statistics, not state). It does not encode or send;
// bridge/call/call.cpp pulls.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "bridge/call/voice.hpp"
#include "bridge/core/types.hpp"
#include "codec/resampler.hpp"

namespace tandem::call {

struct PlayoutSettings {
  /// Audio that may wait at the carrier. More: safer against our own stalls. Less: quicker
  /// barge-in.
  std::chrono::milliseconds lead{200};
  /// What one carrier message should hold; less is sent when the lead runs low.
  std::chrono::milliseconds message{60};
  std::chrono::milliseconds message_max{100};
  std::chrono::milliseconds mark_every{500};
};

/// How much of one utterance was heard, said once per utterance.
struct Heard {
  std::string utterance;
  std::int32_t audio_ms = 0;
  std::int32_t heard_ms = 0;
  bool was_cut = false;
};

class Playout {
 public:
  struct Media {
    std::span<const std::uint8_t> ulaw;  ///< whole frames; lives until the next call of this object
    core::TimePoint due;       ///< when it could have been sent: it arrived, or the lead ran low
    core::TimePoint plays_at;  ///< when the carrier will begin to play it
  };
  struct Mark {
    std::string name;
  };
  using Piece = std::variant<Media, Mark>;

  struct Counts {
    std::int64_t samples_received = 0;  ///< at 8 kHz, of utterances that were not fenced
    std::int64_t samples_sent = 0;      ///< without padding
    std::int64_t samples_cut = 0;       ///< received but never sent
    std::int64_t late_samples = 0;      ///< of fenced utterances, at 8 kHz, never accepted
    std::int64_t underruns = 0;         ///< the caller heard a hole inside an utterance
    std::int64_t marks_unknown = 0;
    std::int64_t marks_lost = 0;  ///< never echoed (T29)
  };

  explicit Playout(PlayoutSettings settings) : settings_(settings) {}

  /// The carrier can take audio from now on.
  void open(core::TimePoint now) noexcept {
    is_open_ = true;
    opened_ = now;
  }

  /// The carrier's stream is gone: nothing leaves until open().
  void suspend() noexcept { is_open_ = false; }

  /// Takes a piece of agent speech. False when it was refused: its utterance is fenced, or its rate
  /// is impossible.
  bool push(const VoiceAudio& audio, core::TimePoint now);
  /// The agent's turn has been generated completely: the last samples leave the resampler.
  void end_turn(core::TimePoint now);

  /// Takes mu-law of our own ("one moment, please") as one whole utterance behind what waits.
  void push_own(std::string_view utterance, std::span<const std::uint8_t> ulaw,
                core::TimePoint now);

  /// Barge-in, first stage, and a stream that broke: nothing leaves until release(), and what the
  /// caller has not heard yet waits here again, from the frame that is due next. The carrier must
  /// be told to clear. False when nothing is left to hold.
  bool hold(core::TimePoint now);
  /// Goes on from the held frame.
  void release(core::TimePoint now) noexcept;
  [[nodiscard]] bool is_held() const noexcept { return is_held_; }

  /// The next thing to send now, or nothing. Call until empty.
  std::optional<Piece> pull(core::TimePoint now);
  /// When pull() or advance() has something to do next.
  [[nodiscard]] std::optional<core::TimePoint> deadline() const noexcept;
  /// Finishes utterances whose provider fell silent, and those that have been heard to their end.
  void advance(core::TimePoint now, std::vector<Heard>& heard);

  /// The carrier echoed a mark. Answers how much later than by our clock its audio was over (below
  /// 0: sooner); nothing for a mark that is not waited for.
  std::optional<core::Duration> mark_echoed(std::string_view name, core::TimePoint now);

  /// Barge-in: everything unplayed is dropped here, and must be dropped at the carrier by its clear
  /// command. Late audio of the utterances known now is refused from here on.
  void clear(core::TimePoint now, std::vector<Heard>& heard);

  /// Refuses audio of this utterance from here on: it was cut before its first sample came.
  void fence(std::string_view utterance);

  /// Audio that the caller has not heard yet: here and at the carrier.
  [[nodiscard]] std::chrono::milliseconds unplayed(core::TimePoint now) const noexcept;
  /// True when everything received has been heard, carrier delay included.
  [[nodiscard]] bool is_idle(core::TimePoint now) const noexcept;
  /// When everything handed to the carrier so far will have been heard; in the past when it already
  /// was.
  [[nodiscard]] core::TimePoint heard_at() const noexcept { return plays_until_ + carrier_delay_; }
  /// Position of the next byte that push() adds, and of the next that pull() sends; clear()
  /// restarts both at 0.
  [[nodiscard]] std::int64_t produced_position() const noexcept { return produced_; }
  [[nodiscard]] std::int64_t sent_position() const noexcept { return sent_; }
  /// From mark echoes: how much later than our clock the caller hears. 0 until the first echo.
  [[nodiscard]] core::Duration carrier_delay() const noexcept { return carrier_delay_; }
  [[nodiscard]] const Counts& counts() const noexcept { return counts_; }

 private:
  // Positions count mu-law bytes of the whole call, padding included.
  struct Utterance {
    std::string id;
    std::int64_t begin = 0;
    std::int64_t end = 0;      // grows while open
    std::int64_t padding = 0;  // silence of ours inside, because the provider was late
    bool is_open = true;
  };
  struct Padding {
    std::int64_t begin = 0;
    std::int64_t end = 0;
  };
  struct PendingMark {
    std::int64_t position = 0;
    core::TimePoint expected{};
  };

  bool has_resampler_for(int rate_hz, core::TimePoint now);
  void begin_utterance(std::string_view id);
  void close_utterance(core::TimePoint now);
  void append(std::span<const std::int16_t> samples, core::TimePoint now);
  void compact(core::TimePoint now);
  void forget_lost_marks(core::TimePoint now);
  void pad_to_frame();
  [[nodiscard]] std::int64_t padding_in(std::int64_t begin, std::int64_t end) const noexcept;
  [[nodiscard]] std::int64_t waiting() const noexcept { return produced_ - sent_; }
  [[nodiscard]] std::int64_t sendable(core::TimePoint now) const noexcept;
  [[nodiscard]] std::int64_t heard_position(core::TimePoint now) const noexcept;
  [[nodiscard]] core::Duration lead(core::TimePoint now) const noexcept;
  [[nodiscard]] core::Duration low_lead(std::int64_t bytes) const noexcept;
  Media take(std::int64_t bytes, core::TimePoint now);
  std::optional<Mark> take_mark(core::TimePoint now);
  void learn_delay(core::Duration late) noexcept;
  [[nodiscard]] bool is_fenced(std::string_view utterance) const noexcept;

  PlayoutSettings settings_;
  bool is_open_ = false;
  bool is_held_ = false;
  core::TimePoint opened_{};

  std::optional<codec::Resampler> resampler_;
  std::vector<std::int16_t> resampled_;

  std::vector<std::uint8_t> queue_;  // bytes [queue_start_, queue_start_ + size) of the call
  std::int64_t queue_start_ = 0;
  std::int64_t produced_ = 0;
  std::int64_t sent_ = 0;
  core::TimePoint last_push_{};
  core::TimePoint plays_until_{};  // when the carrier runs dry

  std::deque<Padding> paddings_;      // not yet heard
  std::deque<Utterance> utterances_;  // open or not yet heard to the end
  std::vector<std::string> fenced_;

  std::int64_t generation_ = 0;  // of marks; clear() starts a new one
  std::int64_t marked_ = 0;      // position of the last mark
  std::deque<PendingMark> marks_;
  core::Duration carrier_delay_{0};
  std::array<core::Duration, 8> echo_delays_{};  // ring: how late the last echoes came
  std::size_t echoes_ = 0;
  Counts counts_;
};

}  // namespace tandem::call
