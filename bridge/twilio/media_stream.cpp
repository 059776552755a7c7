#include "bridge/twilio/media_stream.hpp"

#include <simdjson.h>

#include <algorithm>
#include <charconv>

#include "bridge/twilio/json_error.hpp"
#include "codec/base64.hpp"

namespace tandem::twilio {

namespace {

using call::CarrierError;
using call::CarrierEvent;
using call::CarrierFailure;
namespace dom = simdjson::dom;

/// Counters beyond this (31,000 years in milliseconds) are not believed, so that sums of them
/// cannot overflow.
constexpr std::size_t digits_max = 15;
constexpr std::size_t id_characters_max = 64;

bool parse_number(std::string_view text, std::int64_t& out) noexcept {
  const std::size_t sign = text.starts_with('-') ? 1 : 0;
  if (text.size() == sign || text.size() > sign + digits_max) return false;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc{} && end == text.data() + text.size();
}

/// What can be pasted between quotes without escaping.
bool is_plain(std::string_view text) noexcept {
  return !text.empty() && text.size() <= id_characters_max &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return c > 0x20 && c < 0x7f && c != '"' && c != '\\'; });
}

/// Moves over `expected`, or over 1 to 15 digits, at the head of `text`.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  bool literal(std::string_view expected) noexcept {
    if (!rest_.starts_with(expected)) return false;
    rest_.remove_prefix(expected.size());
    return true;
  }
  bool digits(std::int64_t& value) noexcept {
    std::size_t count = 0;
    value = 0;
    while (count < rest_.size() && rest_[count] >= '0' && rest_[count] <= '9') {
      if (count == digits_max) return false;
      value = value * 10 + (rest_[count++] - '0');
    }
    rest_.remove_prefix(count);
    return count > 0;
  }
  bool tail(std::string_view expected) noexcept {
    if (!rest_.ends_with(expected)) return false;
    rest_.remove_suffix(expected.size());
    return true;
  }
  [[nodiscard]] std::string_view rest() const noexcept { return rest_; }

 private:
  std::string_view rest_;
};

}  // namespace

/// One parsed message. The readers return false after filling failure_.
class MediaStreamCodec::Document {
 public:
  Document(MediaStreamCodec& codec, std::string_view text) : codec_(codec), text_(text) {}

  Decoded decode() {
    // One per thread, not per stream: its buffers grow to the largest message and stay.
    static thread_local dom::parser parser;
    dom::element root;
    if (parser.parse(text_.data(), text_.size()).get(root) != simdjson::SUCCESS) {
      return core::Failure{CarrierFailure{CarrierError::not_json, json_error_offset(text_)}};
    }
    CarrierEvent event;
    if (root.get(root_) != simdjson::SUCCESS) {
      fail(CarrierError::bad_shape, 0);
    } else if (dispatch(event)) {
      return event;
    }
    return core::Failure{failure_};
  }

 private:
  bool dispatch(CarrierEvent& event) {
    std::string_view name;
    if (!read(root_, "event", name)) return false;
    if (name == "media") return media(event);
    if (name == "mark") return mark(event);
    if (name == "dtmf") return dtmf(event);
    if (name == "start") return start(event);
    if (name == "stop") return of_this_stream() && set(event, call::CarrierStop{});
    if (name == "connected") return set(event, call::CarrierConnected{});
    return set(event, call::CarrierIgnored{});
  }

  template <class Event>
  static bool set(CarrierEvent& event, Event&& value) {
    event = std::forward<Event>(value);
    return true;
  }

  bool fail(CarrierError error, std::size_t offset) {
    failure_ = {error, offset};
    return false;
  }
  /// simdjson keeps no positions: the first mention of the name is as near as known.
  [[nodiscard]] std::size_t offset_of(std::string_view key) const {
    const auto at = text_.find(key);
    return at == std::string_view::npos ? 0 : at;
  }

