// Our code against twilio/vectors.json: every message, signature, document and REST body of
// Twilio's formats.
#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <array>
#include <string>

#include "bridge/core/http.hpp"
#include "bridge/twilio/media_stream.hpp"
#include "bridge/twilio/rest.hpp"
#include "bridge/twilio/signature.hpp"
#include "bridge/twilio/twiml.hpp"
#include "bridge/twilio/webhook.hpp"
#include "codec/base64.hpp"
#include "codec/g711.hpp"
#include "tests/unit/catch.hpp"

namespace {

using namespace tandem;
using namespace tandem::twilio;
namespace dom = simdjson::dom;

const dom::element& vectors() {
  static dom::parser parser;
  static const dom::element root =
      parser.load(TANDEM_SOURCE_DIR "/tests/conformance/twilio/vectors.json").value();
  return root;
}

std::string text_at(const dom::element& parent, const char* pointer) {
  std::string_view text;
  return parent.at_pointer(pointer).get(text) == simdjson::SUCCESS ? std::string(text) : "";
}

std::string text_at(const char* pointer) { return text_at(vectors(), pointer); }

std::string minified(const dom::element& element) { return simdjson::minify(element); }

/// Equal as JSON: same keys and values, whatever the order of the keys.
bool equal(const dom::element& left, const dom::element& right) {
  dom::object object;
  if (left.get(object) != simdjson::SUCCESS) return minified(left) == minified(right);
  dom::object other;
  if (right.get(other) != simdjson::SUCCESS || other.size() != object.size()) return false;
  return std::all_of(object.begin(), object.end(), [&other](const dom::key_value_pair& pair) {
    dom::element value;
    return other.at_key(pair.key).get(value) == simdjson::SUCCESS && equal(pair.value, value);
  });
}

bool equal(const dom::element& expected, const std::string& json) {
  dom::parser parser;
  return equal(expected, parser.parse(json).value());
}

std::vector<std::uint8_t> decoded(const std::string& base64) {
  std::vector<std::uint8_t> bytes(codec::decoded_size_max(base64.size()));
  const auto result = codec::base64_decode(base64, bytes);
  REQUIRE(result);
  bytes.resize(result.size);
  return bytes;
}

MediaStreamCodec started() {
  MediaStreamCodec codec;
  REQUIRE(codec.decode(minified(vectors().at_pointer("/media_streams/from_twilio/start").value())));
  return codec;
}

/// The parts of a signature vector; `signed_url` cut into public address and target.
struct SignatureVector {
  explicit SignatureVector(const dom::element& vector)
      : token{core::Secret(text_at(vector, "/auth_token"))},
        kind(text_at(vector, "/kind")),
        configured(text_at(vector, "/configured_url")),
        signed_url(text_at(vector, "/signed_url")),
        stream_url(text_at(vector, "/stream_url")),
        body(text_at(vector, "/raw_body")),
        signature(text_at(vector, "/signature")) {
    // A GET or JSON webhook reaches us with the query that Twilio added.
    const std::string& url = kind == "form_post" ? configured : signed_url;
    const auto path = std::min(url.find('/', url.find("://") + 3), url.size());
    base = url.substr(0, path);
    target = url.substr(path);
  }
  [[nodiscard]] SignedWebhook webhook() const {
    const std::string_view type = kind == "json_post"
                                      ? "application/json"
                                      : "application/x-www-form-urlencoded; charset=UTF-8";
    return {base, target, type, body, signature};
  }

