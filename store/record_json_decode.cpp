// The decoding half of store/record_json.hpp.
#include <simdjson.h>

#include <limits>

#include "store/record_json.hpp"

namespace tandem::store {

namespace {

using core::Failure;
namespace dom = simdjson::dom;

/// Reads fields of one object and remembers the first thing that went wrong; after that it answers
/// empty values.
class FieldReader {
 public:
  explicit FieldReader(dom::element object) : object_(object) {}

  std::string text(const char* name) {
    std::string_view value;
    check(object_[name].get(value));
    return std::string(value);
  }

  std::int64_t integer(const char* name) {
    std::int64_t value = 0;
    check(object_[name].get(value));
    return value;
  }

  std::int32_t narrow(const char* name) {
    const std::int64_t value = integer(name);
    if (value < std::numeric_limits<std::int32_t>::min() ||
        value > std::numeric_limits<std::int32_t>::max()) {
      refuse(RecordJsonError::out_of_range);
      return 0;
    }
    return static_cast<std::int32_t>(value);
  }

  double number(const char* name) {
    double value = 0;
    check(object_[name].get(value));
    return value;
  }

  bool has(const char* name) { return object_[name].error() == simdjson::SUCCESS; }

  dom::element element(const char* name) {
    dom::element value;
    check(object_[name].get(value));
    return value;
  }

  /// The value that `name` stands for in `choices`, by its to_string.
  template <class Enumeration>
  Enumeration choice(const char* name, std::initializer_list<Enumeration> choices) {
    const std::string word = text(name);
    for (const Enumeration choice : choices) {
      if (core::to_string(choice) == word) return choice;
    }
    refuse(RecordJsonError::out_of_range);
    return *choices.begin();
  }

  void refuse(RecordJsonError error) {
    if (!error_) error_ = error;
  }
  [[nodiscard]] const std::optional<RecordJsonError>& error() const noexcept { return error_; }

 private:
  void check(simdjson::error_code code) {
    if (code != simdjson::SUCCESS) refuse(RecordJsonError::missing_field);
  }