  template <class Value>
  bool read(const dom::object& parent, std::string_view key, Value& value) {
    if (parent.at_key(key).get(value) == simdjson::SUCCESS) return true;
    return fail(CarrierError::bad_shape, offset_of(key));
  }

  /// An integer, or a string of decimal digits.
  bool read_number(const dom::object& parent, std::string_view key, std::int64_t& value) {
    dom::element element;
    if (!read(parent, key, element)) return false;
    std::string_view digits;
    const bool good = element.get(digits) == simdjson::SUCCESS
                          ? parse_number(digits, value)
                          : element.get(value) == simdjson::SUCCESS &&
                                value > -1'000'000'000'000'000 && value < 1'000'000'000'000'000;
    return good || fail(CarrierError::bad_shape, offset_of(key));
  }

  bool read_id(const dom::object& parent, std::string_view key, std::string_view& id) {
    if (!read(parent, key, id)) return false;
    return is_plain(id) || fail(CarrierError::bad_shape, offset_of(key));
  }

  bool of_this_stream() {
    std::string_view id;
    if (!read_id(root_, "streamSid", id)) return false;
    if (codec_.stream_id_.empty() || id == codec_.stream_id_) return true;
    return fail(CarrierError::wrong_stream, offset_of("streamSid"));
  }

  bool media(CarrierEvent& event) {
    dom::object body;
    std::string_view track;
    std::string_view payload;
    call::CarrierMedia media;
    if (!of_this_stream() || !read_number(root_, "sequenceNumber", media.sequence) ||
        !read(root_, "media", body) || !read(body, "track", track) ||
        !read_number(body, "timestamp", media.timestamp_ms) || !read(body, "payload", payload)) {
      return false;
    }
    if (track != "inbound") return set(event, call::CarrierIgnored{});
    if (codec_.decode_payload(payload, media.ulaw, failure_)) return set(event, media);
    // The offset is right unless the payload had JSON escapes, which no base64 needs.
    return fail(failure_.error, offset_of(payload) + failure_.offset);
  }

  bool mark(CarrierEvent& event) {
    dom::object body;
    std::string_view name;
    if (!of_this_stream() || !read(root_, "mark", body) || !read(body, "name", name)) return false;
    codec_.mark_name_ = name;
    return set(event, call::CarrierMark{codec_.mark_name_});
  }

  bool dtmf(CarrierEvent& event) {
    dom::object body;
    std::string_view digit;
    if (!of_this_stream() || !read(root_, "dtmf", body) || !read(body, "digit", digit))
      return false;
    static constexpr std::string_view keys = "0123456789*#ABCD";
    if (digit.size() != 1 || keys.find(digit[0]) == std::string_view::npos) {
      return fail(CarrierError::bad_shape, offset_of("digit"));
    }
    return set(event, call::CarrierDtmf{digit[0]});
  }

  bool start(CarrierEvent& event) {
    dom::object body;
    std::string_view stream_id;
    std::string_view call_id;
    std::string_view account_id;
    if (!read_id(root_, "streamSid", stream_id) || !read(root_, "start", body) ||
        !read_id(body, "callSid", call_id) || !read_id(body, "accountSid", account_id)) {
      return false;
    }
    call::CarrierStart start;
    start.stream_id = core::CarrierStreamId(std::string(stream_id));
    start.call_id = core::CarrierCallId(std::string(call_id));
    start.account_id = account_id;
    if (!read_token(body, start.token)) return false;
    start.media_is_ulaw_8k_mono = is_phone_audio(body);
    if (codec_.stream_id_.empty()) codec_.stream_id_ = stream_id;
    return set(event, std::move(start));
  }

  /// No parameters and no such parameter both leave it empty; the call refuses that.
  bool read_token(const dom::object& body, std::string& token) {
    dom::element parameters;
    if (body.at_key("customParameters").get(parameters) != simdjson::SUCCESS) return true;
    dom::object object;
    if (parameters.get(object) != simdjson::SUCCESS) {
      return fail(CarrierError::bad_shape, offset_of("customParameters"));
    }
    dom::element element;
    if (object.at_key(token_parameter).get(element) != simdjson::SUCCESS) return true;
    std::string_view value;
    if (element.get(value) != simdjson::SUCCESS) {
      return fail(CarrierError::bad_shape, offset_of(token_parameter));
    }
    token = value;
    return true;
  }

