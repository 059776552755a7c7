#include "bridge/takeover.hpp"

#include <algorithm>
#include <array>

namespace tandem {

namespace {

/// Ends that nobody wanted: the caller may still be there. Empty: the process died before it wrote
/// one.
constexpr std::array<std::string_view, 5> unwanted_ends = {"", "node_lost", "carrier_lost",
                                                           "carrier_stalled", "shutdown"};

}  // namespace

Takeover judge_takeover(const std::optional<store::EarlierCall>& earlier) noexcept {
  const bool may_go_on = earlier && earlier->parts < parts_max &&
                         std::find(unwanted_ends.begin(), unwanted_ends.end(),
                                   earlier->end_reason) != unwanted_ends.end();
  return may_go_on ? Takeover::take_over : Takeover::hang_up;
}

call::PreviousCall previous_call(const store::EarlierCall& earlier) {
  call::PreviousCall previous;
  previous.call_id = core::CallId(earlier.call_id);
  previous.chat_group_id = core::ChatGroupId(earlier.chat_group_id);
  std::size_t bytes = 0;
  for (auto line = earlier.lines.rbegin(); line != earlier.lines.rend(); ++line) {
    const bool is_user = line->speaker == "user";
    // A line whose playback nobody settled was being said when the process died: all of it counts.
    const auto text =
        is_user ? line->message : call::heard_part(line->message, line->heard_ratio.value_or(1));
    bytes += text.size();
    if (bytes > history_bytes_max) break;
    if (text.empty()) continue;
    previous.history.push_back(
        {is_user ? core::Speaker::user : core::Speaker::assistant, std::string(text)});
  }
  std::reverse(previous.history.begin(), previous.history.end());
  return previous;
}

std::chrono::seconds time_left(std::chrono::seconds limit, core::WallTime began,
                               core::WallTime now) noexcept {
  const auto used = std::chrono::duration_cast<std::chrono::seconds>(now - began);
  return std::clamp(limit - used, std::min(limit, std::chrono::seconds{60}), limit);
}

core::Record lost_call_record(const std::string& call_id, core::WallTime last_seen,
                              std::int64_t duration_ms, std::int32_t messages) {
  core::CallEnded ended;
  ended.end_reason = "node_lost";
  ended.duration_ms = std::max<std::int64_t>(duration_ms, 0);
  ended.total_messages = messages;
  core::Record record;
  record.call_id = core::CallId(call_id);
  record.wall = last_seen;
  record.offset = core::MediaOffset{ended.duration_ms};
  record.body = std::move(ended);
  return record;
}

}  // namespace tandem
