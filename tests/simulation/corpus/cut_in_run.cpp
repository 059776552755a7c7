// Runs one case of the corpus and measures, from what was really played and received.
#include <algorithm>

#include "tests/simulation/corpus/cut_ins.hpp"

namespace tandem::corpus {

namespace {

using namespace std::chrono_literals;

constexpr auto longest_talk = 26s;
constexpr double to_ms = 1.0 / samples_per_ms;

double ms_between(core::TimePoint from, core::TimePoint to) {
  return std::chrono::duration<double, std::milli>(to - from).count();
}

bool is_quiet(std::uint8_t ulaw) noexcept { return (ulaw & 0x7FU) >= 0x7EU; }

class Measuring {
 public:
  Measuring(const CutIn& one, Talk& talk, const Turn& turn, const ClipIndex& index,
            std::size_t sound_at)
      : one_(one),
        talk_(talk),
        turn_(turn),
        recording_(talk.line().recording()),
        stretches_(recording_.stretches(index)) {
    const auto loud = loud_part(one.caller.sound);
    onset_ = sound_at + loud.first;
    has_onset_ = loud.last > 0;
  }

  CutInResult measure() {
    result_.kind = one_.kind;
    result_.held = talk_.count("held");
    result_.rejected = talk_.count("rejected");
    result_.is_confirmed = talk_.count("confirmed") > 0;
    result_.verdicts = talk_.verdicts().size();
    result_.verdicts_cleared = talk_.verdicts_cleared();
    if (has_onset_ && !recording_.is_silent(onset_)) measure_stop();
    if (const auto* confirmed = talk_.find("confirmed", {}))
      result_.cut_itself_off = !has_onset_ || confirmed->sample < onset_;
    measure_holes();
    measure_turn();
    count_lost_frames();
    return result_;
  }

 private:
  void measure_stop() {
    const auto onset = talk_.time_of(onset_);
    const auto* held = talk_.find("held", onset);
    const auto* confirmed = talk_.find("confirmed", onset);
    if (held == nullptr && confirmed == nullptr) return;
    const auto at = std::min(held == nullptr ? core::TimePoint::max() : held->at,
                             confirmed == nullptr ? core::TimePoint::max() : confirmed->at);
    if (const auto heard = talk_.arrival_of(onset_)) result_.bridge_ms = ms_between(*heard, at);
    const auto silent = recording_.next_silence(onset_);
    result_.stop_ms = static_cast<double>(silent - onset_) * to_ms;
    if (confirmed == nullptr) return;
    // The same way to the telephone, from the moment at which the verdict was known.
    const double way = *result_.stop_ms - ms_between(onset, at);
    result_.no_hold_ms = ms_between(onset, confirmed->at) + way;
  }

  [[nodiscard]] bool is_of_turn(const Stretch& stretch) const {
    return std::find(turn_.begin(), turn_.end(), stretch.clip) != turn_.end();
  }

  void measure_holes() {
    const Stretch* before = nullptr;
    for (const auto& stretch : stretches_) {
      if (!is_of_turn(stretch)) continue;
      const auto silent =
          before == nullptr ? stretch.heard_begin : recording_.next_silence(before->heard_end());
      if (silent < stretch.heard_begin) {
        const auto hole = recording_.next_sound(silent) - silent;
        if (hole > 40 * samples_per_ms)
          result_.holes_ms.push_back(static_cast<double>(hole) * to_ms);
      }
      before = &stretch;
    }
  }

  void measure_turn() {
    std::size_t lost = 0;
    std::size_t repeated = 0;
    for (const auto* clip : turn_) {
      std::vector<int> heard(clip->as_heard.size());
      for (const auto& stretch : stretches_) {
        if (stretch.clip != clip) continue;
        for (auto at = stretch.clip_begin; at < stretch.clip_end(); ++at) ++heard[at];
      }
      for (std::size_t at = 0; at < heard.size(); ++at) {
        if (is_quiet(clip->as_heard[at])) continue;
        if (heard[at] == 0) ++lost;
        if (heard[at] > 1) ++repeated;
      }
    }
    result_.repeated_ms = static_cast<double>(repeated) * to_ms;
    if (!result_.is_confirmed) result_.lost_ms = static_cast<double>(lost) * to_ms;
    measure_late();
  }

  void measure_late() {
    const auto* confirmed = talk_.find("confirmed", {});
    if (confirmed == nullptr) return;
    // What was on its way to the telephone when the clear left is played before it arrives.
    const auto grace = 2 * (talk_.network() + 5ms) + 20ms;
    const auto from = confirmed->sample + static_cast<std::size_t>(grace.count()) * samples_per_ms;
    for (const auto& stretch : stretches_) {
      if (!is_of_turn(stretch) || stretch.heard_end() <= from) continue;
      result_.late_ms +=
          static_cast<double>(stretch.heard_end() - std::max(from, stretch.heard_begin)) * to_ms;
    }
  }

  /// Of the caller's voice; the last quarter of a second may still be on its way.
  void count_lost_frames() {
    const auto& heard = talk_.agent().frames_heard();
    const auto& frames = talk_.line().frames();
    for (std::size_t i = 0; i + 12 < frames.size(); ++i) {
      const auto number = static_cast<std::size_t>(frames[i].number);
      const bool is_lost = number >= heard.size() || !heard[number];
      if (frames[i].voice == Voice::caller && is_lost) ++result_.frames_lost;
    }
  }

  const CutIn& one_;
  Talk& talk_;
  const Turn& turn_;
  const Recording& recording_;
  std::vector<Stretch> stretches_;
  std::size_t onset_ = 0;
  bool has_onset_ = false;
  CutInResult result_;
};

}  // namespace

CutInResult run(const CutIn& one, const Clips& clips, const ClipIndex& index) {
  Random dice(one.seed * 7919);
  TalkSetup setup;
  setup.seed = one.seed;
  setup.echo = one.echo;
  setup.agent.speed = one.agent_speed;
  setup.agent.min_interruption = one.min_interruption;
  // With the network twice: 60 to 250 ms from the end of 800 ms of speech to the verdict.
  setup.agent.processing = milliseconds(dice.between(10, 200));
  Talk talk(setup);
  talk.line().set_background(one.background);
  const Turn turn = {&clips.agent("hours_1"), &clips.agent("hours_2"), &clips.agent("hours_3")};
  talk.agent().greeting = turn;
  talk.agent().answers = {{&clips.agent("sorry")}};
  std::size_t sound_at = 0;
  talk.line().on_agent_begins = [&] {
    sound_at =
        talk.line().clock() + static_cast<std::size_t>(one.position.count()) * samples_per_ms;
    talk.line().add(one.caller, sound_at);
  };
  talk.begin();
  talk.run_for(longest_talk);
  return Measuring(one, talk, turn, index, sound_at).measure();
}

}  // namespace tandem::corpus