  std::array<core::Secret, 1> token;
  std::string kind, configured, signed_url, stream_url, body, signature, base, target;
};

SignatureVector signature_vector(std::string_view id) {
  for (const dom::element vector : vectors().at_pointer("/signature/vectors").get_array()) {
    if (text_at(vector, "/id") == id) return SignatureVector(vector);
  }
  throw std::runtime_error("no such vector");
}

RestAccount account() {
  RestAccount account;
  REQUIRE(core::parse_url("https://api.twilio.com", account.api));
  account.account_id = "AC00112233445566778899aabbccddeeff";
  account.user = "user";
  account.password = core::Secret("password");
  return account;
}

FormPairs pairs_of(std::string_view body) {
  FormPairs pairs;
  REQUIRE(core::parse_form(body, pairs));
  std::sort(pairs.begin(), pairs.end());
  return pairs;
}

core::OutgoingResponse response_of(const dom::element& example) {
  core::OutgoingResponse response;
  response.status = static_cast<int>(example.at_pointer("/http_status").get_int64().value());
  response.body = minified(example.at_pointer("/body").value());
  return response;
}

const core::CarrierCallId example_call("CA0123456789abcdef0123456789abcdef");

}  // namespace

TEST_CASE("Twilio vectors: every message from Twilio decodes on both paths") {
  for (const auto [name, message] :
       vectors().at_pointer("/media_streams/from_twilio").get_object()) {
    CAPTURE(name);
    auto codec = started();
    const std::string text = minified(message);
    REQUIRE(codec.decode(text));
    CHECK(codec.decode(text)->index() == codec.decode_by_document(text)->index());
    CHECK_FALSE(std::holds_alternative<call::CarrierIgnored>(*codec.decode(text)));
  }
}

TEST_CASE("Twilio vectors: what the messages say is what the call learns") {
  MediaStreamCodec codec;
  const auto decode = [&codec](const std::string& name) {
    auto event =
        codec.decode(minified(vectors().at_pointer("/media_streams/from_twilio/" + name).value()));
    REQUIRE(event);
    return *event;
  };
  CHECK(std::holds_alternative<call::CarrierConnected>(decode("connected")));
  const auto start = std::get<call::CarrierStart>(decode("start"));
  CHECK(start.stream_id.str() == "MZ00ff11ee22dd33cc44bb55aa66997788");
  CHECK(start.call_id == example_call);
  CHECK(start.account_id == "AC00112233445566778899aabbccddeeff");
  CHECK(start.token == "b7f1c9e2d4a84b0f9a3e5c6d7e8f9012");
  CHECK(start.media_is_ulaw_8k_mono);
  const auto tone = decode("media_tone");
  const auto& media = std::get<call::CarrierMedia>(tone);
  CHECK(media.sequence == 2);
  CHECK(media.timestamp_ms == 118);
  CHECK(std::vector<std::uint8_t>(media.ulaw.begin(), media.ulaw.end()) ==
        decoded(text_at("/media_streams/from_twilio/media_tone/media/payload")));
  CHECK(std::get<call::CarrierDtmf>(decode("dtmf")).digit == '5');
  CHECK(std::get<call::CarrierMark>(decode("mark")).name == "g3:m17");
  CHECK(std::holds_alternative<call::CarrierStop>(decode("stop")));
}

TEST_CASE("Twilio vectors: every message to Twilio is encoded with the same fields") {
  auto codec = started();
  for (const auto [name, message] : vectors().at_pointer("/media_streams/to_twilio").get_object()) {
    CAPTURE(name);
    std::string out;
    const std::string event = text_at(message, "/event");
    if (event == "media") codec.encode_media(decoded(text_at(message, "/media/payload")), out);
    if (event == "mark") codec.encode_mark(text_at(message, "/mark/name"), out);
    if (event == "clear") codec.encode_clear(out);
    CHECK(equal(message, out));
  }
}

TEST_CASE("Twilio vectors: all 28 signatures are recomputed") {
  std::size_t count = 0;
  for (const dom::element element : vectors().at_pointer("/signature/vectors").get_array()) {
    const SignatureVector vector(element);
    CAPTURE(text_at(element, "/id"));
    FormPairs parameters;
    for (const dom::element pair : element.at_key("params").get_array()) {
      parameters.emplace_back(text_at(pair, "/0"), text_at(pair, "/1"));
    }
    CHECK(text_to_sign(vector.signed_url, parameters) == text_at(element, "/string_to_sign"));
    CHECK(sign_text(vector.token[0], text_at(element, "/string_to_sign")) == vector.signature);
    ++count;
  }
  CHECK(count == 28);
}