  /// Never a failure: a format that we cannot read is a fact about the stream, not a broken
  /// message.
  bool is_phone_audio(const dom::object& body) {
    dom::object format;
    std::string_view encoding;
    std::int64_t rate = 0;
    std::int64_t channels = 0;
    return read(body, "mediaFormat", format) && read(format, "encoding", encoding) &&
           read_number(format, "sampleRate", rate) && read_number(format, "channels", channels) &&
           encoding == "audio/x-mulaw" && rate == 8000 && channels == 1;
  }

  MediaStreamCodec& codec_;
  std::string_view text_;
  dom::object root_;
  CarrierFailure failure_;
};

MediaStreamCodec::Decoded MediaStreamCodec::decode(std::string_view text) {
  if (const auto media = decode_usual_media(text)) return CarrierEvent{*media};
  return decode_by_document(text);
}

MediaStreamCodec::Decoded MediaStreamCodec::decode_by_document(std::string_view text) {
  return Document(*this, text).decode();
}

std::optional<call::CarrierMedia> MediaStreamCodec::decode_usual_media(std::string_view text) {
  Scanner scan(text);
  call::CarrierMedia media;
  std::int64_t chunk = 0;
  // Field order and spacing as in Twilio's documentation and in every published capture.
  const bool usual =
      !stream_id_.empty() && scan.literal(R"({"event":"media","sequenceNumber":")") &&
      scan.digits(media.sequence) && scan.literal(R"(","media":{"track":"inbound","chunk":")") &&
      scan.digits(chunk) && scan.literal(R"(","timestamp":")") && scan.digits(media.timestamp_ms) &&
      scan.literal(R"(","payload":")") && scan.tail(R"("})") && scan.tail(stream_id_) &&
      scan.tail(R"("},"streamSid":")");
  call::CarrierFailure failure;
  if (!usual || !decode_payload(scan.rest(), media.ulaw, failure)) return std::nullopt;
  return media;
}

bool MediaStreamCodec::decode_payload(std::string_view base64, std::span<const std::uint8_t>& ulaw,
                                      call::CarrierFailure& failure) {
  const std::size_t room = codec::decoded_size_max(base64.size());
  failure = {CarrierError::payload_size, 0};
  if (room > payload_bytes_max + 2) return false;
  if (payload_.size() < room) payload_.resize(room);
  const auto decoded = codec::base64_decode(base64, payload_);
  if (!decoded) {
    failure = {CarrierError::bad_payload, decoded.offset};
    return false;
  }
  ulaw = std::span(payload_).first(decoded.size);
  return decoded.size <= payload_bytes_max;
}

void MediaStreamCodec::encode_media(std::span<const std::uint8_t> ulaw, std::string& out) {
  BRIDGE_ASSERT(!stream_id_.empty());
  BRIDGE_ASSERT(!ulaw.empty() && ulaw.size() <= payload_bytes_max);
  out += R"({"event":"media","streamSid":")";
  out += stream_id_;
  out += R"(","media":{"payload":")";
  codec::base64_encode(ulaw, out);
  out += R"("}})";
}

void MediaStreamCodec::encode_mark(std::string_view name, std::string& out) {
  BRIDGE_ASSERT(!stream_id_.empty());
  BRIDGE_ASSERT(is_plain(name));
  out += R"({"event":"mark","streamSid":")";
  out += stream_id_;
  out += R"(","mark":{"name":")";
  out += name;
  out += R"("}})";
}

void MediaStreamCodec::encode_clear(std::string& out) {
  BRIDGE_ASSERT(!stream_id_.empty());
  out += R"({"event":"clear","streamSid":")";
  out += stream_id_;
  out += R"("})";
}

}  // namespace tandem::twilio
