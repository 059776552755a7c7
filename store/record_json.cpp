#include "store/record_json.hpp"

#include <array>

#include "store/json_text.hpp"

namespace tandem::store {

namespace {

constexpr std::array<std::string_view, 8> type_names = {
    "call_started",     "call_answered", "chat_opened", "transcript_entry",
    "transcript_heard", "call_event",    "call_ended",  "carrier_status",
};
static_assert(std::variant_size_v<core::RecordBody> == type_names.size(),
              "a new record needs a number in RecordType, a name here, an encoder and a decoder");

void encode(JsonObject& out, const core::CallStarted& body) {
  out.field("call_sid", body.carrier_call_id.str())
      .field("direction", core::to_string(body.direction))
      .field("from", body.from.expose())
      .field("to", body.to.expose())
      .field("provider", body.provider)
      .field("purpose", body.purpose)
      .field("node", body.node);
}

void encode(JsonObject& out, const core::CallAnswered& body) {
  out.field("stream_sid", body.carrier_stream_id.str());
}

void encode(JsonObject& out, const core::ChatOpened& body) {
  out.field("chat_id", body.chat_id.str()).field("chat_group_id", body.chat_group_id.str());
  if (!body.provider.empty()) out.field("provider", body.provider);
}

void encode(JsonObject& out, const core::TranscriptEntry& body) {
  out.field("seq", body.seq)
      .field("speaker", core::to_string(body.speaker))
      .field("text", body.text)
      .field("event_type", body.event_type)
      .field("source", body.source);
}

void encode(JsonObject& out, const core::TranscriptHeard& body) {
  out.field("seq", body.seq).field("audio_ms", body.audio_ms).field("heard_ms", body.heard_ms);
  if (body.was_cut) out.raw("cut", "true");
}

void encode(JsonObject& out, const core::CallEvent& body) {
  // json goes in as a string, not as an object: what a provider sent may not be JSON, and must
  // still be kept
  out.field("seq", body.seq).field("type", body.type).field("json", body.json);
}

void encode(JsonObject& out, const core::CallEnded& body) {
  out.field("end_reason", body.end_reason)
      .field("duration_ms", body.duration_ms)
      .field("total_messages", body.total_messages)
      .field("interruptions", body.interruptions)
      .field("talk_ratio", body.talk_ratio)
      .raw("turns", encode_turns(body.turns))
      .raw("uplink_transit", encode_percentiles(body.uplink_transit))
      .raw("downlink_transit", encode_percentiles(body.downlink_transit))
      .raw("audio", encode_audio_account(body.audio));
}

void encode(JsonObject& out, const core::CarrierStatus& body) {
  out.field("call_sid", body.carrier_call_id.str())
      .field("status", body.status)
      .field("rank", body.rank)
      .field("answered_by", body.answered_by);
  if (body.duration_s) out.field("duration_s", *body.duration_s);
}

bool is_acted_upon(std::string_view event_type) noexcept {
  return event_type == "consent" || event_type == "opt_out" || event_type == "erasure_order" ||
         event_type == "operator_hang_up";
}

}  // namespace

std::string_view to_string(RecordType type) noexcept {
  const auto number = static_cast<std::size_t>(type);
  return number >= 1 && number <= type_names.size() ? type_names[number - 1] : "unknown";
}

std::string_view to_string(RecordJsonError error) noexcept {
  switch (error) {
    case RecordJsonError::unknown_type:
      return "unknown_type";
    case RecordJsonError::not_json:
      return "not_json";
    case RecordJsonError::missing_field:
      return "missing_field";
    case RecordJsonError::out_of_range:
      return "out_of_range";
  }
  return "unknown";
}

RecordType type_of(const core::Record& record) noexcept {
  return static_cast<RecordType>(record.body.index() + 1);
}

SyncClass sync_class_of(const core::Record& record) noexcept {
  const auto* event = std::get_if<core::CallEvent>(&record.body);
  if (event == nullptr) return SyncClass::soon;
  if (is_acted_upon(event->type)) return SyncClass::durable;
  return event->type == "frame_stats" ? SyncClass::best_effort : SyncClass::soon;
}

std::string encode_record(const core::Record& record) {
  JsonObject out;
  out.field("call_id", record.call_id.str())
      .field("offset_ms", std::int64_t{record.offset.count()});
  std::visit([&out](const auto& body) { encode(out, body); }, record.body);
  return out.finish();
}

std::string encode_turns(const std::vector<core::TurnLatency>& turns) {
  std::string out = "[";
  for (const auto& turn : turns) {
    if (out.size() > 1) out += ',';
    out += JsonObject()
               .field("turn", turn.turn)
               .field("to_last_audio_sent_us", turn.to_last_audio_sent_us)
               .field("to_text_final_us", turn.to_text_final_us)
               .field("to_first_audio_us", turn.to_first_audio_us)
               .field("to_carrier_us", turn.to_carrier_us)
               .field("to_audible_us", turn.to_audible_us)
               .field("unexplained_us", turn.unexplained_us)
               .field("gap_us", turn.gap_us)
               .finish();
  }
  return out + "]";
}

std::string encode_percentiles(const core::Percentiles& percentiles) {
  return JsonObject()
      .field("count", percentiles.count)
      .field("p50_us", percentiles.p50_us)
      .field("p95_us", percentiles.p95_us)
      .field("p99_us", percentiles.p99_us)
      .field("max_us", percentiles.max_us)
      .finish();
}

std::string encode_audio_account(const core::AudioAccount& audio) {
  return JsonObject()
      .field("caller_frames_in", audio.caller_frames_in)
      .field("caller_frames_sent", audio.caller_frames_sent)
      .field("caller_frames_dropped", audio.caller_frames_dropped)
      .field("silence_frames_sent", audio.silence_frames_sent)
      .field("agent_ms_received", audio.agent_ms_received)
      .field("agent_ms_sent", audio.agent_ms_sent)
      .field("agent_ms_cut", audio.agent_ms_cut)
      .finish();
}

}  // namespace tandem::store
