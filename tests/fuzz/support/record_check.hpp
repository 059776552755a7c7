// What one call writes down, record by record: complete, in order, and ended exactly once.
#pragma once

#include <simdjson.h>

#include "bridge/core/record.hpp"
#include "codec/json_text.hpp"
#include "tests/fuzz/support/input.hpp"

namespace tandem::fuzz {

class RecordCheck {
 public:
  void add(const core::Record& record) {
    must(ended_ == 0, "nothing is written after the end");
    must(started_ == 1 || std::holds_alternative<core::CallStarted>(record.body),
         "a call begins with its start");
    must(record.wall >= wall_, "wall times do not go back");
    wall_ = record.wall;
    std::visit([this](const auto& body) { check(body); }, record.body);
  }
  [[nodiscard]] bool is_complete() const noexcept { return started_ == 1 && ended_ == 1; }

 private:
  template <class Body>
  void check(const Body&) {}
  void check(const core::CallStarted&) { must(++started_ == 1, "a call begins once"); }
  void check(const core::TranscriptEntry& entry) {
    must(entry.seq == entries_++, "transcript entries count without holes");
    must(codec::is_valid_utf8(entry.text), "a transcript is UTF-8");
  }
  void check(const core::TranscriptHeard& heard) {
    must(heard.seq >= 0 && heard.seq < entries_, "what was heard was said");
    must(heard.heard_ms >= 0 && heard.heard_ms <= heard.audio_ms, "no more is heard than played");
  }
  void check(const core::CallEvent& event) {
    must(event.seq == events_++, "events count without holes");
    simdjson::dom::parser parser;
    must(parser.parse(event.json).is_object(), "an event is a JSON object");
  }
  void check(const core::CallEnded& ended) {
    must(++ended_ == 1, "a call ends once");
    const auto& audio = ended.audio;
    must(audio.caller_frames_in == audio.caller_frames_sent + audio.caller_frames_dropped,
         "every caller frame is sent or dropped");
    must(audio.agent_ms_sent >= 0 && audio.agent_ms_cut >= 0, "nothing is less than nothing");
    must(audio.agent_ms_sent <= audio.agent_ms_received, "no more is sent than came");
    must(ended.talk_ratio >= 0 && ended.talk_ratio <= 1, "a ratio is one");
    for (const auto& turn : ended.turns) {
      must(turn.to_last_audio_sent_us + turn.to_text_final_us + turn.to_first_audio_us +
                   turn.to_carrier_us + turn.to_audible_us + turn.unexplained_us ==
               turn.gap_us,
           "the stages of a turn add up");
    }
  }

  core::WallTime wall_{};
  int started_ = 0;
  int ended_ = 0;
  std::int32_t entries_ = 0;
  std::int32_t events_ = 0;
};

}  // namespace tandem::fuzz