TEST_CASE("Twilio vectors: every signed webhook is accepted") {
  for (const dom::element element : vectors().at_pointer("/signature/vectors").get_array()) {
    const SignatureVector vector(element);
    if (vector.kind == "ws_upgrade") continue;
    CAPTURE(text_at(element, "/id"));
    CHECK(verify_webhook(vector.token, vector.webhook()).error == SignatureError::none);
  }
}

TEST_CASE(
    "Twilio vectors: every upgrade is accepted, but for a wrong scheme and a port no one uses") {
  for (const dom::element element : vectors().at_pointer("/signature/vectors").get_array()) {
    const SignatureVector vector(element);
    if (vector.kind != "ws_upgrade") continue;
    const std::string id = text_at(element, "/id");
    CAPTURE(id);
    // W07 is a quirk of the helper libraries (":80" for wss) that Twilio itself is not known to
    // sign.
    const bool expected = id != "W10_https_scheme_wrong" && id != "W07_wss_port_80_helper_quirk";
    CHECK(bool(verify_upgrade(vector.token, vector.stream_url, vector.signature)) == expected);
  }
}

TEST_CASE("Twilio vectors: T08 all ten negative cases are refused") {
  const SignatureVector good = signature_vector("P02_inbound_voice");
  const auto refused = [&good](auto change) {
    SignatureVector bad = good;
    change(bad);
    return verify_webhook(bad.token, bad.webhook()).error;
  };
  const auto replace = [](std::string& text, std::string_view from, std::string_view to) {
    const auto at = text.find(from);
    REQUIRE(at != std::string::npos);
    text.replace(at, from.size(), to);
  };
  const auto mismatch = SignatureError::mismatch;
  CHECK(refused([&](auto& v) {
          replace(v.body, "&From=%2B14155550123", "&From=%2B14155550124");
        }) == mismatch);
  CHECK(refused([&](auto& v) { replace(v.body, "&ToZip=", ""); }) == mismatch);
  CHECK(refused([](auto& v) { v.body += "&Evil=1"; }) == mismatch);
  CHECK(refused([](auto& v) { v.token[0] = core::Secret("12346"); }) == mismatch);
  CHECK(refused([](auto& v) { v.base = "http://bridge.example.com"; }) == mismatch);
  CHECK(refused([](auto& v) { v.target += '/'; }) == mismatch);
  CHECK(refused([](auto& v) { v.base = "http://10.0.0.5:8080"; }) == mismatch);
  CHECK(refused([](auto& v) { v.signature.clear(); }) == SignatureError::no_header);
  CHECK(refused([&](auto& v) { replace(v.body, "%2B14155550123", "%252B14155550123"); }) ==
        mismatch);
  const SignatureVector upgrade = signature_vector("W10_https_scheme_wrong");
  CHECK(verify_upgrade(upgrade.token, upgrade.stream_url, upgrade.signature).error == mismatch);
}

TEST_CASE("Twilio vectors: the signatures that wrong inputs would need do not verify either") {
  const SignatureVector good = signature_vector("P02_inbound_voice");
  for (const dom::element element : vectors().at_pointer("/signature/negative").get_array()) {
    CAPTURE(text_at(element, "/id"));
    SignatureVector bad = good;
    bad.signature = text_at(element, "/signature_then");
    CHECK_FALSE(verify_webhook(bad.token, bad.webhook()));
  }
}

