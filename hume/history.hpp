// EVI's chat history over REST: what Hume itself wrote down of a chat. Requests and the decoding of
// their answers; who sends them is bridge/reconciliation's business, what they are compared with is
// hume/alignment's.
//
// Source: dev.hume.ai, "List chat events" and "List chats from a specific chat_group"; where they
// leave a field open, the schemas of npm `hume` 0.16 decide (ReturnChatPagedEvents,
// ReturnChatGroupPagedChats).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "bridge/core/http.hpp"
#include "bridge/core/result.hpp"
#include "bridge/core/types.hpp"

namespace tandem::hume {

inline constexpr int history_page_size = 100;  ///< the most that one page can hold
inline constexpr int history_pages_max = 50;   ///< of one chat: it lasts half an hour at most

struct HistoryAccess {
  core::Url base_url;  ///< HUME_URL; a path in it is kept
  core::Secret api_key;
};

/// `page` counts from 0; oldest events first.
core::OutgoingRequest chat_events_request(const HistoryAccess& access, std::string_view chat_id,
                                          int page);
core::OutgoingRequest group_chats_request(const HistoryAccess& access, std::string_view group_id,
                                          int page);

enum class HistoryError : std::uint8_t {
  unreachable,  ///< no whole answer came
  busy,         ///< 429
  in_trouble,   ///< 5xx
  bad_answer,   ///< an answer that is none: cut off, no JSON, a required key missing
  refused,      ///< 401, 403: the key
  not_there,    ///< 400, 404, 410: unknown here, or data retention is off
  other,        ///< any other status: not this service
};
std::string_view to_string(HistoryError error) noexcept;
/// Worth asking again in a while, unchanged.
[[nodiscard]] bool is_passing(HistoryError error) noexcept;

/// Words of the user or the assistant. Other events (settings, prosody, tools) are not kept.
struct HistoryLine {
  std::string event_id;
  std::string chat_id;
  core::Speaker speaker = core::Speaker::user;
  std::string text;     ///< never blank
  core::WallTime at{};  ///< by Hume's clock
};

struct EventPage {
  int total_pages = 0;
  std::size_t events = 0;  ///< on this page, of any kind
  bool is_active = false;  ///< the chat still runs: what it says is not yet final
  std::vector<HistoryLine> lines;
};
/// Lines without id, or of an unknown type or role, are passed over.
core::Result<EventPage, HistoryError> parse_chat_events(const core::OutgoingResponse& answer);

struct GroupChat {
  std::string id;
  core::WallTime began{};  ///< by Hume's clock
};
struct GroupPage {
  int total_pages = 0;
  std::vector<GroupChat> chats;
};
core::Result<GroupPage, HistoryError> parse_group_chats(const core::OutgoingResponse& answer);

}  // namespace tandem::hume
