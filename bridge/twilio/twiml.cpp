#include "bridge/twilio/twiml.hpp"

#include <algorithm>

#include "bridge/core/result.hpp"

namespace tandem::twilio {

namespace {

constexpr std::string_view head = R"(<?xml version="1.0" encoding="UTF-8"?><Response>)";
constexpr std::string_view foot = "</Response>";

bool is_continuation(char c) noexcept { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80; }

/// Length of the well-formed UTF-8 sequence at the head of `text` (not empty), 0 when there is
/// none.
std::size_t sequence_length(std::string_view text) noexcept {
  const auto first = static_cast<unsigned char>(text[0]);
  const std::size_t length = first < 0x80   ? 1
                             : first < 0xC2 ? 0
                             : first < 0xE0 ? 2
                             : first < 0xF0 ? 3
                             : first < 0xF5 ? 4
                                            : 0;
  if (length == 0 || length > text.size()) return 0;
  if (!std::all_of(text.begin() + 1, text.begin() + static_cast<std::ptrdiff_t>(length),
                   is_continuation))
    return 0;
  if (length < 3) return length;
  // Overlong forms, surrogates and code points beyond U+10FFFF show in the second byte (RFC 3629,
  // section 4).
  const auto second = static_cast<unsigned char>(text[1]);
  const bool bad = (first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F) ||
                   (first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F);
  return bad ? 0 : length;
}

bool is_xml_character(std::string_view sequence) noexcept {
  if (sequence.size() == 1) {
    const char c = sequence[0];
    return static_cast<unsigned char>(c) >= 0x20 || c == '\t' || c == '\n' || c == '\r';
  }
  return sequence != "\xEF\xBF\xBE" && sequence != "\xEF\xBF\xBF";
}

std::string_view escape_of(char c) noexcept {
  switch (c) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    case '\'':
      return "&apos;";
    default:
      return {};
  }
}

void append_attribute(std::string& out, std::string_view name, std::string_view value) {
  out.append(" ").append(name).append("=\"");
  append_xml(out, value);
  out += '"';
}

/// Bytes of `text` that hold at most say_characters_max characters, cut where a speaker would
/// breathe.
std::size_t speakable_length(std::string_view text) noexcept {
  std::size_t characters = 0;
  std::size_t end = 0;
  while (end < text.size() && (characters < say_characters_max || is_continuation(text[end]))) {
    if (!is_continuation(text[end])) ++characters;
    ++end;
  }
  if (end == text.size()) return end;
  const std::string_view part = text.substr(0, end);
  for (const std::string_view ends : {". ", " "}) {
    const auto cut = part.rfind(ends);
    if (cut != std::string_view::npos && cut > 0) return cut + ends.size();
  }
  return end;
}

void append_say(std::string& out, std::string_view text) {
  // An empty <Say> is warning 13520.
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) return;
  while (!text.empty()) {
    const std::size_t length = speakable_length(text);
    out += "<Say>";
    append_xml(out, text.substr(0, length));
    out += "</Say>";
    text.remove_prefix(length);
  }
}

void append_stream(std::string& out, const ConnectDocument& document) {
  out += "<Stream";
  append_attribute(out, "url", document.stream_url);
  append_attribute(out, "name", document.stream_name);
  if (!document.status_url.empty()) {
    append_attribute(out, "statusCallback", document.status_url);
    append_attribute(out, "statusCallbackMethod", "POST");
  }
  out += '>';
  for (const auto& [name, value] : document.parameters) {
    BRIDGE_ASSERT(name.size() + value.size() < parameter_characters_max);
    out += "<Parameter";
    append_attribute(out, "name", name);
    append_attribute(out, "value", value);
    out += "/>";
  }
  out += "</Stream>";
}

std::string finished(std::string out) {
  out += foot;
  BRIDGE_ASSERT(out.size() <= document_bytes_max);
  return out;
}

}  // namespace

void append_xml(std::string& out, std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = sequence_length(text);
    const std::string_view sequence = text.substr(0, length);
    text.remove_prefix(std::max<std::size_t>(length, 1));
    if (length == 0 || !is_xml_character(sequence)) continue;
    const std::string_view escape = escape_of(sequence[0]);
    out += escape.empty() ? sequence : escape;
  }
}

std::string connect_twiml(const ConnectDocument& document) {
  BRIDGE_ASSERT(document.stream_url.find_first_of("?#") == std::string::npos);
  BRIDGE_ASSERT(document.stream_url.starts_with("wss://"));
  std::string out(head);
  append_say(out, document.disclosure);
  out += "<Connect";
  append_attribute(out, "action", document.action_url);
  append_attribute(out, "method", "POST");
  out += '>';
  append_stream(out, document);
  out += "</Connect>";
  return finished(std::move(out));
}

std::string transfer_twiml(const TransferDocument& document) {
  BRIDGE_ASSERT(document.number.is_e164());
  std::string out(head);
  append_say(out, document.announcement);
  out += "<Dial";
  append_attribute(out, "timeout", std::to_string(document.timeout.count()));
  if (!document.caller_id.empty()) append_attribute(out, "callerId", document.caller_id.expose());
  if (!document.action_url.empty()) append_attribute(out, "action", document.action_url);
  out += "><Number";
  if (!document.whisper_url.empty()) append_attribute(out, "url", document.whisper_url);
  out += '>';
  append_xml(out, document.number.expose());
  out += "</Number></Dial>";
  return finished(std::move(out));
}

std::string whisper_twiml(std::string_view text) {
  std::string out(head);
  append_say(out, text);
  return finished(std::move(out));
}

std::string hang_up_twiml() { return apology_twiml({}); }

std::string apology_twiml(std::string_view text) {
  std::string out(head);
  append_say(out, text);
  out += "<Hangup/>";
  return finished(std::move(out));
}

std::string reject_twiml(RejectReason reason) {
  std::string out(head);
  out += reason == RejectReason::busy ? R"(<Reject reason="busy"/>)"
                                      : R"(<Reject reason="rejected"/>)";
  return finished(std::move(out));
}

std::string ask_again_twiml(std::string_view url) {
  std::string out(head);
  out += R"(<Pause length="1"/><Redirect method="POST">)";
  append_xml(out, url);
  out += "</Redirect>";
  return finished(std::move(out));
}

std::string empty_twiml() { return R"(<?xml version="1.0" encoding="UTF-8"?><Response/>)"; }

}  // namespace tandem::twilio
