// What Twilio does with the audio we send it: one first-in first-out queue of sound and marks per
// stream, consumed in real time (twilio.com "Media Streams - WebSocket Messages", `media`, `mark`,
// `clear`; error 31931 for the ten-minute bound). Pure: the caller gives the time by calling tick()
// once for every 20 ms of the call.
#pragma once

#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <vector>

namespace tandem::standins {

constexpr std::size_t tick_bytes = 160;  // 20 ms of 8 kHz µ-law

struct MarkEcho {
  std::string name;
  enum class How { played, flushed, empty } how = How::played;
};

class Playback {
 public:
  static constexpr std::size_t queue_limit = 10 * 60 * 8000;

  // False: more than ten minutes are queued, the audio is thrown away.
  bool media(std::span<const std::uint8_t> audio);
  // An echo at once when nothing is queued.
  std::vector<MarkEcho> mark(std::string name);
  std::vector<MarkEcho> clear();
  // Plays the next 20 ms: 160 bytes into `heard` (silence where the queue is empty) and the marks
  // reached.
  std::vector<MarkEcho> tick(std::span<std::uint8_t, tick_bytes> heard);

  std::size_t queued_bytes() const { return queued_; }
  std::size_t queued_bytes_max() const { return queued_max_; }
  std::uint64_t received_bytes() const { return received_; }
  std::uint64_t played_bytes() const { return played_; }
  std::uint64_t flushed_bytes() const { return flushed_; }

  // Unbroken playing, in samples since the first tick; the last one may still be growing.
  struct Segment {
    std::uint64_t start = 0;
    std::uint64_t end = 0;
  };
  const std::vector<Segment>& segments() const { return segments_; }

 private:
  struct Item {
    std::vector<std::uint8_t> audio;  // empty: a mark
    std::string mark;
  };
  void collect_marks(std::vector<MarkEcho>& echoes);
  void note_played(std::uint64_t from, std::uint64_t count);

  std::deque<Item> queue_;
  std::size_t head_offset_ = 0;
  std::size_t queued_ = 0;
  std::size_t queued_max_ = 0;
  std::uint64_t received_ = 0;
  std::uint64_t played_ = 0;
  std::uint64_t flushed_ = 0;
  std::uint64_t clock_ = 0;
  std::vector<Segment> segments_;
};

}  // namespace tandem::standins
