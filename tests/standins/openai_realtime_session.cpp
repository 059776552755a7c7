#include "openai_realtime_session.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>

namespace tandem::standins {

namespace {

constexpr std::string_view expiry_text = "Your session hit the maximum duration of 60 minutes.";

json::object default_session() {
  return json::parse(R"json({
    "output_modalities": ["audio"], "instructions": "(server default text)", "tools": [],
    "tool_choice": "auto", "max_output_tokens": "inf", "tracing": null, "prompt": null,
    "truncation": "auto",
    "audio": {
      "input": {"format": {"type": "audio/pcm", "rate": 24000},
        "turn_detection": {"type": "server_vad", "threshold": 0.5, "prefix_padding_ms": 300,
          "silence_duration_ms": 200, "idle_timeout_ms": null, "create_response": true,
          "interrupt_response": true}},
      "output": {"format": {"type": "audio/pcm", "rate": 24000}, "voice": "marin", "speed": 1}}
  })json")
      .as_object();
}

json::value value_of(std::string_view text) { return json::value(json::string_view(text)); }

}  // namespace

RealtimeSession::RealtimeSession(WebSocket socket, RealtimeOpening opening,
                                 RealtimeSettings settings, const SpeechData& speech,
                                 const Recogniser& recogniser, EviRecord& record,
                                 const Wakeup& wakeup, std::function<json::array()> take_orders)
    : socket_(std::move(socket)),
      opening_(std::move(opening)),
      settings_(std::move(settings)),
      speech_(speech),
      record_(record),
      wakeup_(wakeup),
      take_orders_(std::move(take_orders)),
      dialogue_(speech, recogniser, opening_.scenario),
      session_(default_session()) {}

void RealtimeSession::run() {
  record_.event("upgraded");
  socket_.answer_pings(!fault("no_pong"));
  try {
    begin();
    loop();
  } catch (const WireError& error) {
    record_.event("connection_lost", {{"reason", error.what()}});
    record_.set("closed_by", "lost");
    record_.set("close_code", 1006);
  }
}

void RealtimeSession::begin() {
  send({{"type", "session.created"}, {"session", session_object()}});
  if (!opening_.model.starts_with("gpt-realtime")) {
    send_error("invalid_request_error", "model_not_found", "The model does not exist.");
    return close(1008, "invalid_request_error.model_not_found");
  }
  schedule_faults();
  after(settings_.session_s * 1000, [this] { expire(); });
}

void RealtimeSession::expire() {
  send_error("invalid_request_error", "session_expired", expiry_text);
  if (!fault("no_close_frame")) return close(1001, expiry_text);
  obey({{"fault", "eof"}});
}

json::object RealtimeSession::session_object() const {
  json::object session{{"type", "realtime"},
                       {"object", "realtime.session"},
                       {"id", value_of(opening_.id)},
                       {"expires_at", std::time(nullptr) + settings_.session_s},
                       {"model", value_of(opening_.model)}};
  merge(session, session_);
  return session;
}

const json::object& RealtimeSession::turn_detection() const {
  const json::object& input = object_or_empty(object_or_empty(session_, "audio"), "input");
  return object_or_empty(input, "turn_detection");
}

void RealtimeSession::loop() {
  while (!over_) {
    TimePoint until = Clock::now() + std::chrono::hours(1);
    if (!jobs_.empty()) until = std::min(until, jobs_.begin()->first);
    if (answer_ && !answer_->parts.empty()) until = std::min(until, answer_->parts.front().due);
    if (socket_.connection().wait(until, &wakeup_) == Connection::Ready::readable) read();
    for (const json::value& order : take_orders_()) {
      if (!over_) obey(order.as_object());
    }
    run_due();
  }
}

void RealtimeSession::read() {
  socket_.read();
  while (!over_) {
    const auto event = socket_.next();
    if (!event) return;
    handle(*event);
  }
}

void RealtimeSession::run_due() {
  const TimePoint now = Clock::now();
  while (!over_ && !jobs_.empty() && jobs_.begin()->first <= now) {
    const Job job = std::move(jobs_.begin()->second);
    jobs_.erase(jobs_.begin());
    job();
  }
  while (!over_ && answer_ && !answer_->parts.empty() && answer_->parts.front().due <= now) {
    const RealtimePart part = answer_->parts.front();
    answer_->parts.pop_front();
    send_part(part);
  }
}

void RealtimeSession::handle(const WireEvent& event) {
  using Kind = WireEvent::Kind;
  switch (event.kind) {
    case Kind::text:
      return handle_text(event.payload);
    case Kind::binary:
      record_.violation("a binary frame");
      return close(1003, "text only");
    case Kind::ping:
      return record_.count_message("ping");
    case Kind::pong:
      return;
    case Kind::close:
      record_.set("close_code", event.code);
      record_.set("closed_by", "client");
      record_.event("closed", {{"code", event.code}, {"by", "client"}});
      over_ = true;
      socket_.send_close(event.code == 1005 ? std::uint16_t{1000} : event.code);
      socket_.connection().flush(Clock::now() + Milliseconds(500));
      return socket_.connection().shut();
    case Kind::end_of_stream:
      throw WireError("end of stream without a close frame");
    case Kind::breach:
      record_.violation("WebSocket: " + event.payload);
      return close(1002);
  }
}

