#include "hume/history.hpp"

#include <fmt/format.h>

#include <string>

#include "tests/unit/catch.hpp"

using namespace tandem;
using hume::HistoryError;

namespace {

core::OutgoingResponse answered(int status, std::string body = "{}") {
  core::OutgoingResponse answer;
  answer.status = status;
  answer.body = std::move(body);
  return answer;
}

hume::HistoryAccess access_to(std::string_view url) {
  hume::HistoryAccess access;
  REQUIRE(core::parse_url(url, access.base_url));
  access.api_key = core::Secret("invented-key");
  return access;
}

std::string page_of(std::string_view events, std::string_view status = "USER_ENDED") {
  return fmt::format(
      R"({{"id":"chat-1","chat_group_id":"group-1","status":"{}","start_timestamp":1773049500000,)"
      R"("page_number":0,"page_size":100,"total_pages":2,"pagination_direction":"ASC",)"
      R"("events_page":[{}]}})",
      status, events);
}

std::string event(std::string_view type, std::string_view more) {
  return fmt::format(R"({{"id":"e-1","chat_id":"chat-1","type":"{}",{}}})", type, more);
}

core::WallTime wall(std::int64_t milliseconds) {
  return core::WallTime(std::chrono::milliseconds(milliseconds));
}

}  // namespace

TEST_CASE("a page of a chat's events is asked for by id, oldest first, with the key in a header",
          "[hume]") {
  const auto request =
      hume::chat_events_request(access_to("https://evi.example/base/"), "a b/c", 3);
  CHECK(request.method == "GET");
  CHECK(request.url.host == "evi.example");
  CHECK(request.url.target ==
        "/base/v0/evi/chats/a%20b%2Fc?page_number=3&page_size=100&ascending_order=true");
  CHECK(core::find_header(request.headers, "X-Hume-Api-Key") == "invented-key");
  const auto group = hume::group_chats_request(access_to("https://evi.example"), "group-1", 0);
  CHECK(group.url.target ==
        "/v0/evi/chat_groups/group-1?page_number=0&page_size=100&ascending_order=true");
}

TEST_CASE("of a page of events the words of both sides are kept, with Hume's time", "[hume]") {
  const auto text = page_of(
      event("SYSTEM_PROMPT", R"("role":"SYSTEM","timestamp":1,"message_text":"You answer.")") +
      "," +
      event("USER_MESSAGE", R"("role":"USER","timestamp":1773049501500,"message_text":"Hi")") +
      "," + event("AGENT_MESSAGE", R"("timestamp":1773049502,"message_text":"Hello, who is it?")"));
  const auto page = hume::parse_chat_events(answered(200, text));
  REQUIRE(page.ok());
  CHECK(page->total_pages == 2);
  CHECK(page->events == 3);
  CHECK_FALSE(page->is_active);
  REQUIRE(page->lines.size() == 2);
  CHECK(page->lines[0].event_id == "e-1");
  CHECK(page->lines[0].chat_id == "chat-1");
  CHECK(page->lines[0].speaker == core::Speaker::user);
  CHECK(page->lines[0].text == "Hi");
  CHECK(page->lines[0].at == wall(1773049501500));
  CHECK(page->lines[1].speaker == core::Speaker::assistant);
  CHECK(page->lines[1].at == wall(1773049502000));  // documented as seconds
}

TEST_CASE("events without words, without id or of unknown types are passed over", "[hume]") {
  for (const auto* odd : {
           R"({"id":"e","type":"USER_MESSAGE","timestamp":1})",
           R"({"id":"e","type":"USER_MESSAGE","timestamp":1,"message_text":null})",
           R"({"id":"e","type":"USER_MESSAGE","timestamp":1,"message_text":" \n "})",
           R"({"type":"USER_MESSAGE","timestamp":1,"message_text":"words"})",
           R"({"id":"e","type":"WHISPER_MESSAGE","timestamp":1,"message_text":"words"})",
           R"({"id":"e","type":7,"message_text":"words"})",
           R"("USER_MESSAGE")",
       }) {
    INFO(odd);
    const auto page = hume::parse_chat_events(answered(200, page_of(odd)));
    REQUIRE(page.ok());
    CHECK(page->events == 1);
    CHECK(page->lines.empty());
  }
}

