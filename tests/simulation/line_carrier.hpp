// A carrier of one line per message, so that tests of the call read like scripts:
//   "start CALL TOKEN [ACCOUNT]" · "media SEQUENCE TIMESTAMP_MS BYTES [VALUE]" · "mark NAME" ·
//   "dtmf D" · "stop" · "bad" · "bad_payload"
// and back: "media BYTES" · "mark NAME" · "clear". It shares nothing with bridge/twilio: the seam
// must hold for both.
#pragma once

#include <fmt/format.h>

#include <sstream>
#include <vector>

#include "bridge/call/carrier.hpp"

namespace tandem::simulation {

class LineCarrier final : public call::CarrierCodec {
 public:
  core::Result<call::CarrierEvent, call::CarrierFailure> decode(std::string_view text) override {
    std::istringstream line{std::string(text)};
    std::string word;
    line >> word;
    if (word == "connected") return call::CarrierEvent(call::CarrierConnected{});
    if (word == "start") return decode_start(line);
    if (word == "media") return decode_media(line);
    if (word == "stop") return call::CarrierEvent(call::CarrierStop{});
    if (word == "bad_payload")
      return core::Failure{call::CarrierFailure{call::CarrierError::bad_payload, 0}};
    if (word == "bad") return core::Failure{call::CarrierFailure{call::CarrierError::not_json, 0}};
    line >> name_;
    if (word == "mark") return call::CarrierEvent(call::CarrierMark{name_});
    if (word == "dtmf") return call::CarrierEvent(call::CarrierDtmf{name_.at(0)});
    return call::CarrierEvent(call::CarrierIgnored{});
  }

  void begin_stream() override {}
  void encode_media(std::span<const std::uint8_t> ulaw, std::string& out) override {
    out += fmt::format("media {}", ulaw.size());
  }
  void encode_mark(std::string_view name, std::string& out) override {
    out += fmt::format("mark {}", name);
  }
  void encode_clear(std::string& out) override { out += "clear"; }

 private:
  static call::CarrierEvent decode_start(std::istringstream& line) {
    std::string call_id;
    std::string account;
    call::CarrierStart start;
    line >> call_id >> start.token >> account;
    start.call_id = core::CarrierCallId(call_id);
    start.stream_id = core::CarrierStreamId("stream-1");
    start.account_id = account;
    start.media_is_ulaw_8k_mono = account != "opus";
    return start;
  }

  call::CarrierEvent decode_media(std::istringstream& line) {
    call::CarrierMedia media;
    std::size_t bytes = 0;
    int value = 0xFF;
    line >> media.sequence >> media.timestamp_ms >> bytes;
    if (!(line >> value)) value = 0xFF;
    payload_.assign(bytes, static_cast<std::uint8_t>(value));
    // A square wave for audible payloads, so that the speech detector has something to hear.
    for (std::size_t i = 0; value != 0xFF && i < bytes; i += 2) payload_[i] ^= 0x80;
    media.ulaw = payload_;
    return media;
  }

  std::string name_;
  std::vector<std::uint8_t> payload_;
};

}  // namespace tandem::simulation
