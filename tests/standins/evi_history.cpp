#include "evi_history.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "encoding.hpp"

namespace tandem::standins {

namespace {

constexpr std::string_view chats_path = "/v0/evi/chats";
constexpr std::string_view groups_path = "/v0/evi/chat_groups";

HttpResponse ok(const json::object& body) { return json_response(200, json::serialize(body)); }

HttpResponse error(int status, std::string_view message) {
  return json_response(
      status, json::serialize(json::object{{"error", status_text(status)}, {"message", message}}));
}

std::int64_t wall_ms() {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(since).count();
}

struct Paging {
  std::size_t number = 0;
  std::size_t size = 10;
  bool is_ascending = true;
};

std::size_t whole_number(const Fields& query, const char* name, std::size_t fallback) {
  const std::string text = first_of(query, name).value_or("");
  if (text.empty()) return fallback;
  if (text.size() > 9 || text.find_first_not_of("0123456789") != std::string::npos)
    throw BadInput(fmt::format("{} is not a number", name));
  return std::stoul(text);
}

Paging paging_of(const HttpRequest& request) {
  const Fields query = request.query();
  Paging paging;
  paging.number = whole_number(query, "page_number", 0);
  paging.size = whole_number(query, "page_size", 10);
  const std::string order = first_of(query, "ascending_order").value_or("true");
  if (order != "true" && order != "false") throw BadInput("ascending_order is no truth value");
  if (paging.size < 1 || paging.size > 100) throw BadInput("page_size must be between 1 and 100");
  paging.is_ascending = order == "true";
  return paging;
}

// `list` (oldest first) cut to the page, with the keys that every page has.
json::object page_of(const Paging& paging, json::array list, std::string_view list_name) {
  if (!paging.is_ascending) std::reverse(list.begin(), list.end());
  const std::size_t begin = std::min(paging.number * paging.size, list.size());
  const std::size_t end = std::min(begin + paging.size, list.size());
  json::array page(list.begin() + static_cast<std::ptrdiff_t>(begin),
                   list.begin() + static_cast<std::ptrdiff_t>(end));
  return {{"page_number", paging.number},
          {"page_size", paging.size},
          {"total_pages", (list.size() + paging.size - 1) / paging.size},
          {"pagination_direction", paging.is_ascending ? "ASC" : "DESC"},
          {list_name, std::move(page)}};
}

json::object summary_of(const EviChatHistory& chat) {
  json::object summary{{"id", chat.id},
                       {"chat_group_id", chat.group_id},
                       {"status", chat.status},
                       {"start_timestamp", chat.start_ms},
                       {"event_count", chat.events.size()},
                       {"metadata", ""},
                       {"config", nullptr}};
  if (chat.end_ms) summary["end_timestamp"] = *chat.end_ms;
  return summary;
}

json::array summaries(const std::vector<EviChatHistory>& chats) {
  json::array list;
  for (const EviChatHistory& chat : chats) list.push_back(summary_of(chat));
  return list;
}

json::object group_of(const std::vector<EviChatHistory>& chats) {
  return {{"id", chats.front().group_id},
          {"first_start_timestamp", chats.front().start_ms},
          {"most_recent_start_timestamp", chats.back().start_ms},
          {"num_chats", chats.size()},
          {"active", !chats.back().end_ms.has_value()}};
}

bool is_message(const json::object& event) {
  const std::string type = text_or(event, "type", "");
  return type == "USER_MESSAGE" || type == "AGENT_MESSAGE";
}

json::object invented_event(const EviChatHistory& chat, const json::object& order,
                            std::int64_t after_ms) {
  const bool is_user = text_or(order, "role", "USER") == "USER";
  return {{"id", random_uuid()},
          {"chat_id", chat.id},
          {"timestamp", after_ms + 1},
          {"role", is_user ? "USER" : "AGENT"},
          {"type", is_user ? "USER_MESSAGE" : "AGENT_MESSAGE"},
          {"message_text", text_or(order, "text", "")},
          {"emotion_features", ""},
          {"metadata", ""},
          {"related_event_id", nullptr}};
}

// The events as `orders` want them: some messages left out, some invented. Messages count from 0.
json::array scripted_events(const EviChatHistory& chat, json::object& orders) {
  json::array events;
  std::int64_t message = -1;
  const auto is_left_out = [&] {
    const json::array& missing = array_or_empty(orders, "missing");
    return std::find(missing.begin(), missing.end(), json::value(message)) != missing.end();
  };
  for (const json::value& value : chat.events) {
    const json::object& event = value.as_object();
    if (is_message(event)) ++message;
    if (!is_message(event) || !is_left_out()) events.push_back(event);
    if (!is_message(event) || !has(orders, "extra")) continue;
    for (json::value& extra : orders["extra"].as_array()) {
      json::object& order = extra.as_object();
      if (number_or(order, "after", 0) != message) continue;
      // invented once: an event keeps its id
      if (!has(order, "event"))
        order["event"] = invented_event(chat, order, number_or(event, "timestamp", 0));
      events.push_back(order["event"]);
    }
  }
  return events;
}

bool is_too_early(const EviChatHistory& chat, const json::object& orders) {
  const std::int64_t late_ms = number_or(orders, "late_ms", 0);
  return late_ms > 0 && (!chat.end_ms || wall_ms() < *chat.end_ms + late_ms);
}

}  // namespace

void EviHistory::script(const json::object& orders) {
  json::object rest = orders;
  rest.erase("chat_id");
  const std::lock_guard lock(mutex_);
  orders_[text_or(orders, "chat_id", "")] = std::move(rest);
}

bool EviHistory::owns(std::string_view path) {
  return path.starts_with(chats_path) || path.starts_with(groups_path);
}

HttpResponse EviHistory::answer(const HttpRequest& request, std::vector<EviChatHistory> chats) {
  HttpResponse response;
  try {
    response = request.method == "GET" ? route(request, std::move(chats)) : error(405, "read only");
  } catch (const BadInput& problem) {
    response = error(400, problem.what());
  }
  const std::lock_guard lock(mutex_);
  requests_.push_back({{"path", request.target}, {"status", response.status}});
  return response;
}

json::array EviHistory::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

HttpResponse EviHistory::route(const HttpRequest& request, std::vector<EviChatHistory> chats) {
  const std::string path(request.path());
  if (path == chats_path) return ok(page_of(paging_of(request), summaries(chats), "chats_page"));
  const bool is_group = path.starts_with(groups_path);
  const std::size_t prefix = is_group ? groups_path.size() : chats_path.size();
  if (is_group) return one_group(request, path.substr(std::min(prefix + 1, path.size())), chats);
  const std::string id = path.substr(std::min(prefix + 1, path.size()));
  const auto chat =
      std::find_if(chats.begin(), chats.end(), [&](const auto& known) { return known.id == id; });
  return chat == chats.end() ? error(404, "no such chat") : one_chat(request, *chat);
}

json::object EviHistory::orders_for(const std::string& chat_id) {
  const std::lock_guard lock(mutex_);
  const auto own = orders_.find(chat_id);
  return own != orders_.end() ? own->second : orders_[""];
}

void EviHistory::count_down(const std::string& chat_id, const char* key) {
  const std::lock_guard lock(mutex_);
  const auto own = orders_.find(chat_id);
  json::object& orders = own != orders_.end() ? own->second : orders_[""];
  orders[key] = number_or(orders, key, 1) - 1;
}

HttpResponse EviHistory::one_chat(const HttpRequest& request, const EviChatHistory& chat) {
  const Paging paging = paging_of(request);
  json::object orders = orders_for(chat.id);
  if (has(orders, "status") && number_or(orders, "times", 1) > 0) {
    count_down(chat.id, "times");
    return error(static_cast<int>(number_or(orders, "status", 503)), "as ordered");
  }
  if (!flag_or(orders, "retention", true)) return error(404, "no such chat");
  const bool is_silent = flag_or(orders, "empty", false) || is_too_early(chat, orders);
  json::array events = is_silent ? json::array() : scripted_events(chat, orders);
  {
    const std::lock_guard lock(mutex_);
    const auto own = orders_.find(chat.id);
    if (has(orders, "extra"))
      (own != orders_.end() ? own->second : orders_[""])["extra"] = orders["extra"];
  }
  json::object body = page_of(paging, std::move(events), "events_page");
  merge(body, summary_of(chat));
  body.erase("event_count");
  if (flag_or(orders, "active", false)) body["status"] = "ACTIVE";
  HttpResponse response = ok(body);
  if (number_or(orders, "truncated", 0) > 0) {
    count_down(chat.id, "truncated");
    response.body.resize(response.body.size() / 2);
  }
  return response;
}

HttpResponse EviHistory::one_group(const HttpRequest& request, const std::string& rest,
                                   const std::vector<EviChatHistory>& chats) {
  const Paging paging = paging_of(request);
  std::vector<std::vector<EviChatHistory>> groups;
  for (const EviChatHistory& chat : chats) {
    const auto known = std::find_if(groups.begin(), groups.end(), [&](const auto& group) {
      return group.front().group_id == chat.group_id;
    });
    known == groups.end() ? groups.push_back({chat}) : known->push_back(chat);
  }
  if (rest.empty()) {
    json::array list;
    for (const auto& group : groups) list.push_back(group_of(group));
    return ok(page_of(paging, std::move(list), "chat_groups_page"));
  }
  const std::string id = rest.substr(0, rest.find('/'));
  const auto group = std::find_if(groups.begin(), groups.end(),
                                  [&](const auto& one) { return one.front().group_id == id; });
  if (group == groups.end()) return error(404, "no such chat group");
  if (rest == id) {
    json::object body = page_of(paging, summaries(*group), "chats_page");
    merge(body, group_of(*group));
    return ok(body);
  }
  if (rest != id + "/events") return error(404, "not found");
  json::array events;
  for (const EviChatHistory& chat : *group)
    events.insert(events.end(), chat.events.begin(), chat.events.end());
  json::object body = page_of(paging, std::move(events), "events_page");
  body["id"] = id;
  return ok(body);
}

}  // namespace tandem::standins
