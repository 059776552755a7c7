// Chat history over REST as Hume serves it (dev.hume.ai, "Chats" and "Chat groups"; shapes of npm
// `hume` 0.16): lists of chats and groups, and the events of one, in pages. What a chat says there
// follows from what happened in it; a script changes it per chat.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http.hpp"
#include "json.hpp"

namespace tandem::standins {

// One chat as its history tells it. `events` have id, timestamp (ms), role, type and message_text.
struct EviChatHistory {
  std::string id, group_id;
  std::int64_t start_ms = 0;
  std::optional<std::int64_t> end_ms;
  std::string status;
  json::array events;
};

class EviHistory {
 public:
  // Control API, README.md: `chat_id` names the chat that is meant, without it all others. Throws
  // BadInput.
  void script(const json::object& orders);

  static bool owns(std::string_view path);
  // `chats` oldest first.
  HttpResponse answer(const HttpRequest& request, std::vector<EviChatHistory> chats);
  // Every request so far: path and status.
  json::array requests() const;

 private:
  HttpResponse route(const HttpRequest& request, std::vector<EviChatHistory> chats);
  HttpResponse one_chat(const HttpRequest& request, const EviChatHistory& chat);
  HttpResponse one_group(const HttpRequest& request, const std::string& rest,
                         const std::vector<EviChatHistory>& chats);
  json::object orders_for(const std::string& chat_id);
  void count_down(const std::string& chat_id, const char* key);

  mutable std::mutex mutex_;
  std::map<std::string, json::object> orders_;  // by chat id, "" for all others
  json::array requests_;
};

}  // namespace tandem::standins
