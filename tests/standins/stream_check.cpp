#include "stream_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>

#include "encoding.hpp"
#include "json.hpp"

namespace tandem::standins {

namespace {

StreamWarning bad(std::string reason) { return {31951, std::move(reason)}; }

// Empty when `object` has exactly these keys.
std::string key_problem(const json::object& object, std::initializer_list<std::string_view> keys) {
  for (const std::string_view key : keys) {
    if (!object.contains(key)) return fmt::format("missing field '{}'", key);
  }
  for (const auto& [key, value] : object) {
    if (std::find(keys.begin(), keys.end(), key) == keys.end()) {
      return fmt::format("extra field '{}'", std::string_view(key));
    }
  }
  return {};
}

bool is_container(std::string_view audio) {
  constexpr std::string_view heads[] = {"RIFF", "ID3", "fLaC", "OggS"};
  return std::any_of(std::begin(heads), std::end(heads),
                     [&](std::string_view head) { return audio.starts_with(head); });
}

StreamMessage check_media(const json::object& message) {
  if (auto problem = key_problem(message, {"event", "streamSid", "media"}); !problem.empty())
    return bad(problem);
  const json::value& media = message.at("media");
  if (!media.is_object()) return bad("'media' is not an object");
  if (auto problem = key_problem(media.as_object(), {"payload"}); !problem.empty())
    return bad("media: " + problem);
  const json::value& payload = media.as_object().at("payload");
  if (!payload.is_string()) return bad("'media.payload' is not a string");
  const auto audio = base64_decode(std::string_view(payload.as_string()));
  if (!audio) return bad("'media.payload' is not base64");
  if (audio->empty()) return bad("'media.payload' is empty");
  if (is_container(*audio)) return bad("'media.payload' holds a container, not raw audio");
  return StreamMedia{{audio->begin(), audio->end()}};
}

StreamMessage check_mark(const json::object& message) {
  if (auto problem = key_problem(message, {"event", "streamSid", "mark"}); !problem.empty())
    return bad(problem);
  const json::value& mark = message.at("mark");
  if (!mark.is_object()) return bad("'mark' is not an object");
  if (auto problem = key_problem(mark.as_object(), {"name"}); !problem.empty())
    return bad("mark: " + problem);
  if (!mark.as_object().at("name").is_string()) return bad("'mark.name' is not a string");
  return StreamMark{std::string(mark.as_object().at("name").as_string())};
}

}  // namespace

StreamMessage check_stream_message(std::string_view text, std::string_view stream_sid) {
  json::error_code error;
  const json::value value = json::parse({text.data(), text.size()}, error);
  if (error) return bad("not JSON");
  if (!value.is_object()) return bad("not a JSON object");
  const json::object& message = value.as_object();
  const json::value* event = message.if_contains("event");
  const json::value* sid = message.if_contains("streamSid");
  if (event == nullptr || !event->is_string()) return bad("missing field 'event'");
  if (sid == nullptr || !sid->is_string() ||
      sid->as_string() != json::string_view(stream_sid.data(), stream_sid.size())) {
    return bad("wrong or missing streamSid");
  }
  if (event->as_string() == "media") return check_media(message);
  if (event->as_string() == "mark") return check_mark(message);
  if (event->as_string() != "clear") {
    return bad(fmt::format("unknown event '{}'", std::string_view(event->as_string())));
  }
  if (auto problem = key_problem(message, {"event", "streamSid"}); !problem.empty())
    return bad(problem);
  return StreamClear{};
}

}  // namespace tandem::standins
