#include "caller.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace tandem::standins {

namespace {

// Speech on a telephone line sits around -25 dBFS, idle µ-law below -70.
constexpr double loud_dbfs = -45.0;
// 100 ms of sound: shorter is a click, not a voice.
constexpr std::int64_t voice_ticks = 5;

const std::set<std::string_view>& silent_steps() {
  static const std::set<std::string_view> steps{"hold", "loss"};
  return steps;
}

UlawBytes voice_of(const SpeechData& speech, const json::object& step) {
  if (has(step, "clip")) return speech.caller_clip(text_or(step, "clip", ""));
  UlawBytes codes;
  const auto sound = tone(real_or(step, "tone_hz", 1004), real_or(step, "level", 0.25), 8000,
                          static_cast<int>(number_or(step, "ms", 1000)));
  for (const std::int16_t sample : sound) codes.push_back(ulaw_encode(sample));
  return codes;
}

}  // namespace

Caller::Caller(const SpeechData& speech, json::array steps) : speech_(speech) {
  append(std::move(steps));
}

void Caller::append(json::array steps) {
  for (json::value& step : steps) {
    if (!step.is_object()) throw BadInput("a caller step must be an object");
    const json::object& object = step.as_object();
    if (text_or(object, "do", "").empty()) throw BadInput("a caller step needs 'do'");
    if (has(object, "clip")) speech_.caller_clip(text_or(object, "clip", ""));
    const std::int64_t every = number_or(object, "every_ms", 0);
    const std::int64_t repeats = every > 0 ? number_or(object, "count", 1) : 1;
    json::object once = object;
    if (every > 0) once["count"] = 1;
    for (std::int64_t i = 0; i < repeats; ++i) {
      if (i > 0) steps_.push_back({{"do", "pause"}, {"ms", every}});
      steps_.push_back(once);
    }
  }
}

CallerTick Caller::tick(std::span<const std::uint8_t> heard) {
  CallerTick out;
  out.frame.fill(ulaw_silence);
  const bool loud = dbfs(rms(ulaw_decode(heard))) > loud_dbfs;
  loud_ticks_ += loud ? 1 : 0;
  quiet_ticks_ = loud ? 0 : quiet_ticks_ + 1;
  if (loud_ticks_ >= voice_ticks) ++ticks_since_loud_;
  // Steps that take no time run together; one that takes time ends the round.
  while (!steps_.empty()) {
    if (!begun_) begin(steps_.front());
    if (work(steps_.front(), out) == Progress::working) break;
    steps_.pop_front();
    begun_ = false;
  }
  ++step_ticks_;
  now_ms_ += 20;
  return out;
}

void Caller::begin(const json::object& step) {
  begun_ = true;
  step_ticks_ = 0;
  loud_ticks_ = 0;
  quiet_ticks_ = 0;
  ticks_since_loud_ = 0;
  json::object entry = step;
  entry["t_ms"] = now_ms_;
  log_.push_back(std::move(entry));
  if (step.at("do") == "say") {
    voice_ = voice_of(speech_, step);
    voice_at_ = 0;
  }
}

Caller::Progress Caller::work(const json::object& step, CallerTick& out) {
  const std::string what = text_or(step, "do", "");
  const bool time_is_up = step_ms() >= number_or(step, "ms", 0);
  if (what == "say") return speak(out);
  if (what == "wait_agent") return listen(step, true);
  if (what == "wait_agent_start") return listen(step, false);
  if (what == "wait_hangup") return wait_hangup(step, out);
  if (what == "pause") return time_is_up ? Progress::done : Progress::working;
  if (silent_steps().contains(what) || what == "stall") {
    if (time_is_up) return Progress::done;
    (what == "stall" ? out.hold_back : out.silent_line) = true;
    return Progress::working;
  }
  if (what == "jump") {
    out.timestamp_jump_ms += number_or(step, "ms", 0);
  } else {
    out.wire.push_back(step);
  }
  return Progress::done;
}

bool Caller::timed_out(const json::object& step) {
  if (step_ms() < number_or(step, "timeout_ms", 20000)) return false;
  timeouts_.push_back(fmt::format("caller step '{}' waited in vain", text_or(step, "do", "")));
  return true;
}

Caller::Progress Caller::listen(const json::object& step, bool for_end) {
  const bool has_spoken = loud_ticks_ >= std::max(voice_ticks, number_or(step, "min_ms", 0) / 20);
  const bool enough = for_end ? quiet_ticks_ * 20 >= number_or(step, "silent_ms", 600)
                              : ticks_since_loud_ * 20 >= number_or(step, "after_ms", 0);
  if (has_spoken && enough) return Progress::done;
  return timed_out(step) ? Progress::done : Progress::working;
}

Caller::Progress Caller::wait_hangup(const json::object& step, CallerTick& out) {
  if (!timed_out(step)) return Progress::working;
  out.wire.push_back({{"do", "hang_up"}});
  return Progress::done;
}

Caller::Progress Caller::speak(CallerTick& out) {
  if (voice_at_ >= voice_.size()) return Progress::done;
  const std::size_t count = std::min(out.frame.size(), voice_.size() - voice_at_);
  std::copy_n(voice_.begin() + static_cast<std::ptrdiff_t>(voice_at_), count, out.frame.begin());
  voice_at_ += count;
  return Progress::working;
}

}  // namespace tandem::standins