  dom::element object_;
  std::optional<RecordJsonError> error_;
};

core::TurnLatency read_turn(FieldReader& in) {
  return {.turn = in.narrow("turn"),
          .to_last_audio_sent_us = in.integer("to_last_audio_sent_us"),
          .to_text_final_us = in.integer("to_text_final_us"),
          .to_first_audio_us = in.integer("to_first_audio_us"),
          .to_carrier_us = in.integer("to_carrier_us"),
          .to_audible_us = in.integer("to_audible_us"),
          .unexplained_us = in.integer("unexplained_us"),
          .gap_us = in.integer("gap_us")};
}

core::Percentiles read_percentiles(FieldReader& in) {
  return {.count = in.integer("count"),
          .p50_us = in.integer("p50_us"),
          .p95_us = in.integer("p95_us"),
          .p99_us = in.integer("p99_us"),
          .max_us = in.integer("max_us")};
}

core::AudioAccount read_audio(FieldReader& in) {
  return {.caller_frames_in = in.integer("caller_frames_in"),
          .caller_frames_sent = in.integer("caller_frames_sent"),
          .caller_frames_dropped = in.integer("caller_frames_dropped"),
          .silence_frames_sent = in.integer("silence_frames_sent"),
          .agent_ms_received = in.integer("agent_ms_received"),
          .agent_ms_sent = in.integer("agent_ms_sent"),
          .agent_ms_cut = in.integer("agent_ms_cut")};
}

/// Reads the object under `name` with `read`; what is wrong inside counts as wrong outside.
template <class Read>
auto nested(FieldReader& in, const char* name, Read read) {
  FieldReader inner(in.element(name));
  if (in.error()) return decltype(read(inner)){};
  auto value = read(inner);
  if (inner.error()) in.refuse(*inner.error());
  return value;
}

std::vector<core::TurnLatency> read_turns(FieldReader& in, dom::element list) {
  std::vector<core::TurnLatency> turns;
  dom::array array;
  if (list.get(array) != simdjson::SUCCESS) {
    in.refuse(RecordJsonError::missing_field);
    return turns;
  }
  for (const dom::element element : array) {
    FieldReader inner(element);
    turns.push_back(read_turn(inner));
    if (inner.error()) in.refuse(*inner.error());
  }
  return turns;
}

core::CallStarted read_call_started(FieldReader& in) {
  return {
      .carrier_call_id = core::CarrierCallId(in.text("call_sid")),
      .direction = in.choice("direction", {core::Direction::inbound, core::Direction::outbound}),
      .from = core::PhoneNumber(in.text("from")),
      .to = core::PhoneNumber(in.text("to")),
      .provider = in.text("provider"),
      .purpose = in.text("purpose"),
      .node = in.text("node")};
}

core::TranscriptEntry read_transcript_entry(FieldReader& in) {
  return {.seq = in.narrow("seq"),
          .speaker = in.choice("speaker", {core::Speaker::user, core::Speaker::assistant}),
          .text = in.text("text"),
          .event_type = in.text("event_type"),
          .source = in.text("source")};
}

core::CallEnded read_call_ended(FieldReader& in) {
  core::CallEnded ended{.end_reason = in.text("end_reason"),
                        .duration_ms = in.integer("duration_ms"),
                        .total_messages = in.narrow("total_messages"),
                        .interruptions = in.narrow("interruptions"),
                        .talk_ratio = in.number("talk_ratio"),
                        .turns = {},
                        .uplink_transit = nested(in, "uplink_transit", read_percentiles),
                        .downlink_transit = nested(in, "downlink_transit", read_percentiles),
                        .audio = nested(in, "audio", read_audio)};
  const dom::element turns = in.element("turns");
  if (!in.error()) ended.turns = read_turns(in, turns);
  return ended;
}

core::CarrierStatus read_carrier_status(FieldReader& in) {
  core::CarrierStatus status{.carrier_call_id = core::CarrierCallId(in.text("call_sid")),
                             .status = in.text("status"),
                             .rank = in.narrow("rank"),
                             .duration_s = std::nullopt,
                             .answered_by = in.text("answered_by")};
  if (in.has("duration_s")) status.duration_s = in.narrow("duration_s");
  return status;
}

core::RecordBody read_body(RecordType type, FieldReader& in) {
  switch (type) {
    case RecordType::call_started:
      return read_call_started(in);
    case RecordType::call_answered:
      return core::CallAnswered{core::CarrierStreamId(in.text("stream_sid"))};
    case RecordType::chat_opened:
      return core::ChatOpened{core::ChatId(in.text("chat_id")),
                              core::ChatGroupId(in.text("chat_group_id")),
                              in.has("provider") ? in.text("provider") : std::string()};
    case RecordType::transcript_entry:
      return read_transcript_entry(in);
    case RecordType::transcript_heard:
      return core::TranscriptHeard{in.narrow("seq"), in.narrow("audio_ms"), in.narrow("heard_ms"),
                                   in.has("cut")};
    case RecordType::call_event:
      return core::CallEvent{in.narrow("seq"), in.text("type"), in.text("json")};
    case RecordType::call_ended:
      return read_call_ended(in);
    case RecordType::carrier_status:
      return read_carrier_status(in);
  }
  in.refuse(RecordJsonError::unknown_type);
  return {};
}

template <class Read>
auto decode_object(std::string_view json, Read read) {
  dom::parser parser;
  dom::element object;
  using Value = std::invoke_result_t<Read, FieldReader&>;
  if (parser.parse(json).get(object) != simdjson::SUCCESS) return Value{};
  FieldReader in(object);
  auto value = read(in);
  return in.error() ? Value{} : value;
}

}  // namespace

core::Result<core::Record, RecordJsonError> decode_record(RecordType type, core::WallTime wall,
                                                          std::string_view payload) {
  dom::parser parser;
  dom::element object;
  if (parser.parse(payload).get(object) != simdjson::SUCCESS) {
    return Failure{RecordJsonError::not_json};
  }
  FieldReader in(object);
  core::RecordBody body = read_body(type, in);
  core::Record record{.call_id = core::CallId(in.text("call_id")),
                      .wall = wall,
                      .offset = core::MediaOffset(in.integer("offset_ms")),
                      .body = std::move(body)};
  if (in.error()) return Failure{*in.error()};
  return record;
}

std::vector<core::TurnLatency> decode_turns(std::string_view json) {
  dom::parser parser;
  dom::element list;
  if (parser.parse(json).get(list) != simdjson::SUCCESS) return {};
  FieldReader in(list);
  auto turns = read_turns(in, list);
  return in.error() ? std::vector<core::TurnLatency>{} : turns;
}

core::Percentiles decode_percentiles(std::string_view json) {
  return decode_object(json, read_percentiles);
}

core::AudioAccount decode_audio_account(std::string_view json) {
  return decode_object(json, read_audio);
}

}  // namespace tandem::store
