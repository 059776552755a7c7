// Twilio's side of a bidirectional stream: a FIFO of audio and marks. Audio plays at 160 bytes per
// 20 ms, a mark is echoed when all before it was played, `clear` drops the audio and echoes the
// marks at once (reference: Twilio Media Streams, "mark" and "clear" messages).
#pragma once

#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <vector>

namespace tandem::simulation {

class PlaybackQueue {
 public:
  void add_audio(std::span<const std::uint8_t> ulaw);
  void add_mark(std::string name) { marks_.push_back({added_, std::move(name)}); }
  /// Drops the audio; the marks are due now.
  void clear();
  /// The next up to 160 bytes; the view lives until the next call of this object.
  std::span<const std::uint8_t> play();
  /// The next mark that all audio before it has passed, or false.
  bool take_due_mark(std::string& name);
  [[nodiscard]] std::size_t bytes() const noexcept { return audio_.size() - head_; }

 private:
  struct Mark {
    std::int64_t position = 0;
    std::string name;
  };
  std::vector<std::uint8_t> audio_;
  std::size_t head_ = 0;
  std::int64_t added_ = 0;   // bytes ever
  std::int64_t passed_ = 0;  // of those, played or dropped
  std::deque<Mark> marks_;
};

}  // namespace tandem::simulation