TEST_CASE("Twilio vectors: every webhook body is read") {
  CHECK(parse_voice_webhook(text_at("/http/inbound_voice_webhook/body"))->status ==
        CallStatus::ringing);
  const auto outbound = parse_voice_webhook(text_at("/http/outbound_answer_webhook_body"));
  REQUIRE(outbound);
  CHECK(outbound->direction == core::Direction::outbound);
  CHECK(outbound->to.expose() == "+14155550123");
  const auto detected = parse_voice_webhook(text_at("/http/outbound_answer_webhook_body_sync_amd"));
  CHECK(detected->answered_by == AnsweredBy::human);
  const auto verdict = parse_amd_callback(text_at("/http/async_amd_callback_body"));
  CHECK(verdict->answered_by == AnsweredBy::machine);
  CHECK(parse_connect_done(text_at("/http/dial_action_callback_body"))->dial_call_status ==
        "no-answer");
  for (const dom::element body :
       vectors().at_pointer("/http/stream_status_callbacks").get_array()) {
    CHECK(parse_stream_status(body.get_string().value()));
  }
}

TEST_CASE("Twilio vectors: T26 the status callbacks of a call move it forward to its end") {
  for (const dom::element element : vectors().at_pointer("/http/status_callbacks").get_array()) {
    CAPTURE(text_at(element, "/event"));
    const auto callback = parse_status_callback(text_at(element, "/body"));
    REQUIRE(callback);
    CHECK(callback->call_id == example_call);
    CHECK(callback->sequence_number.has_value());
    CHECK(callback->duration_s.has_value() == is_terminal(callback->status));
    CallProgress progress;
    CHECK(progress.advance(callback->status));
    CHECK(progress.ended() == text_at(element, "/event").starts_with("completed"));
  }
}

TEST_CASE("Twilio vectors: our documents are the reference documents, byte for byte") {
  ConnectDocument connect;
  connect.action_url = "https://bridge.example.com/twilio/connect-done";
  connect.stream_url = "wss://bridge.example.com/twilio/media";
  connect.stream_name = "agent";
  connect.status_url = "https://bridge.example.com/twilio/stream-status";
  connect.parameters = {{std::string(token_parameter), "b7f1c9e2d4a84b0f9a3e5c6d7e8f9012"}};
  CHECK(connect_twiml(connect) == text_at("/twiml/inbound_or_answer"));
  CHECK(hang_up_twiml() == text_at("/twiml/connect_done_hangup"));
  TransferDocument transfer;
  transfer.announcement = "One moment please.";
  transfer.number = core::PhoneNumber("+14155550199");
  transfer.caller_id = core::PhoneNumber("+15005550006");
  transfer.action_url = "https://bridge.example.com/twilio/dial-done";
  CHECK(transfer_twiml(transfer) == text_at("/twiml/fallback_transfer"));
  CHECK(apology_twiml("We are sorry, this service is not available right now. Goodbye.") ==
        text_at("/twiml/apology"));
  CHECK(reject_twiml(RejectReason::busy) == text_at("/twiml/reject"));
  CHECK(empty_twiml() == text_at("/twiml/empty_ack"));
  std::string escaped;
  append_xml(escaped, text_at("/twiml/escaping/raw"));
  CHECK(escaped == text_at("/twiml/escaping/attribute_or_text"));
}

TEST_CASE("Twilio vectors: REST requests have the reference path and parameters") {
  CreateCall call;
  call.to = core::PhoneNumber("+14155550123");
  call.from = core::PhoneNumber("+15005550006");
  call.voice_url = "https://bridge.example.com/twilio/voice?job=42";
  call.fallback_url = "https://fallback.example.net/twilio/voice";
  call.status_url = "https://bridge.example.com/twilio/status?job=42";
  call.amd_url = "https://bridge.example.com/twilio/amd?job=42";
  call.time_limit = std::chrono::seconds{900};
  const auto check = [](const core::OutgoingRequest& request, const std::string& name) {
    CAPTURE(name);
    CHECK(request.method == text_at(("/rest/" + name + "/method").c_str()));
    CHECK(request.url.target == text_at(("/rest/" + name + "/path").c_str()));
    CHECK(pairs_of(request.body) == pairs_of(text_at(("/rest/" + name + "/body").c_str())));
  };
  check(create_call_request(account(), call), "create_call");
  check(fetch_call_request(account(), example_call), "fetch_call");
  check(hang_up_request(account(), example_call), "hang_up");
  check(cancel_request(account(), example_call), "cancel");
  const std::string body = text_at("/rest/redirect_inline/body");
  check(redirect_request(account(), example_call, pairs_of(body)[0].second), "redirect_inline");
}

