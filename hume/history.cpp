#include "hume/history.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <array>

namespace tandem::hume {

namespace {

namespace dom = simdjson::dom;

core::OutgoingRequest history_request(const HistoryAccess& access, std::string_view collection,
                                      std::string_view id, int page) {
  core::OutgoingRequest request;
  request.url = access.base_url;
  std::string& target = request.url.target;
  target.erase(std::min(target.find('?'), target.size()));
  while (target.ends_with('/')) target.pop_back();
  target += collection;
  core::append_url_encoded(target, id);
  target +=
      fmt::format("?page_number={}&page_size={}&ascending_order=true", page, history_page_size);
  request.headers.emplace_back("X-Hume-Api-Key", access.api_key.expose());
  return request;
}

HistoryError error_of(const core::OutgoingResponse& answer) noexcept {
  if (answer.failure != core::OutgoingResponse::Failure::none) return HistoryError::unreachable;
  if (answer.status == 429) return HistoryError::busy;
  if (answer.status >= 500) return HistoryError::in_trouble;
  if (answer.status == 401 || answer.status == 403) return HistoryError::refused;
  if (answer.status == 400 || answer.status == 404 || answer.status == 410)
    return HistoryError::not_there;
  return HistoryError::other;
}

bool is_good(const core::OutgoingResponse& answer) noexcept {
  return answer.failure == core::OutgoingResponse::Failure::none && answer.status == 200;
}

std::string_view text_of(dom::element object, std::string_view name) {
  std::string_view text;
  return object[name].get(text) == simdjson::SUCCESS ? text : std::string_view{};
}

/// Documented as seconds, seen as milliseconds: no second of this millennium is above 10^11.
core::WallTime time_of(dom::element object, std::string_view name) {
  constexpr double milliseconds_from = 1e11;
  constexpr double time_max = 1e14;
  double number = 0;
  if (object[name].get(number) != simdjson::SUCCESS || !(number > 0) || number > time_max)
    return {};
  const double per_unit = number > milliseconds_from ? 1e3 : 1e6;
  return core::WallTime(std::chrono::microseconds(static_cast<std::int64_t>(number * per_unit)));
}

bool is_blank(std::string_view text) noexcept {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

void take_event(dom::element event, std::vector<HistoryLine>& lines) {
  const auto type = text_of(event, "type");
  const bool is_user = type == "USER_MESSAGE";
  if (!is_user && type != "AGENT_MESSAGE") return;
  const auto id = text_of(event, "id");
  const auto text = text_of(event, "message_text");
  if (id.empty() || is_blank(text)) return;
  lines.push_back({.event_id = std::string(id),
                   .chat_id = std::string(text_of(event, "chat_id")),
                   .speaker = is_user ? core::Speaker::user : core::Speaker::assistant,
                   .text = std::string(text),
                   .at = time_of(event, "timestamp")});
}

/// The two keys that every page has; false when one is missing.
bool read_page(dom::element page, std::string_view list_name, int& total_pages, dom::array& list) {
  std::int64_t total = 0;
  if (page["total_pages"].get(total) != simdjson::SUCCESS || total < 0) return false;
  total_pages = static_cast<int>(std::min<std::int64_t>(total, history_pages_max + 1));
  return page[list_name].get(list) == simdjson::SUCCESS;
}

}  // namespace

std::string_view to_string(HistoryError error) noexcept {
  static constexpr std::array<std::string_view, 7> names = {
      "unreachable", "busy", "in_trouble", "bad_answer", "refused", "not_there", "other"};
  return names[static_cast<std::size_t>(error)];
}

bool is_passing(HistoryError error) noexcept { return error <= HistoryError::bad_answer; }

core::OutgoingRequest chat_events_request(const HistoryAccess& access, std::string_view chat_id,
                                          int page) {
  return history_request(access, "/v0/evi/chats/", chat_id, page);
}

core::OutgoingRequest group_chats_request(const HistoryAccess& access, std::string_view group_id,
                                          int page) {
  return history_request(access, "/v0/evi/chat_groups/", group_id, page);
}

core::Result<EventPage, HistoryError> parse_chat_events(const core::OutgoingResponse& answer) {
  if (!is_good(answer)) return core::Failure{error_of(answer)};
  dom::parser parser;
  dom::element document;
  dom::array events;
  EventPage page;
  const simdjson::padded_string text(answer.body);
  if (parser.parse(text).get(document) != simdjson::SUCCESS ||
      !read_page(document, "events_page", page.total_pages, events)) {
    return core::Failure{HistoryError::bad_answer};
  }
  page.is_active = text_of(document, "status") == "ACTIVE";
  for (const dom::element event : events) {
    ++page.events;
    take_event(event, page.lines);
  }
  return page;
}

core::Result<GroupPage, HistoryError> parse_group_chats(const core::OutgoingResponse& answer) {
  if (!is_good(answer)) return core::Failure{error_of(answer)};
  dom::parser parser;
  dom::element document;
  dom::array chats;
  GroupPage page;
  const simdjson::padded_string text(answer.body);
  if (parser.parse(text).get(document) != simdjson::SUCCESS ||
      !read_page(document, "chats_page", page.total_pages, chats)) {
    return core::Failure{HistoryError::bad_answer};
  }
  for (const dom::element chat : chats) {
    const auto id = text_of(chat, "id");
    if (!id.empty()) page.chats.push_back({std::string(id), time_of(chat, "start_timestamp")});
  }
  return page;
}

}  // namespace tandem::hume
