// What the agent of a Realtime session says, event by event in the order of the real party.
#include <fmt/format.h>

#include <algorithm>

#include "openai_realtime_session.hpp"

namespace tandem::standins {

namespace {

json::value value_of(std::string_view text) { return json::value(json::string_view(text)); }

std::string wire_bytes(const Samples& samples, RealtimeFormat format) {
  if (!format.is_ulaw) return pcm_bytes(samples);
  std::string bytes(samples.size(), '\0');
  std::transform(samples.begin(), samples.end(), bytes.begin(),
                 [](std::int16_t sample) { return static_cast<char>(ulaw_encode(sample)); });
  return bytes;
}

// Of instructions to say something, the words to be said: what follows the last colon of the last
// line.
std::string words_wanted(const std::string& instructions) {
  const std::size_t line = instructions.find_last_of('\n') + 1;
  const std::size_t colon = instructions.find(": ", line);
  return colon == std::string::npos ? std::string() : instructions.substr(colon + 2);
}

json::object usage_object(std::int64_t audio_ms, std::size_t text_bytes) {
  const std::int64_t audio = audio_ms / 50;
  const auto text = static_cast<std::int64_t>(text_bytes / 4);
  return {{"total_tokens", 640 + audio + text},
          {"input_tokens", 640},
          {"output_tokens", audio + text},
          {"input_token_details",
           {{"text_tokens", 410},
            {"audio_tokens", 230},
            {"image_tokens", 0},
            {"cached_tokens", 384},
            {"cached_tokens_details",
             {{"text_tokens", 384}, {"audio_tokens", 0}, {"image_tokens", 0}}}}},
          {"output_token_details", {{"text_tokens", text}, {"audio_tokens", audio}}}};
}

}  // namespace

void RealtimeSession::create_response(const json::object& event) {
  if (muted_) return record_.event("stays_mute");
  const json::object& wish = object_or_empty(event, "response");
  const bool in_conversation = text_or(wish, "conversation", "auto") != "none";
  if (answer_ && (in_conversation || !answer_->in_conversation)) {
    return refuse("conversation_already_has_active_response",
                  fmt::format("Conversation already has an active response in progress: {}. Wait "
                              "until the response is finished before creating a new one.",
                              answer_->id),
                  event);
  }
  const std::string instructions = text_or(wish, "instructions", "");
  // What is to be said word for word; of the first words of a call the scenario knows better.
  const std::string words = words_wanted(instructions);
  if (!has_greeted_) {
    has_greeted_ = true;
    return say(dialogue_.greeting(), false, 0, wish, settings_.think_ms / 2);
  }
  if (!words.empty()) return say_text(words, wish);
  const Answer reply = dialogue_.answer();
  say(reply.clips, reply.hang_up, reply.speed, wish, settings_.think_ms / 2);
}

void RealtimeSession::answer_caller() {
  if (muted_ || use_up("mute_turns")) return record_.event("stays_mute");
  if (auto tool = scripted_tool()) {
    RealtimeAnswer answer;
    tool_calls_[tool->call_id] = false;
    answer.tools.push_back(std::move(*tool));
    return start(std::move(answer), {}, 0, settings_.think_ms);
  }
  const Answer reply = dialogue_.answer();
  say(reply.clips, reply.hang_up, reply.speed, {}, settings_.think_ms);
}

void RealtimeSession::say(const std::vector<std::string>& clips, bool hangs_up, double speed,
                          const json::object& wish, std::int64_t delay_ms) {
  RealtimeAnswer answer;
  for (const std::string& clip : clips) {
    answer.text += (answer.text.empty() ? "" : " ") + speech_.agent_text(clip);
    answer.audio += wire_bytes(*speech_.agent_clip(clip, output_.rate()), output_);
  }
  if (hangs_up) {
    const std::string id = "call_" + random_hex(12);
    tool_calls_[id] = false;
    answer.tools.push_back({id, "hang_up", R"({"reason":"done"})"});
  }
  start(std::move(answer), wish, speed, delay_ms);
}

// Speech that nobody recorded: a soft tone as long as the words would take.
void RealtimeSession::say_text(const std::string& text, const json::object& wish) {
  RealtimeAnswer answer;
  answer.text = text;
  const int ms = std::max<int>(400, static_cast<int>(text.size()) * 60);
  answer.audio = wire_bytes(tone(300, 0.2, output_.rate(), ms), output_);
  start(std::move(answer), wish, 0, 0);
}

void RealtimeSession::start(RealtimeAnswer answer, const json::object& wish, double speed,
                            std::int64_t delay_ms) {
  ++answers_started_;
  answer.id = "resp_" + random_hex(12);
  answer.item_id = "item_" + random_hex(12);
  answer.format = output_;
  answer.in_conversation = text_or(wish, "conversation", "auto") != "none";
  if (const json::value* metadata = wish.if_contains("metadata")) answer.metadata = *metadata;
  plan_answer(answer, settings_, speed, Clock::now() + Milliseconds(delay_ms));
  answer_ = std::move(answer);
}

json::object RealtimeSession::response_object(std::string_view status) const {
  json::object response{
      {"object", "realtime.response"},
      {"id", value_of(answer_->id)},
      {"status", value_of(status)},
      {"output", json::array()},
      {"conversation_id", "conv_standin"},
      {"output_modalities", {"audio"}},
      {"max_output_tokens", session_.at("max_output_tokens")},
      {"audio", {{"output", object_or_empty(object_or_empty(session_, "audio"), "output")}}}};
  response["audio"].as_object()["output"].as_object().erase("speed");
  if (!answer_->in_conversation) response.erase("conversation_id");
  if (!answer_->metadata.is_null()) response["metadata"] = answer_->metadata;
  return response;
}

json::object RealtimeSession::spoken_item(std::string_view status) const {
  json::object item{
      {"id", value_of(answer_->item_id)}, {"object", "realtime.item"}, {"type", "message"},
      {"status", value_of(status)},       {"role", "assistant"},       {"content", json::array()}};
  if (status != "in_progress")
    item["content"] =
        json::array{{{"type", "output_audio"}, {"transcript", value_of(answer_->sent_text)}}};
  return item;
}

json::object RealtimeSession::part_event(std::string_view type) const {
  return {{"type", value_of(type)},
          {"response_id", value_of(answer_->id)},
          {"item_id", value_of(answer_->item_id)},
          {"output_index", 0},
          {"content_index", 0}};
}

void RealtimeSession::send_part(const RealtimePart& part) {
  using Kind = RealtimePart::Kind;
  switch (part.kind) {
    case Kind::begin:
      return send_begin();
    case Kind::words: {
      json::object delta = part_event("response.output_audio_transcript.delta");
      delta["delta"] = value_of(part.text);
      answer_->sent_text += part.text;
      return send(std::move(delta));
    }
    case Kind::audio:
      return send_audio(part);
    case Kind::end:
      return finish("completed", "");
  }
}

void RealtimeSession::send_begin() {
  answer_->began = true;
  if (!fault("done_without_created"))
    send({{"type", "response.created"}, {"response", response_object("in_progress")}});
  if (use_up("fail_responses")) return fail();
  send({{"type", "rate_limits.updated"},
        {"rate_limits",
         {{{"name", "tokens"}, {"limit", 40000}, {"remaining", 38110}, {"reset_seconds", 2.83}}}}});
  if (answer_->audio.empty()) return;
  const json::object item = spoken_item("in_progress");
  send({{"type", "response.output_item.added"},
        {"response_id", value_of(answer_->id)},
        {"output_index", 0},
        {"item", item}});
  if (answer_->in_conversation) add_item({answer_->item_id, item, 0}, last_item());
  json::object part = part_event("response.content_part.added");
  part["part"] = {{"type", "audio"}, {"transcript", ""}};
  send(std::move(part));
  record_.event("answer", {{"id", value_of(answer_->item_id)}, {"text", value_of(answer_->text)}});
}

void RealtimeSession::send_audio(const RealtimePart& part) {
  has_spoken_ = true;
  const std::string bytes = answer_->audio.substr(part.first, part.bytes);
  json::object delta = part_event("response.output_audio.delta");
  std::string data = base64_encode(bytes);
  if (text_or(settings_.faults, "base64", "") == "invalid") data.replace(0, 4, "!*!*");
  delta["delta"] = value_of(data);
  send(std::move(delta));
  answer_->sent_bytes += part.bytes;
  if (Item* item = find(answer_->item_id)) item->audio_ms = answer_->sent_ms();
  const auto* codes = reinterpret_cast<const std::uint8_t*>(bytes.data());
  const Samples samples =
      answer_->format.is_ulaw ? ulaw_decode(std::span(codes, bytes.size())) : pcm_samples(bytes);
  record_.sent(answer_->item_id, answer_->text, samples, answer_->format.rate());
  ++chunks_sent_;
  faults_after_audio();
}

void RealtimeSession::send_tool(const RealtimeTool& tool, std::int64_t index) {
  const std::string id = "item_" + random_hex(12);
  const auto place = [&](json::object event) {
    event["response_id"] = value_of(answer_->id);
    event["output_index"] = index;
    send(std::move(event));
  };
  json::object item{
      {"id", value_of(id)},      {"object", "realtime.item"},   {"type", "function_call"},
      {"status", "in_progress"}, {"name", value_of(tool.name)}, {"call_id", value_of(tool.call_id)},
      {"arguments", ""}};
  place({{"type", "response.output_item.added"}, {"item", item}});
  item["status"] = "completed";
  item["arguments"] = value_of(tool.arguments);
  add_item({id, item}, last_item());
  place({{"type", "response.function_call_arguments.delta"},
         {"item_id", value_of(id)},
         {"call_id", value_of(tool.call_id)},
         {"delta", value_of(tool.arguments)}});
  place({{"type", "response.function_call_arguments.done"},
         {"item_id", value_of(id)},
         {"call_id", value_of(tool.call_id)},
         {"name", value_of(tool.name)},
         {"arguments", value_of(tool.arguments)}});
  place({{"type", "response.output_item.done"}, {"item", item}});
  record_.event("tool_call", {{"name", value_of(tool.name)}, {"id", value_of(tool.call_id)}});
}

// The caller or the client cut in: what was sent stays, the rest is never made.
void RealtimeSession::cut(std::string_view reason) {
  record_.event("cut", {{"id", value_of(answer_->item_id)},
                        {"reason", value_of(reason)},
                        {"sent_ms", answer_->sent_ms()}});
  std::int64_t late = number_or(settings_.faults, "late_audio", 0);
  std::vector<RealtimePart> rest(answer_->parts.begin(), answer_->parts.end());
  answer_->parts.clear();
  const RealtimeAnswer dead = *answer_;
  finish("cancelled", reason);
  for (const RealtimePart& part : rest) {
    if (part.kind != RealtimePart::Kind::audio || late-- <= 0 || over_) continue;
    send({{"type", "response.output_audio.delta"},
          {"response_id", value_of(dead.id)},
          {"item_id", value_of(dead.item_id)},
          {"output_index", 0},
          {"content_index", 0},
          {"delta", value_of(base64_encode(dead.audio.substr(part.first, part.bytes)))}});
    record_.event("late_audio", {{"id", value_of(dead.item_id)}});
  }
}

void RealtimeSession::finish(std::string_view status, std::string_view reason) {
  const bool completed = status == "completed";
  const std::string_view item_status = completed ? "completed" : "incomplete";
  json::array output;
  if (answer_->began && !answer_->audio.empty()) {
    send(part_event("response.output_audio.done"));
    json::object transcript = part_event("response.output_audio_transcript.done");
    transcript["transcript"] = value_of(answer_->sent_text);
    if (!fault("no_transcript_done")) send(std::move(transcript));
    json::object part = part_event("response.content_part.done");
    part["part"] = {{"type", "audio"}, {"transcript", value_of(answer_->sent_text)}};
    send(std::move(part));
    const json::object item = spoken_item(item_status);
    send({{"type", "response.output_item.done"},
          {"response_id", value_of(answer_->id)},
          {"output_index", 0},
          {"item", item}});
    if (Item* known = find(answer_->item_id)) {
      known->content = item;
      send({{"type", "conversation.item.done"}, {"previous_item_id", nullptr}, {"item", item}});
    }
    output.push_back(item);
  }
  if (completed) {
    for (const RealtimeTool& tool : answer_->tools) {
      send_tool(tool, static_cast<std::int64_t>(output.size()));
      output.push_back(items_.back().content);
    }
  }
  json::object response = response_object(status);
  response["output"] = std::move(output);
  if (!completed) {
    response["status_details"] = {{"type", value_of(status)}, {"reason", value_of(reason)}};
  }
  response["usage"] = usage_object(answer_->sent_ms(), answer_->sent_text.size());
  record_.event("response_done", {{"status", value_of(status)}});
  send({{"type", "response.done"}, {"response", std::move(response)}});
  answer_.reset();
}

void RealtimeSession::fail() {
  const std::string code = text_or(settings_.faults, "fail_code", "inference_rate_limit_exceeded");
  const bool is_quota = code == "insufficient_quota";
  json::object response = response_object("failed");
  response["status_details"] = {
      {"type", "failed"},
      {"error",
       {{"type", is_quota ? "insufficient_quota" : "invalid_request_error"},
        {"code", value_of(code)},
        {"message", "Failed on demand."}}}};
  record_.event("response_done", {{"status", "failed"}});
  send({{"type", "response.done"}, {"response", std::move(response)}});
  answer_.reset();
}

}  // namespace tandem::standins
