#include "web/render.hpp"

#include <simdjson.h>

#include <array>

#include "web/json.hpp"

namespace tandem::web {

namespace {

void write_summary(JsonWriter& json, const store::CallRow& call) {
  json.member("id", call.id)
      .member_if_known("direction", call.direction)
      .member_if_known("phone_number", call.phone_number.expose())
      .member_if_known("from_number", call.from_number.expose())
      .member_if_known("to_number", call.to_number.expose())
      .member("status", call.status)
      .member("start_time", call.start_time)
      .member("answered_time", call.answered_time)
      .member("end_time", call.end_time)
      .member("duration", call.duration_s)
      .member_if_known("end_reason", call.end_reason)
      .member_if_known("answered_by", call.answered_by)
      .member_if_known("provider", call.provider);
}

void write_hits(JsonWriter& json, const std::vector<store::SearchHit>& hits) {
  json.key("hits").begin_array();
  for (const store::SearchHit& hit : hits) {
    json.begin_object()
        .member("seq", std::int64_t{hit.seq})
        .member("speaker", hit.speaker)
        .member("offset_ms", hit.offset_ms)
        .key("snippet")
        .begin_array();
    for (const store::SnippetPart& part : hit.snippet) {
      json.begin_object().member("text", part.text).key("is_match").fact(part.is_match);
      json.end_object();
    }
    json.end_array().end_object();
  }
  json.end_array();
}

void write_appointment(JsonWriter& json,
                       const std::optional<store::AgreedAppointment>& appointment) {
  json.key("appointment");
  if (!appointment) {
    json.null();
    return;
  }
  json.begin_object()
      .member_if_known("when_text", appointment->when_text)
      .member_if_known("date", appointment->date)
      .member_if_known("time", appointment->time)
      .member("party", appointment->party)
      .member_if_known("service", appointment->service)
      .member_if_known("name", appointment->name)
      .member_if_known("phone", appointment->phone)
      .member_if_known("kind", appointment->kind)
      .end_object();
}

void write_suspicions(JsonWriter& json, const std::vector<store::SuspiciousLine>& lines) {
  json.key("suspicions").begin_array();
  for (const store::SuspiciousLine& line : lines) {
    json.begin_object()
        .member("seq", std::int64_t{line.seq})
        .member("what", line.what)
        .end_object();
  }
  json.end_array();
}

void write_verdict(JsonWriter& json, const store::CallRow& call, const store::Verdict& verdict) {
  json.key("outcome")
      .begin_object()
      .member("label", outcome_label(call))
      .member_if_known("state", verdict.state)
      .member("confidence", verdict.confidence)
      .member_if_known("reason", verdict.reason)
      .key("evidence")
      .begin_array();
  for (const store::Evidence& item : verdict.evidence) {
    json.begin_object()
        .member("seq", std::int64_t{item.seq})
        .member("quote", item.quote)
        .end_object();
  }
  json.end_array();
  write_appointment(json, verdict.appointment);
  write_suspicions(json, verdict.suspicions);
  json.member_if_known("model", verdict.model)
      .member_if_known("prompt_version", verdict.prompt_version)
      .member("attempts", std::int64_t{verdict.attempts})
      .member("analysed_at", verdict.analysed_at)
      .end_object();
}

void write_audio(JsonWriter& json, const core::AudioAccount& audio) {
  json.begin_object()
      .member("caller_frames_in", audio.caller_frames_in)
      .member("caller_frames_sent", audio.caller_frames_sent)
      .member("caller_frames_dropped", audio.caller_frames_dropped)
      .member("silence_frames_sent", audio.silence_frames_sent)
      .member("agent_ms_received", audio.agent_ms_received)
      .member("agent_ms_sent", audio.agent_ms_sent)
      .member("agent_ms_cut", audio.agent_ms_cut)
      .end_object();
}

}  // namespace

void write_turn(JsonWriter& json, const core::TurnLatency& turn) {
  struct Stage {
    std::string_view name;  ///< where the stage ends (API contract, section 6)
    std::int64_t us;
  };
  const std::array<Stage, 5> stages = {{{"voice_last_audio_sent", turn.to_last_audio_sent_us},
                                        {"voice_text_final", turn.to_text_final_us},
                                        {"voice_first_audio", turn.to_first_audio_us},
                                        {"carrier_first_audio", turn.to_carrier_us},
                                        {"audible", turn.to_audible_us}}};
  json.begin_object().member("turn", std::int64_t{turn.turn}).key("stages").begin_array();
  for (const Stage& stage : stages) {
    json.begin_object().member("name", stage.name).member("us", stage.us).end_object();
  }
  json.end_array()
      .member("unexplained_us", turn.unexplained_us)
      .member("gap_us", turn.gap_us)
      .end_object();
}

namespace {

void write_percentiles(JsonWriter& json, const core::Percentiles& percentiles) {
  json.begin_object()
      .member("count", percentiles.count)
      .member("p50_us", percentiles.p50_us)
      .member("p95_us", percentiles.p95_us)
      .member("p99_us", percentiles.p99_us)
      .member("max_us", percentiles.max_us)
      .end_object();
}

/// The database holds only JSON objects here; should that ever be wrong, the answer must stay JSON
/// all the same.
bool is_json_object(std::string_view text) {
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  return parser.parse(text.data(), text.size()).get(object) == simdjson::SUCCESS;
}

}  // namespace

std::string_view outcome_label(const store::CallRow& call) noexcept {
  if (call.analysis_state == "done" && !call.outcome.empty()) return call.outcome;
  if (call.analysis_state == "done" || call.analysis_state == "needs_review") return "needs_review";
  if (call.analysis_state == "failed") return "failed";
  const bool nothing_to_judge = call.analysis_state.empty() && call.end_time;
  return nothing_to_judge ? "none" : "pending";
}

namespace {

void write_listed(JsonWriter& json, const store::CallRow& call) {
  json.begin_object();
  write_summary(json, call);
  json.key("outcome")
      .begin_object()
      .member("label", outcome_label(call))
      .member("confidence", call.confidence)
      .end_object();
  if (!call.hits.empty()) write_hits(json, call.hits);
  json.end_object();
}

}  // namespace

std::string render_call_summary(const store::CallRow& call) {
  JsonWriter json;
  write_listed(json, call);
  return json.finish();
}

std::string render_calls(const store::CallPage& page, std::optional<bool> leaves_out_sealed) {
  JsonWriter json;
  json.begin_object().key("calls").begin_array();
  for (const store::CallRow& call : page.calls) write_listed(json, call);
  json.end_array().member_if_known("next_cursor", page.next_cursor);
  if (leaves_out_sealed) json.key("sealed_not_searched").fact(*leaves_out_sealed);
  return json.end_object().finish();
}

namespace {

void write_call(JsonWriter& json, const store::CallDetail& detail) {
  const store::CallRow& call = detail.call;
  write_summary(json, call);
  json.member_if_known("call_sid", call.call_sid)
      .member_if_known("stream_sid", call.stream_sid)
      .member_if_known("chat_id", call.chat_id)
      .member_if_known("chat_group_id", call.chat_group_id)
      .member_if_known("node", call.node)
      .member_if_known("purpose", call.purpose);
  write_verdict(json, call, detail.verdict.value_or(store::Verdict{}));
  json.member("total_messages", call.total_messages).member("interruptions", call.interruptions);
}

}  // namespace

std::string render_exported(const store::CallDetail& detail) {
  JsonWriter json;
  json.begin_object();
  write_call(json, detail);
  return json.end_object().finish();
}

namespace {

void write_comparison(JsonWriter& json, const store::HistoryComparison& comparison) {
  json.begin_object()
      .member("result", comparison.result)
      .member("matched", comparison.matched)
      .member("filled", comparison.filled)
      .member("late", comparison.late)
      .member("extra", comparison.extra)
      .member_if_known("reason", comparison.reason)
      .member("checked_at", comparison.checked_at)
      .end_object();
}

}  // namespace

std::string render_call(const store::CallDetail& detail,
                        const std::optional<store::CallLatency>& latency) {
  JsonWriter json;
  json.begin_object();
  write_call(json, detail);
  json.key("reconciliation");
  if (detail.reconciliation) {
    write_comparison(json, *detail.reconciliation);
  } else {
    json.null();
  }
  json.key("talk_ratio");
  latency ? json.value(latency->talk_ratio) : json.null();
  json.key("audio");
  if (latency) {
    write_audio(json, latency->audio);
  } else {
    json.null();
  }
  return json.end_object().finish();
}

std::string render_transcript(std::string_view call_id,
                              const std::vector<store::TranscriptLine>& lines) {
  JsonWriter json;
  json.begin_object().member("call_id", call_id).key("entries").begin_array();
  for (const store::TranscriptLine& line : lines) {
    json.begin_object()
        .member("seq", std::int64_t{line.seq})
        .member("speaker", line.speaker)
        .member("message", line.message)
        .member("timestamp", line.timestamp)
        .member("offset_ms", line.offset_ms)
        .member("event_type", line.event_type)
        .member("audio_ms", line.audio_ms)
        .member("heard_ms", line.heard_ms)
        .member("heard_ratio", line.heard_ratio)
        .member("source", line.source);
    if (!line.emotions.empty()) json.key("emotions").raw(line.emotions);
    json.end_object();
  }
  return json.end_array().end_object().finish();
}

std::string render_events(std::string_view call_id, const std::vector<store::EventLine>& events) {
  JsonWriter json;
  json.begin_object().member("call_id", call_id).key("events").begin_array();
  for (const store::EventLine& event : events) {
    json.begin_object()
        .member("seq", std::int64_t{event.seq})
        .member("event_type", event.type)
        .key("event_data")
        .raw(is_json_object(event.json) ? std::string_view(event.json) : "{}")
        .member("timestamp", event.timestamp)
        .member("offset_ms", event.offset_ms)
        .end_object();
  }
  return json.end_array().end_object().finish();
}

std::string render_latency(std::string_view call_id,
                           const std::optional<store::CallLatency>& latency) {
  JsonWriter json;
  json.begin_object().member("call_id", call_id).key("turns").begin_array();
  if (latency) {
    for (const core::TurnLatency& turn : latency->turns) write_turn(json, turn);
  }
  json.end_array();
  for (const auto& [name, transit] :
       {std::pair("uplink_transit", &store::CallLatency::uplink_transit),
        {"downlink_transit", &store::CallLatency::downlink_transit}}) {
    json.key(name);
    if (latency) {
      write_percentiles(json, *latency.*transit);
    } else {
      json.null();
    }
  }
  return json.end_object().finish();
}

}  // namespace tandem::web