TEST_CASE("a time that is none leaves the line without one", "[hume]") {
  for (const auto* time : {"null", "\"noon\"", "-4", "0", "1e300"}) {
    INFO(time);
    const auto page = hume::parse_chat_events(answered(
        200, page_of(event("USER_MESSAGE",
                           fmt::format(R"("timestamp":{},"message_text":"words")", time)))));
    REQUIRE(page.ok());
    REQUIRE(page->lines.size() == 1);
    CHECK(page->lines[0].at == core::WallTime{});
  }
}

TEST_CASE("a chat that still runs says so", "[hume]") {
  const auto page = hume::parse_chat_events(answered(200, page_of("", "ACTIVE")));
  REQUIRE(page.ok());
  CHECK(page->is_active);
}

TEST_CASE("an answer that is cut off or is none is a bad answer, worth another try", "[hume]") {
  const auto whole = page_of(event("USER_MESSAGE", R"("timestamp":1,"message_text":"words")"));
  for (std::size_t length = 0; length < whole.size(); ++length) {
    const auto page = hume::parse_chat_events(answered(200, whole.substr(0, length)));
    REQUIRE_FALSE(page.ok());
    CHECK(page.error() == HistoryError::bad_answer);
  }
  for (const auto* odd :
       {"[]", "7", R"({"events_page":[]})", R"({"total_pages":1})",
        R"({"total_pages":-1,"events_page":[]})", R"({"total_pages":"1","events_page":[]})",
        R"({"total_pages":1,"events_page":{}})"}) {
    INFO(odd);
    CHECK_FALSE(hume::parse_chat_events(answered(200, odd)).ok());
  }
  CHECK(hume::is_passing(HistoryError::bad_answer));
}

TEST_CASE("every refusal has its class, and only passing ones are asked again", "[hume]") {
  struct Known {
    int status;
    HistoryError error;
    bool is_passing;
  };
  const Known cases[] = {
      {429, HistoryError::busy, true},       {500, HistoryError::in_trouble, true},
      {503, HistoryError::in_trouble, true}, {401, HistoryError::refused, false},
      {403, HistoryError::refused, false},   {404, HistoryError::not_there, false},
      {400, HistoryError::not_there, false}, {410, HistoryError::not_there, false},
      {302, HistoryError::other, false},     {204, HistoryError::other, false},
  };
  for (const Known& known : cases) {
    INFO(known.status);
    const auto page = hume::parse_chat_events(answered(known.status));
    REQUIRE_FALSE(page.ok());
    CHECK(page.error() == known.error);
    CHECK(hume::is_passing(page.error()) == known.is_passing);
    CHECK(hume::parse_group_chats(answered(known.status)).error() == known.error);
  }
  core::OutgoingResponse nobody;
  nobody.failure = core::OutgoingResponse::Failure::not_sent;
  CHECK(hume::parse_chat_events(nobody).error() == HistoryError::unreachable);
  CHECK(hume::is_passing(HistoryError::unreachable));
}

TEST_CASE("a group names its chats and when they began", "[hume]") {
  const auto group = hume::parse_group_chats(answered(
      200,
      R"({"total_pages":1,"chats_page":[{"id":"c-1","start_timestamp":1773049500000},{"no":1},)"
      R"({"id":"c-2"}]})"));
  REQUIRE(group.ok());
  REQUIRE(group->chats.size() == 2);
  CHECK(group->chats[0].id == "c-1");
  CHECK(group->chats[0].began == wall(1773049500000));
  CHECK(group->chats[1].began == core::WallTime{});
}
