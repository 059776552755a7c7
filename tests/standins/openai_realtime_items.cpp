// The conversation of a Realtime session: its items, and the caller's turns that become some.
#include <fmt/format.h>

#include <algorithm>

#include "openai_realtime_session.hpp"

namespace tandem::standins {

namespace {

json::value value_of(std::string_view text) { return json::value(json::string_view(text)); }
json::value id_or_null(const std::string& id) {
  return id.empty() ? json::value(nullptr) : value_of(id);
}

std::string said_in(const json::object& item) {
  std::string text;
  for (const json::value& part : array_or_empty(item, "content"))
    if (part.is_object()) text += text_or(part.as_object(), "text", "");
  return text;
}

}  // namespace

RealtimeSession::Item* RealtimeSession::find(const std::string& id) {
  const auto found =
      std::find_if(items_.begin(), items_.end(), [&](const Item& item) { return item.id == id; });
  return found == items_.end() ? nullptr : &*found;
}

void RealtimeSession::add_item(Item item, const std::string& previous) {
  const json::object content = item.content;
  const bool is_done = text_or(content, "status", "") == "completed";
  auto place = items_.end();
  if (Item* before = find(previous)) place = items_.begin() + (before - items_.data()) + 1;
  items_.insert(place, std::move(item));
  for (const char* type : {"conversation.item.added", "conversation.item.done"}) {
    send({{"type", type}, {"previous_item_id", id_or_null(previous)}, {"item", content}});
    if (!is_done) return;
  }
}

void RealtimeSession::create_item(const json::object& event) {
  json::object content = object_or_empty(event, "item");
  std::string id = text_or(content, "id", "");
  if (id.empty()) id = "item_" + random_hex(12);
  if (find(id) != nullptr) {
    record_.violation("an item id twice");
    return refuse("item_already_exists", "An item with that id exists.", event, "item.id");
  }
  const std::string previous = text_or(event, "previous_item_id", last_item());
  if (!previous.empty() && previous != "root" && find(previous) == nullptr) {
    record_.violation("previous_item_id names no item");
    return refuse("item_not_found", "The previous item does not exist.", event, "previous_item_id");
  }
  const std::string role = text_or(content, "role", "");
  if (text_or(content, "type", "") == "function_call_output") {
    const auto call = tool_calls_.find(text_or(content, "call_id", ""));
    if (call == tool_calls_.end() || call->second) {
      record_.violation("the output of a call that was not made, or is answered");
      return refuse("item_not_found", "No such function call.", event, "item.call_id");
    }
    call->second = true;
  } else if (role == "user" && !has_greeted_) {
    // Told about an earlier session: the conversation goes on where it was.
    has_greeted_ = true;
    dialogue_.carry_on(1);
  } else if (role == "user" && !has_spoken_) {
    dialogue_.carry_on(dialogue_.next_turn() + 1);
  } else if (role == "assistant") {
    has_greeted_ = true;
  }
  told_ += said_in(content) + '\n';
  dialogue_.told(told_);
  content["id"] = value_of(id);
  content["object"] = "realtime.item";
  content["status"] = "completed";
  add_item({id, std::move(content)}, previous == "root" ? "" : previous);
}

void RealtimeSession::truncate_item(const json::object& event) {
  const std::string id = text_or(event, "item_id", "");
  Item* item = find(id);
  if (item == nullptr)
    return refuse("item_not_found", "The item does not exist.", event, "item_id");
  const std::int64_t sent = answer_ && answer_->item_id == id ? answer_->sent_ms() : item->audio_ms;
  const std::int64_t end = number_or(event, "audio_end_ms", 0);
  if (sent < 0) {
    record_.violation("only what the agent speaks can be truncated");
    return refuse("invalid_value", "Only model output audio can be truncated.", event, "item_id");
  }
  if (end > sent) {
    record_.violation(fmt::format("truncated at {} ms of {}", end, sent));
    return refuse("", fmt::format("Audio content of {}ms is already shorter than {}ms", sent, end),
                  event);
  }
  item->audio_ms = end;
  item->content["content"] = json::array{{{"type", "output_audio"}}};
  record_.event("truncated", {{"id", value_of(id)}, {"audio_end_ms", end}, {"of_ms", sent}});
  send({{"type", "conversation.item.truncated"},
        {"item_id", value_of(id)},
        {"content_index", 0},
        {"audio_end_ms", end}});
}

void RealtimeSession::delete_item(const json::object& event) {
  const std::string id = text_or(event, "item_id", "");
  if (find(id) == nullptr)
    return refuse("item_not_found", "The item does not exist.", event, "item_id");
  std::erase_if(items_, [&](const Item& item) { return item.id == id; });
  record_.event("deleted", {{"id", value_of(id)}});
  send({{"type", "conversation.item.deleted"}, {"item_id", value_of(id)}});
}

void RealtimeSession::retrieve_item(const json::object& event) {
  const Item* item = find(text_or(event, "item_id", ""));
  if (item == nullptr)
    return refuse("item_not_found", "The item does not exist.", event, "item_id");
  send({{"type", "conversation.item.retrieved"}, {"item", item->content}});
}

void RealtimeSession::hear(const SpeechDetector::Event& event) {
  using Kind = SpeechDetector::Event::Kind;
  if (event.kind == Kind::interrupting) return;
  if (event.kind == Kind::ended) return finish_turn(event);
  speech_item_ = "item_" + random_hex(12);
  const std::int64_t padding = number_or(turn_detection(), "prefix_padding_ms", 300);
  const json::object started{
      {"type", "input_audio_buffer.speech_started"},
      {"audio_start_ms", std::max<std::int64_t>(0, event.begin_ms - padding)},
      {"item_id", value_of(speech_item_)}};
  record_.event("caller_began", {{"media_ms", event.begin_ms}});
  send(started);
  if (fault("double_speech_started")) send(started);
  const bool interrupts = flag_or(turn_detection(), "interrupt_response", true);
  if (answer_ && answer_->in_conversation && interrupts) cut("turn_detected");
}

void RealtimeSession::finish_turn(const SpeechDetector::Event& event) {
  const std::string id = speech_item_;
  const Utterance heard = dialogue_.hear(event.levels);
  record_.event("caller_ended", {{"media_ms", event.end_ms}, {"recognised", heard.clip}});
  has_greeted_ = true;
  send({{"type", "input_audio_buffer.speech_stopped"},
        {"audio_end_ms", event.end_ms},
        {"item_id", value_of(id)}});
  const std::string previous = last_item();
  send({{"type", "input_audio_buffer.committed"},
        {"previous_item_id", id_or_null(previous)},
        {"item_id", value_of(id)}});
  json::object content{
      {"id", value_of(id)}, {"object", "realtime.item"},
      {"type", "message"},  {"status", "completed"},
      {"role", "user"},     {"content", {{{"type", "input_audio"}, {"transcript", nullptr}}}}};
  add_item({id, std::move(content)}, previous);
  transcribe(id, heard, event.end_ms - event.begin_ms);
  if (flag_or(turn_detection(), "create_response", true)) answer_caller();
}

void RealtimeSession::transcribe(const std::string& item, const Utterance& heard, std::int64_t ms) {
  const json::object& input = object_or_empty(object_or_empty(session_, "audio"), "input");
  if (object_or_empty(input, "transcription").empty()) return;
  const std::string how = text_or(settings_.faults, "transcription", "");
  if (how == "missing") return;
  constexpr const char* kind = "conversation.item.input_audio_transcription.";
  after(settings_.transcription_ms, [=, this, text = heard.text] {
    json::object event{{"item_id", value_of(item)}, {"content_index", 0}};
    if (how == "failed") {
      event["type"] = value_of(std::string(kind) + "failed");
      event["error"] = {{"type", "transcription_error"},
                        {"code", "audio_unintelligible"},
                        {"message", "The audio could not be transcribed."}};
      return send(std::move(event));
    }
    json::object delta = event;
    delta["type"] = value_of(std::string(kind) + "delta");
    delta["delta"] = value_of(text);
    send(std::move(delta));
    event["type"] = value_of(std::string(kind) + "completed");
    event["transcript"] = value_of(text);
    event["usage"] = {{"type", "duration"}, {"seconds", (ms + 999) / 1000}};
    record_.event("user_turn", {{"text", value_of(text)}});
    send(std::move(event));
  });
}

}  // namespace tandem::standins
