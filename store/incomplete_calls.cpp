#include "store/incomplete_calls.hpp"

#include <string>

namespace tandem::store {

namespace {

/// Two kinds in every second of 17 years, so a second hole of the same call takes another key; the
/// same event made twice is the same to the microsecond and imports as one.
core::Record event(const core::CallId& call, core::WallTime wall, bool is_complete) {
  const auto second = std::chrono::floor<std::chrono::seconds>(wall);
  const std::int64_t number = second.time_since_epoch().count() * 2 + (is_complete ? 1 : 0);
  core::CallEvent body;
  body.seq =
      store_event_seq_first + static_cast<std::int32_t>(number & (store_event_seq_first - 1));
  body.type = is_complete ? "transcript_complete" : "transcript_incomplete";
  body.json = is_complete ? "{}" : R"({"why":"spool_full"})";
  return {.call_id = call, .wall = second, .offset = {}, .body = std::move(body)};
}

}  // namespace

std::optional<core::Record> IncompleteCalls::note(const core::CallId& call, core::WallTime wall,
                                                  bool is_lost) {
  if (call.str().empty()) return std::nullopt;
  const auto known = calls_.find(call);
  if (known != calls_.end()) {
    known->second = known->second || is_lost;
    return std::nullopt;
  }
  if (calls_.size() >= calls_max) return std::nullopt;
  calls_.emplace(call, is_lost);
  return event(call, wall, false);
}

std::optional<core::Record> IncompleteCalls::held(const core::CallId& call, core::WallTime wall) {
  return note(call, wall, false);
}

std::optional<core::Record> IncompleteCalls::lost(const core::CallId& call, core::WallTime wall) {
  return note(call, wall, true);
}

std::vector<core::Record> IncompleteCalls::restored(core::WallTime wall) {
  std::vector<core::Record> events;
  for (const auto& [call, is_lost] : calls_) {
    if (!is_lost) events.push_back(event(call, wall, true));
  }
  // a call that lost something keeps its flag; should it lose more, it is flagged again
  calls_.clear();
  return events;
}

}  // namespace tandem::store
