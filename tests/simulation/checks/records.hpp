// Rules of what is written down: CallStarted first, CallEnded once and last, sequences without
// holes, time that never goes back, JSON that is some, figures that can be true.
#pragma once

#include <map>
#include <string>

#include "bridge/call/call.hpp"
#include "tests/simulation/world.hpp"

namespace tandem::simulation {

class RecordOrder {
 public:
  RecordOrder(World& world, const call::Call& call) : world_(world), call_(call) {}

  void output(const call::Output& output);
  void after_step();
  void at_end();

  struct HeardEntry {
    core::TranscriptHeard heard;
    core::TimePoint written{};
  };
  /// The last word on each assistant entry, by its text.
  [[nodiscard]] const std::map<std::string, HeardEntry>& heard() const noexcept { return heard_; }

 private:
  void check(const core::CallStarted&);
  void check(const core::TranscriptEntry& entry);
  void check(const core::TranscriptHeard& heard);
  void check(const core::CallEvent& event);
  void check(const core::CallEnded& ended);
  void check(const core::CallAnswered&) {}
  void check(const core::ChatOpened&) {}
  void check(const core::CarrierStatus&) {}
  void fail(std::string_view rule, std::string what) { world_.verdict.fail(rule, std::move(what)); }

  World& world_;
  const call::Call& call_;
  int records_ = 0;
  int started_ = 0;
  int ended_ = 0;
  std::int32_t next_entry_ = 0;
  std::int32_t next_event_ = 0;
  core::WallTime wall_{};
  core::MediaOffset offset_{0};
  std::map<std::int32_t, std::string> agent_entries_;
  std::map<std::string, HeardEntry> heard_;
};

}  // namespace tandem::simulation
