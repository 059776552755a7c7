// The person on the telephone: runs the steps of a script (README.md, "Caller script"), speaks 20
// ms at a time and listens to what is played to it. Pure: one tick() is 20 ms of the call; what
// needs the wire is handed out as `wire` steps.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <vector>

#include "json.hpp"
#include "playback.hpp"
#include "speech_data.hpp"

namespace tandem::standins {

struct CallerTick {
  std::array<std::uint8_t, tick_bytes> frame{};
  bool silent_line = false;  // no frame at all: hold, loss
  bool hold_back = false;    // the frame exists but is sent later, with the others held back
  std::int64_t timestamp_jump_ms = 0;
  std::vector<json::object> wire;  // steps for the stream: dtmf, hang_up, drop, faults
};

class Caller {
 public:
  Caller(const SpeechData& speech, json::array steps);

  // `heard`: the 20 ms just played to the caller.
  CallerTick tick(std::span<const std::uint8_t> heard);
  void append(json::array steps);

  bool finished() const { return steps_.empty(); }
  // {"t_ms", "do", ...} for each step begun; times on the caller's own clock, which stands still
  // between streams.
  const json::array& log() const { return log_; }
  // Steps that waited in vain; handed out once.
  std::vector<std::string> take_timeouts() { return std::exchange(timeouts_, {}); }

 private:
  enum class Progress { working, done };

  void begin(const json::object& step);
  Progress work(const json::object& step, CallerTick& out);
  Progress listen(const json::object& step, bool for_end);
  Progress wait_hangup(const json::object& step, CallerTick& out);
  Progress speak(CallerTick& out);
  bool timed_out(const json::object& step);
  std::int64_t step_ms() const { return step_ticks_ * 20; }

  const SpeechData& speech_;
  std::deque<json::object> steps_;
  bool begun_ = false;
  std::int64_t now_ms_ = 0;
  std::int64_t step_ticks_ = 0;
  std::int64_t loud_ticks_ = 0;
  std::int64_t quiet_ticks_ = 0;
  std::int64_t ticks_since_loud_ = 0;
  UlawBytes voice_;
  std::size_t voice_at_ = 0;
  json::array log_;
  std::vector<std::string> timeouts_;
};

}  // namespace tandem::standins
