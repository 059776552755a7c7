// Everything that the Gemini Live stand-in does wrong on purpose (README.md, Gemini Live `faults`).
#include <fmt/format.h>

#include <algorithm>

#include "encoding.hpp"
#include "gemini_live_session.hpp"

namespace tandem::standins {

void LiveSession::schedule_faults() {
  const json::object& faults = settings_.faults;
  for (const char* key :
       {"reset_after_ms", "eof_after_ms", "close_after_ms", "go_away_after_ms", "mute_after_ms"}) {
    if (!has(faults, key)) continue;
    const std::string kind(key, std::string_view(key).find("_after"));
    after(number_or(faults, key, 0), [this, kind] {
      obey({{"fault", kind},
            {"code", number_or(settings_.faults, "close_code", 1011)},
            {"reason", text_or(settings_.faults, "close_reason", "")}});
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
}

void LiveSession::obey(const json::object& order) {
  const std::string kind = text_or(order, "fault", "");
  record_.event("fault", {{"kind", kind}});
  if (kind == "reset" || kind == "eof") {
    record_.set("closed_by", text_value(kind));
    record_.set("close_code", 1006);
    over_ = true;
    kind == "reset" ? socket_.connection().reset() : socket_.connection().shut();
  } else if (kind == "close") {
    close(static_cast<std::uint16_t>(number_or(order, "code", 1011)), text_or(order, "reason", ""));
  } else if (kind == "go_away") {
    const std::string left = fmt::format("{}s", number_or(order, "left_s", 50));
    send({{"goAway", json::object{{"timeLeft", text_value(left)}}}});
    if (fault("mute_on_go_away")) obey({{"fault", "mute"}});
  } else if (kind == "mute") {
    muted_ = true;
    turn_.reset();
  } else if (kind == "unmute") {
    muted_ = false;
  } else if (kind == "send") {
    socket_.send_binary(text_or(order, "text", "{}"));
  } else if (kind == "huge") {
    const auto bytes = static_cast<std::size_t>(number_or(order, "bytes", 2 << 20));
    send({{"weather", text_value(std::string(bytes, 'x'))}});
  } else if (kind == "say") {
    say_text(text_or(order, "text", "Hello."));
  } else if (kind == "interruption") {
    turn_ ? interrupt() : send_content({{"interrupted", true}});
  } else if (kind == "tool_call") {
    call_tool(text_or(order, "name", "transfer"), object_or_empty(order, "args"),
              flag_or(order, "blocking", false));
  } else if (kind == "ping") {
    socket_.send_frame(Opcode::ping, true, "are you there");
  } else {
    record_.violation(fmt::format("unknown fault '{}'", kind));
  }
}

void LiveSession::faults_after_audio() {
  const json::object& faults = settings_.faults;
  const int turn = turns_started_ - 1;
  if (number_or(faults, "reset_in_turn", -1) == turn) return obey({{"fault", "reset"}});
  if (number_or(faults, "close_in_turn", -1) == turn) {
    return obey({{"fault", "close"},
                 {"code", number_or(faults, "close_code", 1011)},
                 {"reason", text_or(faults, "close_reason", "Internal error encountered.")}});
  }
  if (number_or(faults, "stall_after_chunks", -1) != chunks_sent_) return;
  for (LivePart& part : turn_->parts) part.due += Milliseconds(number_or(faults, "stall_ms", 1000));
}

// Keys that a tolerant client must pass over, and company that a careless one overlooks.
void LiveSession::decorate(json::object& message) const {
  if (fault("unknown_keys")) {
    message["futureKey"] = json::object{{"nested", json::array{1, 2, 3}}};
    if (message.contains("serverContent")) message["serverContent"].as_object()["isNew"] = true;
  }
  if (fault("several_keys") && message.contains("serverContent")) {
    message["usageMetadata"] = json::object{{"promptTokenCount", 1}, {"totalTokenCount", 1}};
    message["sessionResumptionUpdate"] = json::object{};
  }
}

json::array LiveSession::audio_parts(std::span<const std::int16_t> samples) const {
  const std::string_view mime_type = fault("no_rate") ? "audio/pcm" : "audio/pcm;rate=24000";
  json::array parts;
  if (fault("thoughts")) {
    parts.push_back(json::object{{"text", "Checking the free slots."}, {"thought", true}});
  }
  const bool splits = fault("several_parts") && samples.size() > 2;
  const std::size_t first = splits ? samples.size() / 2 : samples.size();
  for (const auto piece : {samples.first(first), samples.subspan(first)}) {
    if (piece.empty()) continue;
    std::string data = base64_encode(pcm_bytes(piece));
    if (text_or(settings_.faults, "base64", "") == "invalid")
      data.replace(data.size() / 2, 2, "!*");
    parts.push_back(json::object{
        {"inlineData", json::object{{"mimeType", mime_type}, {"data", text_value(data)}}}});
  }
  return parts;
}

// True: the answer waits for the client's tool.
bool LiveSession::call_scripted_tool() {
  if (!has(settings_.faults, "tool_call")) return false;
  const json::object tool = object_or_empty(settings_.faults, "tool_call");
  settings_.faults.erase("tool_call");
  call_tool(text_or(tool, "name", "transfer"), object_or_empty(tool, "args"),
            flag_or(tool, "blocking", false));
  after(settings_.tool_timeout_ms, [this] {
    if (pending_tools_.empty()) return;
    record_.event("tool_timed_out");
    pending_tools_.clear();
    if (owes_answer_) answer();
  });
  return true;
}

// The model may take everything and say nothing: in one turn, or from one turn on.
bool LiveSession::stays_silent() {
  const json::object& faults = settings_.faults;
  const std::int64_t only = number_or(faults, "silent_turn", -1);
  const std::int64_t from = number_or(faults, "silent_from_turn", -1);
  const bool is_silent = only == turns_started_ || (from >= 0 && turns_started_ >= from);
  if (!is_silent) return false;
  if (only == turns_started_) settings_.faults.erase("silent_turn");
  record_.event("stays_silent");
  if (has(faults, "reject_turn")) {
    send_content({{"turnComplete", true}, {"turnCompleteReason", faults.at("reject_turn")}});
  }
  return true;
}

// Audio while a blocking call is unanswered: the older models close, 3.8 gives the call up.
void LiveSession::caller_over_tool() {
  const auto blocking = std::find_if(pending_tools_.begin(), pending_tools_.end(),
                                     [](const auto& entry) { return entry.second.blocks; });
  if (blocking == pending_tools_.end() || over_) return;
  if (fault("blocking_closes")) return close(1008, "The operation was aborted.");
  if (!detector_ || !detector_->speaking()) return;
  json::array ids;
  ids.push_back(text_value(blocking->first));
  send({{"toolCallCancellation", json::object{{"ids", std::move(ids)}}}});
  record_.event("tool_cancelled", {{"id", blocking->first}});
  pending_tools_.erase(blocking);
}

}  // namespace tandem::standins
