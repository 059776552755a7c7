// Everything a Realtime session does wrong on purpose (README.md, OpenAI `faults`).
#include <fmt/format.h>

#include "openai_realtime_session.hpp"

namespace tandem::standins {

namespace {

json::value value_of(std::string_view text) { return json::value(json::string_view(text)); }

}  // namespace

void RealtimeSession::schedule_faults() {
  const json::object& faults = settings_.faults;
  for (const char* key :
       {"reset_after_ms", "eof_after_ms", "close_after_ms", "binary_after_ms", "mute_after_ms"}) {
    if (!has(faults, key)) continue;
    const std::string kind(key, std::string_view(key).find("_after"));
    after(number_or(faults, key, 0), [this, kind] {
      obey({{"fault", value_of(kind)},
            {"code", number_or(settings_.faults, "close_code", 1011)},
            {"reason", value_of(text_or(settings_.faults, "close_reason", ""))}});
    });
  }
  if (has(faults, "error")) {
    json::object order = object_or_empty(faults, "error");
    order["fault"] = "error";
    after(number_or(order, "after_ms", 0), [this, order] { obey(order); });
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
}

void RealtimeSession::obey(const json::object& order) {
  const std::string kind = text_or(order, "fault", "");
  record_.event("fault", {{"kind", value_of(kind)}});
  if (kind == "reset" || kind == "eof") {
    record_.set("closed_by", value_of(kind));
    record_.set("close_code", 1006);
    over_ = true;
    kind == "reset" ? socket_.connection().reset() : socket_.connection().shut();
  } else if (kind == "close") {
    close(static_cast<std::uint16_t>(number_or(order, "code", 1011)), text_or(order, "reason", ""));
  } else if (kind == "error") {
    send_error(text_or(order, "type", "server_error"), text_or(order, "code", ""),
               text_or(order, "message", "The server had an error."));
    if (has(order, "close")) close(static_cast<std::uint16_t>(number_or(order, "close", 1011)));
  } else if (kind == "send") {
    socket_.send_text(text_or(order, "text", "{}"));
  } else if (kind == "binary") {
    socket_.send_binary(std::string(320, '\0'));
  } else if (kind == "invalid_utf8") {
    socket_.send_text("{\"type\":\"\xc3\x28\"}");
  } else if (kind == "huge") {
    std::string text = R"({"type":"weather","padding":")";
    text.append(static_cast<std::size_t>(number_or(order, "bytes", 2 << 20)), 'x').append("\"}");
    socket_.send_text(text);
  } else if (kind == "say") {
    if (!answer_) say_text(text_or(order, "text", "Hello."), {});
  } else if (kind == "expire") {
    expire();
  } else if (kind == "mute" || kind == "unmute") {
    muted_ = kind == "mute";
    if (muted_) answer_.reset();
  } else if (kind == "ping") {
    socket_.send_frame(Opcode::ping, true, "are you there");
  } else {
    record_.violation(fmt::format("unknown fault '{}'", kind));
  }
}

void RealtimeSession::faults_after_audio() {
  const json::object& faults = settings_.faults;
  const int number = answers_started_ - 1;
  if (number_or(faults, "reset_in_turn", -1) == number) return obey({{"fault", "reset"}});
  if (number_or(faults, "close_in_turn", -1) == number) {
    return obey({{"fault", "close"},
                 {"code", number_or(faults, "close_code", 1011)},
                 {"reason", value_of(text_or(faults, "close_reason", ""))}});
  }
  if (number_or(faults, "stall_after_chunks", 0) == chunks_sent_ && answer_) {
    for (RealtimePart& part : answer_->parts)
      part.due += Milliseconds(number_or(faults, "stall_ms", 1000));
  }
}

// Keys that a tolerant client must pass over.
void RealtimeSession::decorate(json::object& event) const {
  if (!fault("unknown_keys")) return;
  event["is_final_chunk"] = false;
  event["future"] = {{"nested", {1, 2, 3}}};
}

// True while the fault's count lasts; counts down.
bool RealtimeSession::use_up(std::string_view name) {
  const std::int64_t left = number_or(settings_.faults, name, 0);
  if (left > 0) settings_.faults[name] = left - 1;
  return left > 0;
}

std::optional<RealtimeTool> RealtimeSession::scripted_tool() {
  if (!has(settings_.faults, "tool_call")) return std::nullopt;
  const json::object tool = object_or_empty(settings_.faults, "tool_call");
  settings_.faults.erase("tool_call");
  return RealtimeTool{"call_" + random_hex(12), text_or(tool, "name", "transfer"),
                      text_or(tool, "arguments", R"({"reason":"asked for a person"})")};
}

}  // namespace tandem::standins