TEST_CASE("Twilio vectors: REST answers are read") {
  const auto at = [](const std::string& name) {
    return response_of(vectors().at_pointer("/rest/" + name + "/response").value());
  };
  const auto created = parse_created(at("create_call"));
  REQUIRE(created);
  CHECK(created->id == example_call);
  CHECK(created->status == CallStatus::queued);
  CHECK(created->direction == core::Direction::outbound);
  CHECK(core::to_rfc3339(created->created.value()) == "2026-11-22T12:00:00.000000Z");
  CHECK_FALSE(created->duration_s);
  CHECK(parse_fetched(at("fetch_call"))->status == CallStatus::in_progress);
  CHECK(parse_fetched(at("hang_up"))->duration_s == 37);
  CHECK(parse_ended(at("hang_up")));
  CHECK(parse_ended(at("cancel")));
  CHECK(parse_redirected(at("redirect_inline")));
}

TEST_CASE("Twilio vectors: every REST error has its meaning") {
  const std::vector<std::pair<std::string, RestFault>> expected = {
      {"auth", RestFault::account},
      {"not_found", RestFault::not_found},
      {"too_many_requests", RestFault::retry_safe},
      {"server_error", RestFault::unknown_outcome},
      {"unavailable", RestFault::unknown_outcome},
      {"no_to", RestFault::bad_request},
      {"bad_url", RestFault::bad_request},
      {"from_not_verified", RestFault::configuration},
      {"bad_to", RestFault::refused},
      {"bad_from", RestFault::configuration},
      {"no_from", RestFault::bad_request},
      {"unreachable", RestFault::refused},
      {"geo", RestFault::refused},
      {"blocked", RestFault::refused},
      {"invalid_number", RestFault::refused},
      {"to_not_verified", RestFault::configuration},
      {"bad_state", RestFault::wrong_state},
      {"queue_full", RestFault::queue_full},
      {"concurrency", RestFault::retry_safe}};
  for (const auto& [name, fault] : expected) {
    CAPTURE(name);
    const auto example = vectors().at_pointer("/rest/errors/" + name).value();
    const auto created = parse_created(response_of(example));
    REQUIRE_FALSE(created);
    CHECK(created.error().fault == fault);
    CHECK(created.error().code == example.at_pointer("/body/code").get_int64().value());
  }
  // "_note" is the one other key.
  CHECK(vectors().at_pointer("/rest/errors").get_object().size() == expected.size() + 1);
}

TEST_CASE("Twilio vectors: E.164 is strict") {
  for (const dom::element number : vectors().at_pointer("/e164/valid").get_array()) {
    CHECK(core::PhoneNumber(std::string(number.get_string().value())).is_e164());
  }
  for (const dom::element number : vectors().at_pointer("/e164/invalid").get_array()) {
    CHECK_FALSE(core::PhoneNumber(std::string(number.get_string().value())).is_e164());
  }
}

TEST_CASE("Twilio vectors: mu-law both ways") {
  for (const dom::element pair : vectors().at_pointer("/mulaw/encode").get_array()) {
    const auto sample = static_cast<std::int16_t>(pair.at(0).get_int64().value());
    CHECK(codec::ulaw_encode(sample) == pair.at(1).get_int64().value());
  }
  for (const dom::element pair : vectors().at_pointer("/mulaw/decode").get_array()) {
    const auto byte = static_cast<std::uint8_t>(pair.at(0).get_int64().value());
    CHECK(codec::ulaw_decode(byte) == pair.at(1).get_int64().value());
  }
}
