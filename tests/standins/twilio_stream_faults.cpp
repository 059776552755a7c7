// The caller steps that touch the wire: keys, hanging up, and everything a stream should not do
// (README.md, "Caller script").
#include <fmt/format.h>

#include "twilio_stream.hpp"

namespace tandem::standins {

namespace {

void replace_all(std::string& text, std::string_view from, const std::string& to) {
  for (std::size_t at = text.find(from); at != std::string::npos;
       at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

std::string quoted_audio(std::size_t bytes) {
  return "\"" + base64_encode(std::string(bytes, '\xff')) + "\"";
}

}  // namespace

void TwilioStream::perform(const json::object& step) {
  const std::string what = text_or(step, "do", "");
  if (what == "dtmf") {
    for (const char digit : text_or(step, "digits", "")) {
      send_event("dtmf", fmt::format(R"({{"track":"inbound_track","digit":"{}"}})", digit));
    }
  } else if (what == "hang_up") {
    end(StreamOutcome::By::caller);
    stop_and_close();
  } else if (what == "drop") {
    end(StreamOutcome::By::failure, 31903, "dropped by the script");
    log_.event("dropped");
    socket_->connection().reset();
  } else if (what == "close") {
    end(StreamOutcome::By::failure, 31921, "closed by the script");
    socket_->send_close(static_cast<std::uint16_t>(number_or(step, "code", 1000)));
    linger();
  } else if (!perform_fault(what, step)) {
    log_.violation(fmt::format("unknown caller step '{}'", what));
  }
}

bool TwilioStream::perform_fault(const std::string& what, const json::object& step) {
  if (what == "malformed") {
    const std::string text = text_or(step, "text", R"({"event":"media","media":{"payload":)");
    for (std::int64_t i = 0; i < number_or(step, "count", 1); ++i) socket_->send_text(text);
  } else if (what == "binary") {
    socket_->send_binary(
        std::string(static_cast<std::size_t>(number_or(step, "bytes", 160)), '\xff'));
  } else if (what == "oversize") {
    send_oversize(step);
  } else if (what == "fragmented") {
    send_fragmented(step);
  } else if (what == "second_start") {
    send_second_start(step);
  } else if (what == "unknown_event") {
    const std::string weather =
        fmt::format(R"({{"event":"weather","sequenceNumber":"{}","streamSid":"{}","sky":"grey"}})",
                    ++sequence_, stream_sid_);
    socket_->send_text(text_or(step, "text", weather));
  } else if (what == "send") {
    std::string text = text_or(step, "text", "{}");
    replace_all(text, "{streamSid}", stream_sid_);
    replace_all(text, "{callSid}", request_.call_sid);
    if (text.find("{seq}") != std::string::npos)
      replace_all(text, "{seq}", std::to_string(++sequence_));
    socket_->send_text(text);
  } else if (what == "payload") {
    send_odd_payload(text_or(step, "kind", "empty"));
  } else if (what == "flood") {
    const std::string message = media_message(quoted_audio(tick_bytes));
    for (std::int64_t i = 0; i < number_or(step, "frames", 5000); ++i) socket_->send_text(message);
  } else if (what == "invalid_utf8") {
    socket_->send_text("{\"event\":\"\xc3\x28\"}");
  } else {
    return false;
  }
  return true;
}

void TwilioStream::send_oversize(const json::object& step) {
  if (flag_or(step, "top_bit", false)) {
    return socket_->send_lying_head(Opcode::text, (std::uint64_t{1} << 63) | 1000);
  }
  const auto bytes = static_cast<std::size_t>(number_or(step, "bytes", 65537));
  const auto fragments =
      static_cast<std::size_t>(std::max<std::int64_t>(1, number_or(step, "fragments", 1)));
  std::string text = R"({"event":"unknown","padding":")";
  text.append(bytes > text.size() + 2 ? bytes - text.size() - 2 : 0, 'x').append("\"}");
  const std::size_t piece = (text.size() + fragments - 1) / fragments;
  for (std::size_t at = 0; at < text.size(); at += piece) {
    socket_->send_frame(at == 0 ? Opcode::text : Opcode::continuation, at + piece >= text.size(),
                        std::string_view(text).substr(at, piece));
  }
}

void TwilioStream::send_fragmented(const json::object& step) {
  const auto fragments =
      static_cast<std::size_t>(std::max<std::int64_t>(2, number_or(step, "fragments", 3)));
  const std::string text = media_message(quoted_audio(tick_bytes));
  const std::size_t piece = (text.size() + fragments - 1) / fragments;
  for (std::size_t at = 0; at < text.size(); at += piece) {
    socket_->send_frame(at == 0 ? Opcode::text : Opcode::continuation, at + piece >= text.size(),
                        std::string_view(text).substr(at, piece));
  }
}

void TwilioStream::send_second_start(const json::object& step) {
  const std::string change = text_or(step, "change", "none");
  socket_->send_text(start_message(change == "call_sid" ? "CA" + random_hex(32) : request_.call_sid,
                                   change == "stream_sid" ? "MZ" + random_hex(32) : stream_sid_));
}

void TwilioStream::send_odd_payload(const std::string& kind) {
  std::string payload = "\"\"";
  if (kind == "one") payload = quoted_audio(1);
  if (kind == "second") payload = quoted_audio(8000);
  if (kind == "long") payload = quoted_audio(8001);
  if (kind == "not_base64") payload = R"("//!!//==")";
  if (kind == "wrong_alphabet") payload = R"("____----____")";
  if (kind == "newline") payload = R"("////\n////")";
  if (kind == "number") payload = "17";
  std::string message = media_message(payload);
  if (kind == "missing") replace_all(message, ",\"payload\":\"\"", "");
  socket_->send_text(message);
}

}  // namespace tandem::standins
