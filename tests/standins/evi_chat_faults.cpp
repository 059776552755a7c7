// Everything a chat does wrong on purpose (README.md, EVI `faults`).
#include <fmt/format.h>

#include "evi_chat.hpp"

namespace tandem::standins {

void EviChat::schedule_faults() {
  const json::object& faults = settings_.faults;
  for (const char* key :
       {"reset_after_ms", "eof_after_ms", "close_after_ms", "binary_after_ms", "mute_after_ms"}) {
    if (!has(faults, key)) continue;
    const std::string kind(key, std::string_view(key).find("_after"));
    after(number_or(faults, key, 0), [this, kind] {
      obey({{"fault", kind}, {"code", number_or(settings_.faults, "close_code", 1011)}});
    });
  }
  if (has(faults, "error")) {
    const json::object error = object_or_empty(faults, "error");
    after(number_or(error, "after_ms", 0), [this, error] {
      json::object order = error;
      order["fault"] = "error";
      obey(order);
    });
  }
  for (const json::value& frame : array_or_empty(faults, "send")) {
    json::object order = frame.as_object();
    order["fault"] = "send";
    after(number_or(order, "after_ms", 0), [this, order] { obey(order); });
  }
  if (has(faults, "huge_message_bytes")) {
    after(0, [this] {
      obey({{"fault", "huge"}, {"bytes", number_or(settings_.faults, "huge_message_bytes", 0)}});
    });
  }
  if (flag_or(faults, "invalid_utf8", false))
    after(0, [this] { obey({{"fault", "invalid_utf8"}}); });
}

void EviChat::obey(const json::object& order) {
  const std::string fault = text_or(order, "fault", "");
  record_.event("fault", {{"kind", fault}});
  if (fault == "reset") {
    record_.set("closed_by", "reset");
    record_.set("close_code", 1006);
    over_ = true;
    socket_.connection().reset();
  } else if (fault == "eof") {
    record_.set("closed_by", "eof");
    record_.set("close_code", 1006);
    over_ = true;
    socket_.connection().shut();
  } else if (fault == "close") {
    close(static_cast<std::uint16_t>(number_or(order, "code", 1011)));
  } else if (fault == "error") {
    send_error(text_or(order, "code", "I0100"), text_or(order, "slug", "internal_error"),
               text_or(order, "message", "Unexpected service error."),
               flag_or(order, "close", false));
  } else if (fault == "send") {
    socket_.send_text(text_or(order, "text", "{}"));
  } else if (fault == "binary") {
    socket_.send_binary(std::string(320, '\0'));
  } else if (fault == "invalid_utf8") {
    socket_.send_text("{\"type\":\"\xc3\x28\"}");
  } else if (fault == "huge") {
    std::string text = R"({"type":"weather","padding":")";
    text.append(static_cast<std::size_t>(number_or(order, "bytes", 2 << 20)), 'x').append("\"}");
    socket_.send_text(text);
  } else if (fault == "say") {
    say_text(text_or(order, "text", "Hello."));
  } else if (fault == "mute") {
    muted_ = paused_ = true;
    reply_.reset();
  } else if (fault == "interruption") {
    reply_ ? interrupt() : send(plain_message("user_interruption"));
  } else if (fault == "ping") {
    socket_.send_frame(Opcode::ping, true, "are you there");
  } else {
    record_.violation(fmt::format("unknown fault '{}'", fault));
  }
}

void EviChat::faults_after_audio() {
  const json::object& faults = settings_.faults;
  const int reply_number = replies_started_ - 1;
  const bool first_chunk = chunks_sent_ > 0;
  if (first_chunk && number_or(faults, "reset_in_turn", -1) == reply_number)
    return obey({{"fault", "reset"}});
  if (first_chunk && number_or(faults, "close_in_turn", -1) == reply_number) {
    return obey({{"fault", "close"}, {"code", number_or(faults, "close_code", 1011)}});
  }
  if (has(faults, "stall_after_chunks") &&
      number_or(faults, "stall_after_chunks", 0) == chunks_sent_) {
    for (ReplyPart& part : reply_->parts)
      part.due += Milliseconds(number_or(faults, "stall_ms", 1000));
  }
}

// Keys and types that a tolerant client must pass over.
void EviChat::decorate(json::object& message) {
  const json::object& faults = settings_.faults;
  if (flag_or(faults, "unknown_keys", false)) {
    message["is_final_chunk"] = false;
    message["future"] = {{"nested", {1, 2, 3}}};
  }
  if (flag_or(faults, "null_models", false) && message.contains("models"))
    message["models"] = {{"prosody", nullptr}};
  const bool is_assistant = message.at("type") == "assistant_message";
  if (!is_assistant) return;
  if (flag_or(faults, "null_content", false)) message["message"].as_object()["content"] = nullptr;
  if (flag_or(faults, "unknown_type", false)) {
    send({{"type", "weather_report"}, {"custom_session_id", nullptr}, {"sky", "grey"}});
  }
}

std::string EviChat::broken_base64(std::string text, std::int64_t index) const {
  const std::string kind = text_or(settings_.faults, "base64", "");
  if (kind.empty() || number_or(settings_.faults, "base64_chunk", index) != index) return text;
  const std::size_t middle = text.size() / 2;
  if (kind == "invalid") text.replace(middle, 4, "!*!*");
  if (kind == "newline") text.insert(middle, "\n");
  return text;
}

std::string EviChat::wav_fault(std::int64_t index) const {
  const std::string kind = text_or(settings_.faults, "wav", "");
  return number_or(settings_.faults, "wav_chunk", index) == index ? kind : std::string();
}

void EviChat::send_late_audio(const Reply& dead) {
  std::int64_t left = number_or(settings_.faults, "late_audio", 0);
  for (const ReplyPart& part : dead.parts) {
    if (part.kind != ReplyPart::Kind::audio || left-- <= 0) continue;
    const Sentence& sentence = dead.sentences[part.sentence];
    const auto samples = std::span(*sentence.sound).subspan(part.first_sample, part.samples);
    send(audio_output(sentence.id, part.index, wav_chunk(samples, settings_.rate, "")));
    record_.event("late_audio", {{"id", sentence.id}});
  }
}

// True: the answer waits for the client's tool.
bool EviChat::call_tool() {
  if (!has(settings_.faults, "tool_call")) return false;
  const json::object tool = object_or_empty(settings_.faults, "tool_call");
  settings_.faults.erase("tool_call");
  awaited_tool_ = "call_" + random_hex(16);
  json::object message = plain_message("tool_call");
  message["tool_call_id"] = json::value(json::string_view(awaited_tool_));
  message["tool_type"] = "function";
  message["name"] = json::value(json::string_view(text_or(tool, "name", "find_slot")));
  message["parameters"] = json::value(json::string_view(text_or(tool, "parameters", "{}")));
  message["response_required"] = true;
  send(std::move(message));
  record_.event("tool_call", {{"tool_call_id", awaited_tool_}});
  after_tool_ = [this] { answer(settings_.think_ms); };
  after(number_or(tool, "timeout_ms", 5000), [this, id = awaited_tool_] {
    if (awaited_tool_ != id) return;
    awaited_tool_.clear();
    record_.event("tool_timed_out");
    after_tool_();
  });
  return true;
}

}  // namespace tandem::standins