void RealtimeSession::handle_text(const std::string& text) {
  json::error_code error;
  const json::value value = json::parse(text, error);
  if (error || !value.is_object()) {
    record_.violation("not a JSON object");
    return send_error("invalid_request_error", "invalid_json", "The event is not JSON.");
  }
  const json::object& event = value.as_object();
  const std::string type = text_or(event, "type", "");
  if (const auto problem = realtime_event_problem(event)) {
    record_.violation(fmt::format("{}: {}", type, problem->message));
    if (settings_.strict) return refuse(problem->code, problem->message, event, problem->param);
  }
  record_.count_message(type);
  if (type == "input_audio_buffer.append") return take_audio(event);
  record_.event("client_event", {{"event", event}});
  handle_event(type, event);
}

void RealtimeSession::handle_event(const std::string& type, const json::object& event) {
  if (type == "session.update") return update_session(object_or_empty(event, "session"));
  if (type == "conversation.item.create") return create_item(event);
  if (type == "conversation.item.truncate") return truncate_item(event);
  if (type == "conversation.item.delete") return delete_item(event);
  if (type == "conversation.item.retrieve") return retrieve_item(event);
  if (type == "response.create") return create_response(event);
  if (type == "response.cancel") {
    if (answer_) return cut("client_cancelled");
    return refuse("response_cancel_not_active", "Cancellation failed: no active response found",
                  event);
  }
  if (type == "input_audio_buffer.clear") return send({{"type", "input_audio_buffer.cleared"}});
  if (type == "input_audio_buffer.commit") {
    record_.violation("a commit beside voice detection");
    return refuse("input_audio_buffer_commit_empty",
                  "Error committing input audio buffer: buffer too small.", event);
  }
  record_.violation(type + " is not for WebSockets");
  refuse("invalid_request", "Not for WebSocket sessions.", event);
}

// Only the keys that are present change; of formats only what this session obeys.
void RealtimeSession::update_session(const json::object& changes) {
  json::object wanted = changes;
  const std::string voice =
      text_or(object_or_empty(object_or_empty(changes, "audio"), "output"), "voice", "");
  if (has_spoken_ && !voice.empty()) record_.violation("the voice is fixed after the first audio");
  if (settings_.pcmu == "refused" && has(wanted, "audio")) {
    for (auto& [side, part] : wanted["audio"].as_object()) part.as_object().erase("format");
  }
  merge(session_, wanted);
  const json::object& audio = object_or_empty(session_, "audio");
  const auto is_ulaw = [&](std::string_view side) {
    return text_or(object_or_empty(object_or_empty(audio, side), "format"), "type", "") ==
           "audio/pcmu";
  };
  input_.is_ulaw = is_ulaw("input");
  output_.is_ulaw = is_ulaw("output") && settings_.pcmu != "ignored";
  const json::object& detection = turn_detection();
  detector_.reset();
  if (!detection.empty()) {
    detector_.emplace(EarSettings{number_or(detection, "silence_duration_ms", 500),
                                  real_or(detection, "threshold", 0.5),
                                  number_or(detection, "prefix_padding_ms", 300), 800},
                      input_.rate());
  }
  record_.set("session", session_);
  after(settings_.setup_ms, [this] {
    send({{"type", "session.updated"}, {"session", session_object()}});
  });
}

void RealtimeSession::take_audio(const json::object& event) {
  const auto bytes = base64_decode(text_or(event, "audio", ""));
  if (!bytes) {
    record_.violation("input_audio_buffer.append.audio is not base64");
    return refuse("invalid_value", "Invalid 'audio'. Expected base64.", event, "audio");
  }
  const auto* codes = reinterpret_cast<const std::uint8_t*>(bytes->data());
  const Samples samples =
      input_.is_ulaw ? ulaw_decode(std::span(codes, bytes->size())) : pcm_samples(*bytes);
  record_.received(samples, input_.rate(), bytes->size());
  if (!detector_) return;
  for (const SpeechDetector::Event& heard : detector_->push(samples)) hear(heard);
}

void RealtimeSession::send(json::object event) {
  event["event_id"] = value_of("event_" + random_hex(12));
  decorate(event);
  socket_.send_text(json::serialize(event));
}

void RealtimeSession::send_error(std::string_view type, std::string_view code,
                                 std::string_view message, std::string_view param,
                                 std::string_view event_id) {
  const auto or_null = [](std::string_view text) {
    return text.empty() ? json::value(nullptr) : value_of(text);
  };
  record_.event("error", {{"code", value_of(code)}, {"message", value_of(message)}});
  send({{"type", "error"},
        {"error",
         {{"type", value_of(type)},
          {"code", or_null(code)},
          {"message", value_of(message)},
          {"param", or_null(param)},
          {"event_id", or_null(event_id)}}}});
}

void RealtimeSession::refuse(std::string_view code, std::string_view message,
                             const json::object& event, std::string_view param) {
  send_error("invalid_request_error", code, message, param, text_or(event, "event_id", ""));
}

void RealtimeSession::close(std::uint16_t code, std::string_view reason, std::string_view by) {
  if (std::exchange(over_, true)) return;
  record_.set("close_code", code);
  record_.set("closed_by", value_of(by));
  record_.event("closed", {{"code", code}, {"by", value_of(by)}});
  socket_.send_close(code, reason);
  // Reading on until the peer has closed: unread bytes at our close would turn it into a reset that
  // destroys what is still on its way to the peer.
  const TimePoint deadline = Clock::now() + Milliseconds(3000);
  bool peer_closed = false;
  while (!peer_closed && socket_.connection().wait(deadline) == Connection::Ready::readable) {
    socket_.read();
    while (const auto event = socket_.next()) {
      peer_closed = peer_closed || event->kind == WireEvent::Kind::close ||
                    event->kind == WireEvent::Kind::end_of_stream;
    }
  }
  socket_.connection().shut();
}

}  // namespace tandem::standins
