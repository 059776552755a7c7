#include "tests/bench/load/carrier.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <stdexcept>

#include "tests/bench/wire/frames.hpp"

namespace tandem::bench {

namespace {

constexpr int frame_ms = 20;
constexpr std::size_t frame_bytes = 160;
constexpr int first_timestamp_ms = 102;  // Twilio's media clock does not start at 0

std::string sign(const CarrierAccount& account, std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  HMAC(EVP_sha1(), account.auth_token.data(), static_cast<int>(account.auth_token.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(), &size);
  return base64({reinterpret_cast<const char*>(digest.data()), size});
}

std::string url_encoded(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool is_plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
                          (c >= 'a' && c <= 'z') || c == '-' || c == '_' || c == '.';
    if (is_plain) {
      out += c;
    } else {
      fmt::format_to(std::back_inserter(out), "%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

/// The text between `before` and the next quote.
std::string quoted_after(std::string_view text, std::string_view before) {
  const auto begin = text.find(before);
  if (begin == std::string_view::npos) return {};
  text.remove_prefix(begin + before.size());
  return std::string(text.substr(0, text.find('"')));
}

/// A tone, so that no frame looks like silence, at -51 dBFS, so that none is taken for speech: a
/// caller who cuts in holds the agent's voice, and its transit would show the hold.
std::string voice_of_caller() {
  std::string ulaw(frame_bytes, '\0');
  for (std::size_t i = 0; i < ulaw.size(); ++i)
    ulaw[i] = static_cast<char>(i % 8 < 4 ? 0xF7 : 0x77);
  return base64(ulaw);
}

std::string upgrade_request(const CarrierAccount& account, const std::string& path) {
  const auto signature = sign(account, "wss://" + account.public_host + path);
  return fmt::format(
      "GET {} HTTP/1.1\r\nHost: {}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
      "X-Twilio-Signature: {}\r\n\r\n",
      path, account.public_host, signature);
}

}  // namespace

StreamTicket ring(const CarrierAccount& account, int number) {
  StreamTicket ticket;
  ticket.call_id = fmt::format("CA{:032d}", number);
  const std::map<std::string, std::string> parameters = {{"AccountSid", account.account_id},
                                                         {"ApiVersion", "2010-04-01"},
                                                         {"CallSid", ticket.call_id},
                                                         {"CallStatus", "ringing"},
                                                         {"Direction", "inbound"},
                                                         {"From", "+14155550101"},
                                                         {"To", "+14155550100"}};
  std::string signed_text = "https://" + account.public_host + "/twilio/voice";
  std::string body;
  for (const auto& [name, value] : parameters) {
    signed_text += name + value;
    body += (body.empty() ? "" : "&") + name + "=" + url_encoded(value);
  }
  Connection connection = Connection::to_loopback(account.bridge_port);
  connection.write_all(
      fmt::format("POST /twilio/voice HTTP/1.1\r\nHost: {}\r\nContent-Type: "
                  "application/x-www-form-urlencoded\r\n"
                  "Content-Length: {}\r\nX-Twilio-Signature: {}\r\n\r\n{}",
                  account.public_host, body.size(), sign(account, signed_text), body));
  const std::string head = connection.read_head();
  const std::string length = header(head, "Content-Length");
  const std::string twiml = connection.read_body(length.empty() ? 0 : std::stoul(length));
  const std::string url = quoted_after(twiml, "<Stream url=\"");
  ticket.stream_path = url.substr(std::min(url.size(), url.find('/', url.find("://") + 3)));
  ticket.parameter = quoted_after(twiml, "<Parameter name=\"");
  ticket.token = quoted_after(twiml, "value=\"");
  if (!head.starts_with("HTTP/1.1 200") || ticket.stream_path.empty()) {
    throw std::runtime_error("the bridge did not take the call: " + head + twiml);
  }
  return ticket;
}

CarrierLeg::CarrierLeg(const CarrierAccount& account, const StreamTicket& ticket, int number)
    : connection_(Connection::to_loopback(account.bridge_port)),
      stream_id_(fmt::format("MZ{:032d}", number)),
      call_id_(ticket.call_id),
      account_id_(account.account_id) {
  connection_.write_all(upgrade_request(account, ticket.stream_path));
  const std::string head = connection_.read_head();
  if (!head.starts_with("HTTP/1.1 101")) throw std::runtime_error("no upgrade: " + head);
  send(R"({"event":"connected","protocol":"Call","version":"1.0.0"})");
  send(fmt::format(
      R"({{"event":"start","sequenceNumber":"1","start":{{"accountSid":"{}","streamSid":"{}",)"
      R"("callSid":"{}","tracks":["inbound"],"mediaFormat":{{"encoding":"audio/x-mulaw",)"
      R"("sampleRate":8000,"channels":1}},"customParameters":{{"{}":"{}"}}}},"streamSid":"{}"}})",
      account_id_, stream_id_, call_id_, ticket.parameter, ticket.token, stream_id_));
}

bool CarrierLeg::send(std::string_view message) {
  frame_.clear();
  append_client_frame(frame_, message);
  return connection_.send(frame_);
}

bool CarrierLeg::send_media() {
  static const std::string payload = voice_of_caller();
  message_.clear();
  const int timestamp_ms = first_timestamp_ms + chunk_ * frame_ms;
  ++sequence_;
  ++chunk_;
  fmt::format_to(std::back_inserter(message_),
                 R"({{"event":"media","sequenceNumber":"{}","media":{{"track":"inbound",)"
                 R"("chunk":"{}","timestamp":"{}","payload":"{}"}},"streamSid":"{}"}})",
                 sequence_, chunk_, timestamp_ms, payload, stream_id_);
  return send(message_);
}

void CarrierLeg::send_stop() {
  send(fmt::format(R"({{"event":"stop","sequenceNumber":"{}","stop":{{"accountSid":"{}",)"
                   R"("callSid":"{}"}},"streamSid":"{}"}})",
                   ++sequence_, account_id_, call_id_, stream_id_));
}

std::size_t CarrierLeg::take(std::string_view message) {
  if (message.starts_with(R"({"event":"mark")")) {
    send(fmt::format(R"({{"event":"mark","sequenceNumber":"{}","streamSid":"{}","mark":{{"name":)"
                     R"("{}"}}}})",
                     ++sequence_, stream_id_, quoted_after(message, R"("name":")")));
    return 0;
  }
  constexpr std::string_view before = R"("payload":")";
  const auto begin = message.find(before);
  if (begin == std::string_view::npos) return 0;
  message.remove_prefix(begin + before.size());
  return base64_decoded_size(message.substr(0, message.find('"')));
}

}  // namespace tandem::bench
