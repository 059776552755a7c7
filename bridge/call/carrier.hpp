// Seam 1: what a call needs of a telephone carrier's media stream. One folder beside bridge/twilio
// per carrier.
//
// A codec is symmetric and pure: wire text in, CarrierEvent out; our commands in, wire text out. It
// owns what the wire needs remembered (the stream id, for instance), nothing of the call. One codec
// serves one call, one stream after the other.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "bridge/core/result.hpp"
#include "bridge/core/types.hpp"

namespace tandem::call {

/// The socket works; the carrier named its protocol.
struct CarrierConnected {};

/// The media stream began.
struct CarrierStart {
  core::CarrierStreamId stream_id;
  core::CarrierCallId call_id;
  std::string account_id;
  std::string token;  ///< the one-time token of our webhook answer, empty when missing
  bool media_is_ulaw_8k_mono = false;
};

/// Caller audio. `ulaw` lives until the next decode() of this codec; usually 160 bytes, at most
/// 8000.
struct CarrierMedia {
  std::span<const std::uint8_t> ulaw;
  std::int64_t timestamp_ms = 0;  ///< the carrier's media clock
  std::int64_t sequence = 0;      ///< rises by one with every message of the stream
};

struct CarrierMark {
  std::string_view name;  ///< as given to encode_mark; lives until the next decode()
};
struct CarrierDtmf {
  char digit = 0;  ///< 0-9 * # A-D
};
/// The call or the stream is over; nothing follows.
struct CarrierStop {};
/// Well-formed, but of no use to us: an event we do not know, or a track that is not the caller's.
struct CarrierIgnored {};

using CarrierEvent = std::variant<CarrierIgnored, CarrierConnected, CarrierStart, CarrierMedia,
                                  CarrierMark, CarrierDtmf, CarrierStop>;

enum class CarrierError : std::uint8_t {
  not_json,      ///< T01
  bad_shape,     ///< T02: a field is missing or has the wrong type
  bad_payload,   ///< T23: not strict base64
  payload_size,  ///< T24: more than one second of audio
  wrong_stream,  ///< T07: another stream id than `start` gave
};
std::string_view to_string(CarrierError error) noexcept;

struct CarrierFailure {
  CarrierError error{};
  std::size_t offset = 0;  ///< byte of the message, as near as known
};

class CarrierCodec {
 public:
  virtual ~CarrierCodec() = default;

  /// Decodes one text message. Never throws; views in the event live until the next call.
  virtual core::Result<CarrierEvent, CarrierFailure> decode(std::string_view text) = 0;

  /// Another stream of the same call follows: the ids of the one before mean nothing any more.
  virtual void begin_stream() = 0;

  // Each appends one complete message to `out`. Valid only after a `start` was decoded.
  /// Any length from 1 byte; whole multiples of 160 are best.
  virtual void encode_media(std::span<const std::uint8_t> ulaw, std::string& out) = 0;
  /// Echoed by the carrier when everything before it was played, or when encode_clear flushed it.
  virtual void encode_mark(std::string_view name, std::string& out) = 0;
  /// Drops everything the carrier has queued.
  virtual void encode_clear(std::string& out) = 0;
};

}  // namespace tandem::call
