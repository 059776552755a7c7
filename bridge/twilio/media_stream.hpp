// Twilio Media Streams, bidirectional (`<Connect><Stream>`): every message of both directions, wire
// text only.
//
// Source: Twilio "Media Streams - WebSocket Messages". All messages are JSON text frames with an
// `event`. Numbers in them are JSON strings, except in `start.mediaFormat`; both spellings are
// read. Unknown fields and unknown events are tolerated: Twilio adds them without notice. What we
// send has exactly the documented fields, because Twilio names an extra field as a cause of warning
// 31951.
//
// This is not the playback queue, not the token check and not a clock: those are the call's.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bridge/call/carrier.hpp"

namespace tandem::twilio {

/// Name of the `<Parameter>` that carries the one-time token (also written by twiml.hpp).
inline constexpr std::string_view token_parameter = "callToken";

/// One second of mu-law: the longest payload that we read or write (T24).
inline constexpr std::size_t payload_bytes_max = 8000;

/// One media stream. Not shared between threads.
///
/// Order of messages is the call's business, with one exception: the first `start` binds the codec
/// to its streamSid, and later messages of another stream are `wrong_stream` (T07). A second
/// `start` is decoded and returned whatever ids it has, so that the call can compare them, and does
/// not rebind.
class MediaStreamCodec final : public call::CarrierCodec {
 public:
  using Decoded = core::Result<call::CarrierEvent, call::CarrierFailure>;

  /// As the seam says. The usual `media` message is read by hand without allocation; everything
  /// else, and everything that surprises the hand scan, goes through a whole JSON parse with the
  /// same answers.
  Decoded decode(std::string_view text) override;

  /// The whole parse alone, for every message: what decode() must agree with.
  Decoded decode_by_document(std::string_view text);

  void begin_stream() override { stream_id_.clear(); }

  /// 1 to payload_bytes_max bytes; anything else is a bug of ours (BRIDGE_ASSERT), as is any encode
  /// before `start`.
  void encode_media(std::span<const std::uint8_t> ulaw, std::string& out) override;
  /// 1 to 64 printable ASCII characters without quote and backslash.
  void encode_mark(std::string_view name, std::string& out) override;
  void encode_clear(std::string& out) override;

 private:
  class Document;

  std::optional<call::CarrierMedia> decode_usual_media(std::string_view text);
  bool decode_payload(std::string_view base64, std::span<const std::uint8_t>& ulaw,
                      call::CarrierFailure& failure);

  std::string stream_id_;              ///< empty until the first `start`
  std::string mark_name_;              ///< what the last CarrierMark points to
  std::vector<std::uint8_t> payload_;  ///< what the last CarrierMedia points to
};

}  // namespace tandem::twilio
