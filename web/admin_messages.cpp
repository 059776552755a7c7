#include "web/admin_messages.hpp"

#include <fmt/format.h>

#include <array>

#include "web/json.hpp"
#include "web/render.hpp"

namespace tandem::web {

namespace {

/// The common members up to the number; `call_id` empty: of no call.
std::string head(std::string_view type, std::string_view call_id) {
  JsonWriter json;
  json.begin_object().member("type", type).member_if_known("call_id", call_id).key("seq");
  return json.finish();
}

/// Everything after the number: the other common members, and whatever `write` adds.
template <class Write>
std::string tail(core::WallTime wall, std::optional<core::MediaOffset> offset, Write write) {
  JsonWriter json;
  json.begin_object().member("ts_ms", std::int64_t{wall.time_since_epoch().count() / 1000});
  json.key("offset_ms");
  offset ? json.value(std::int64_t{offset->count()}) : json.null();
  write(json);
  std::string text = json.end_object().finish();
  text.front() = ',';  // continues the object that head() began
  return text;
}

void write_optional(JsonWriter& json, std::string_view name, std::optional<std::int32_t> number) {
  json.key(name);
  number ? json.value(std::int64_t{*number}) : json.null();
}

std::optional<double> heard_ratio(const LiveLine& line) {
  if (!line.audio_ms || !line.heard_ms || *line.audio_ms <= 0) return std::nullopt;
  return static_cast<double>(*line.heard_ms) / *line.audio_ms;
}

void write_line(JsonWriter& json, const LiveLine& line) {
  json.begin_object()
      .member("seq", std::int64_t{line.seq})
      .member("speaker", to_string(line.speaker))
      .member("text", line.text)
      .member("offset_ms", std::int64_t{line.offset.count()});
  write_optional(json, "audio_ms", line.audio_ms);
  write_optional(json, "heard_ms", line.heard_ms);
  json.member("heard_ratio", heard_ratio(line)).end_object();
}

void write_stats(JsonWriter& json, const FrameStats& stats) {
  json.begin_object()
      .member("caller_frames_in", stats.audio.caller_frames_in)
      .member("caller_frames_sent", stats.audio.caller_frames_sent)
      .member("caller_frames_dropped", stats.audio.caller_frames_dropped)
      .member("agent_ms_received", stats.audio.agent_ms_received)
      .member("agent_ms_sent", stats.audio.agent_ms_sent)
      .member("agent_ms_cut", stats.audio.agent_ms_cut)
      .member("caller_dbfs", stats.caller_dbfs)
      .member("agent_dbfs", stats.agent_dbfs)
      .member("uplink_p99_us", stats.uplink_p99_us)
      .member("downlink_p99_us", stats.downlink_p99_us)
      .member("voice_outbox_bytes", stats.voice_outbox_bytes)
      .member("carrier_outbox_bytes", stats.carrier_outbox_bytes)
      .end_object();
}

void write_call(JsonWriter& json, const LiveCall& call) {
  const bool is_inbound = call.direction == core::Direction::inbound;
  json.begin_object()
      .member("call_id", call.id.str())
      .member("handle", std::int64_t{call.handle})
      .member("direction", to_string(call.direction))
      .member_if_known("phone_number", (is_inbound ? call.from : call.to).expose())
      .member_if_known("from_number", call.from.expose())
      .member_if_known("to_number", call.to.expose())
      .member_if_known("provider", call.provider)
      .member_if_known("purpose", call.purpose)
      .member("state", call.state)
      .member("started_at", call.started_at)
      .member("answered_at", call.answered_at);
  json.key("paused").fact(call.is_paused).key("listeners").begin_array();
  for (const auto& name : call.listeners) json.value(name);
  json.end_array().key("lines").begin_array();
  for (const auto& line : call.lines) write_line(json, line);
  json.end_array().key("turns").begin_array();
  for (const auto& turn : call.turns) write_turn(json, turn);
  json.end_array().key("stats");
  if (call.stats) {
    write_stats(json, *call.stats);
  } else {
    json.null();
  }
  json.end_object();
}

// One for each kind of news: what the message has beside the common members.
void write_news(JsonWriter& json, const CallBegan& news) {
  json.key("call");
  write_call(json, news.call);
}
void write_news(JsonWriter& json, const StateChanged& news) {
  json.member("state", news.state).member_if_known("end_reason", news.end_reason);
}
void write_news(JsonWriter& json, const LineChanged& news) {
  json.key("line");
  write_line(json, news.line);
}
void write_news(JsonWriter& json, const TurnCompleted& news) {
  json.key("turn");
  write_turn(json, news.turn);
}
void write_news(JsonWriter& json, const BargeInResolved& news) {
  json.member("result", std::string_view(news.is_confirmed ? "confirmed" : "rejected"));
}
void write_news(JsonWriter& json, const VoiceBack& news) { json.member("provider", news.provider); }
void write_news(JsonWriter& json, const StatsTaken& news) {
  json.key("stats");
  write_stats(json, news.stats);
}
void write_news(JsonWriter& json, const OperatorActed& news) {
  json.member("by", news.by).member("action", news.action);
}
void write_news(JsonWriter& json, const CallOver& news) {
  json.member_if_known("end_reason", news.end_reason).member("duration_ms", news.duration_ms);
}
void write_news(JsonWriter& json, const CallAnalysed& news) {
  json.member("label", news.label).member("confidence", news.confidence);
}

/// By the order of LiveNews.
constexpr std::array<std::string_view, std::variant_size_v<LiveNews>> news_types = {
    "call_started",      "state_changed",         "transcript",  "turn_completed",
    "barge_in_resolved", "voice_leg_reconnected", "frame_stats", "operator_action",
    "call_ended",        "call_analyzed"};

void append_big_endian(std::string& out, std::uint32_t number) {
  for (int shift = 24; shift >= 0; shift -= 8)
    out += static_cast<char>(static_cast<unsigned char>(number >> shift));
}

}  // namespace

std::string ServerMessage::numbered(std::uint64_t seq) const {
  return fmt::format("{}{}{}", before_seq, seq, after_seq);
}

ServerMessage message_of(const LiveChange& change) {
  return {head(news_types[change.news.index()], change.call_id.str()),
          tail(change.wall, change.offset, [&](JsonWriter& json) {
            std::visit([&json](const auto& news) { write_news(json, news); }, change.news);
          })};
}

ServerMessage message_of(const NodeStatus& status, core::WallTime wall) {
  return {head("node_status", ""), tail(wall, std::nullopt, [&](JsonWriter& json) {
            json.member("node", status.node)
                .member("version", status.version)
                .member("role", status.role)
                .member("name", status.name)
                .member("calls", static_cast<std::int64_t>(status.calls))
                .key("draining")
                .fact(status.is_draining)
                .member("spool_fill", status.spool_fill)
                .member("database", status.database);
          })};
}

ServerMessage snapshot_message(std::span<const LiveCall* const> calls,
                               std::optional<std::int64_t> dropped, core::WallTime wall) {
  return {head("snapshot", ""), tail(wall, std::nullopt, [&](JsonWriter& json) {
            json.key("calls").begin_array();
            for (const LiveCall* const call : calls) write_call(json, *call);
            json.end_array();
            if (dropped) json.member("dropped", *dropped);
          })};
}

ServerMessage ack_message(std::string_view id, core::WallTime wall) {
  return {head("ack", ""),
          tail(wall, std::nullopt, [&](JsonWriter& json) { json.key("id").raw(id); })};
}

ServerMessage error_message(std::string_view id, std::string_view code, std::string_view message,
                            core::WallTime wall) {
  return {head("error", ""), tail(wall, std::nullopt, [&](JsonWriter& json) {
            json.key("id").raw(id).member("code", code).member("message", message);
          })};
}

std::string render_ticket(std::string_view ticket, std::chrono::seconds valid_for) {
  JsonWriter json;
  json.begin_object()
      .member("ticket", ticket)
      .member("expires_in", std::int64_t{valid_for.count()})
      .end_object();
  return json.finish();
}

void append_audio(std::string& out, std::uint8_t track, std::uint32_t handle,
                  core::MediaOffset offset, std::string_view ulaw) {
  out += '\x01';
  out += static_cast<char>(track);
  out.append(2, '\0');
  append_big_endian(out, handle);
  append_big_endian(out, static_cast<std::uint32_t>(offset.count()));
  out += ulaw;
}

}  // namespace tandem::web
