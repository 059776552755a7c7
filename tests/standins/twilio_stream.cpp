#include "twilio_stream.hpp"

#include <fmt/format.h>

#include "stream_check.hpp"

namespace tandem::standins {

namespace {

constexpr Milliseconds cadence{20};
constexpr std::size_t message_limit = 1 << 20;
// What the peer does not take: about two seconds of media messages, then Twilio discards (31930).
constexpr std::size_t congestion_bytes = 64 * 1024;

std::string_view how_text(MarkEcho::How how) {
  switch (how) {
    case MarkEcho::How::played:
      return "played";
    case MarkEcho::How::flushed:
      return "flushed";
    case MarkEcho::How::empty:
      break;
  }
  return "empty";
}

std::string_view by_text(StreamOutcome::By by) {
  switch (by) {
    case StreamOutcome::By::caller:
      return "caller";
    case StreamOutcome::By::bridge:
      return "bridge";
    case StreamOutcome::By::signals:
      return "twilio";
    case StreamOutcome::By::failure:
      break;
  }
  return "failure";
}

int connect_error(std::string_view text) {
  if (text.starts_with("refused")) return 31902;
  if (text.starts_with("unreachable") || text.starts_with("unknown host")) return 31904;
  if (text.starts_with("tls")) return 31910;
  return 31901;
}

}  // namespace

std::string upgrade_text(const PublicWeb& web, const Url& url, const std::string& variation,
                         int bit) {
  HttpRequest request{"GET", url.target.empty() ? "/" : url.target, web.base_headers(url), {}};
  request.headers.emplace_back("Upgrade", "websocket");
  request.headers.emplace_back("Connection", "Upgrade");
  request.headers.emplace_back("Sec-WebSocket-Key", base64_encode(random_hex(16)));
  request.headers.emplace_back("Sec-WebSocket-Version", "13");
  std::string signature = web.sign(variation == "slash" ? url.text() + "/" : url.text(), {});
  if (variation == "wrong") signature = web.sign(url.text() + "?wrong", {});
  if (variation == "flip") {
    std::string raw = base64_decode(signature).value_or("");
    const auto index = static_cast<std::size_t>(bit) / 8 % raw.size();
    raw[index] = static_cast<char>(raw[index] ^ (1 << bit % 8));
    signature = base64_encode(raw);
  }
  if (variation != "absent") request.headers.emplace_back("x-twilio-signature", signature);
  return request_text(request);
}

Upgraded send_upgrade(const PublicWeb& web, const Url& url, const std::string& text) {
  const TimePoint deadline = Clock::now() + Milliseconds(5000);
  Upgraded result{web.connect(url, deadline), {}, 0};
  result.connection.send(text);
  result.connection.flush(deadline);
  result.status = read_response(result.connection, result.leftover, deadline, 65536).status;
  return result;
}

TwilioStream::TwilioStream(const PublicWeb& web, StreamRequest request, CallLog& log,
                           Caller& caller, CallSignals& signals, TimePoint hang_up_at)
    : web_(web),
      request_(std::move(request)),
      log_(log),
      caller_(caller),
      signals_(signals),
      hang_up_at_(hang_up_at),
      stream_sid_("MZ" + random_hex(32)),
      first_timestamp_(number_or(request_.variations, "first_timestamp", 60 + random_below(121))) {
  outcome_.stream_sid = stream_sid_;
}

StreamOutcome TwilioStream::run() {
  log_.open_stream({{"sid", stream_sid_}, {"url", request_.url}, {"t_ms", log_.now_ms()}});
  try {
    const Url url = Url::parse(request_.url);
    if (url.scheme != "wss") {
      end(StreamOutcome::By::failure, 31922, "the stream url is not wss");
    } else if (url.target.find('?') != std::string::npos) {
      end(StreamOutcome::By::failure, 31920, "the stream url has a query string");
    } else {
      const std::string text =
          upgrade_text(web_, url, text_or(request_.variations, "signature", "valid"), 0);
      request_.on_upgrade(text);
      Upgraded upgraded = send_upgrade(web_, url, text);
      log_.set_stream({{"handshake_status", upgraded.status}});
      if (upgraded.status != 101) {
        end(StreamOutcome::By::failure, 31920,
            fmt::format("answer {} to the upgrade", upgraded.status));
      } else {
        socket_.emplace(std::move(upgraded.connection), WebSocket::Role::client,
                        std::move(upgraded.leftover), message_limit);
      }
    }
  } catch (const WireError& error) {
    end(StreamOutcome::By::failure, connect_error(error.what()), error.what());
  }
  if (socket_) {
    try {
      converse();
    } catch (const WireError& error) {
      end(StreamOutcome::By::failure, 31903, error.what());
    }
  }
  finish_report();
  return outcome_;
}

void TwilioStream::end(StreamOutcome::By by, int error, std::string reason) {
  if (over_) return;
  over_ = true;
  outcome_.by = by;
  outcome_.error = error;
  outcome_.reason = std::move(reason);
}

std::int64_t TwilioStream::stream_ms() const {
  return std::chrono::duration_cast<Milliseconds>(Clock::now() - begin_).count();
}

std::int64_t TwilioStream::timestamp() const {
  const auto jitter = number_or(request_.variations, "jitter_ms", 0);
  const std::int64_t wobble =
      jitter > 0
          ? static_cast<std::int64_t>(random_below(static_cast<std::uint32_t>(2 * jitter + 1))) -
                jitter
          : 0;
  return std::max<std::int64_t>(
      0, first_timestamp_ + ticks_ * cadence.count() + timestamp_shift_ + wobble);
}

void TwilioStream::converse() {
  outcome_.opened = true;
  log_.align_audio();
  begin_ = Clock::now();
  log_.set_stream({{"opened_ms", log_.now_ms()}, {"recording_offset_ms", log_.audio_ms()}});
  log_.event("stream_opened", {{"sid", stream_sid_}});
  request_.on_open(stream_sid_);
  send_opening();
  const auto slow_ms = number_or(request_.variations, "slow_reader_ms", 0);
  while (!over_) {
    const TimePoint next_tick = begin_ + cadence * (ticks_ + 1);
    const TimePoint until = echoes_.empty() ? next_tick : std::min(next_tick, echoes_.front().due);
    const bool want_read = slow_ms == 0 || Clock::now() >= read_again_;
    const auto ready = socket_->connection().wait(until, &signals_.wakeup(), want_read);
    if (ready == Connection::Ready::readable) {
      socket_->read();
      if (slow_ms > 0) read_again_ = Clock::now() + Milliseconds(slow_ms);
      while (!over_) {
        const auto event = socket_->next();
        if (!event) break;
        handle(*event);
      }
    }
    obey_signals();
    send_due_echoes();
    while (!over_ && Clock::now() >= begin_ + cadence * (ticks_ + 1)) tick();
  }
}

void TwilioStream::send_opening() {
  socket_->send_text(R"({"event":"connected","protocol":"Call","version":"1.0.0"})");
  if (flag_or(request_.variations, "media_before_start", false)) {
    socket_->send_text(media_message("\"" + base64_encode(std::string(tick_bytes, '\xff')) + "\""));
  }
  if (flag_or(request_.variations, "skip_start", false)) return;
  const std::string call_sid = text_or(request_.variations, "call_sid", request_.call_sid);
  socket_->send_text(start_message(call_sid, stream_sid_));
}

void TwilioStream::obey_signals() {
  if (auto steps = signals_.take_steps(); !steps.empty()) caller_.append(std::move(steps));
  const CallSignals::Wish wish = signals_.wish();
  if (over_) return;
  if (wish == CallSignals::Wish::caller_hangs_up || Clock::now() >= hang_up_at_) {
    end(StreamOutcome::By::caller);
    stop_and_close();
  } else if (wish != CallSignals::Wish::none) {
    end(StreamOutcome::By::signals);
    stop_and_close();
  }
}

void TwilioStream::tick() {
  std::array<std::uint8_t, tick_bytes> heard;
  const auto echoes = playback_.tick(heard);
  CallerTick out = caller_.tick(heard);
  log_.append_audio(heard, out.frame);
  queue_echoes(echoes);
  timestamp_shift_ += out.timestamp_jump_ms;
  if (!out.silent_line) {
    if (!out.hold_back && !held_back_.empty()) {
      for (const std::string& message : std::exchange(held_back_, {})) socket_->send_text(message);
    }
    const std::string payload(out.frame.begin(), out.frame.end());
    const std::string message = media_message("\"" + base64_encode(payload) + "\"");
    if (out.hold_back) {
      held_back_.push_back(message);
    } else if (socket_->connection().unsent() > congestion_bytes) {
      warn_once(31930, "congestion towards the server: audio discarded");
    } else {
      socket_->send_text(message);
    }
  }
  ++ticks_;
  for (const std::string& text : caller_.take_timeouts()) log_.violation(text);
  for (const json::object& step : out.wire) {
    if (!over_) perform(step);
  }
  if (ticks_ % 50 == 0) finish_report();
}

void TwilioStream::handle(const WireEvent& event) {
  using Kind = WireEvent::Kind;
  switch (event.kind) {
    case Kind::text:
      if (event.frames > 1) ++fragmented_messages_;
      return handle_text(event.payload);
    case Kind::binary:
      return warn_once(31950, "binary frame");
    case Kind::ping:
    case Kind::pong:
      return;
    case Kind::close:
      close_code_ = event.code;
      close_reason_ = event.payload;
      socket_->send_close(event.code == 1005 ? std::uint16_t{1000} : event.code);
      end(StreamOutcome::By::bridge, 31921, "the server closed the stream");
      return linger();
    case Kind::end_of_stream:
      return end(StreamOutcome::By::failure, 31903, "connection broken");
    case Kind::breach:
      return end(StreamOutcome::By::failure, 31924, event.payload);
  }
}

void TwilioStream::handle_text(const std::string& text) {
  ++messages_received_;
  const StreamMessage message = check_stream_message(text, stream_sid_);
  if (const auto* warning = std::get_if<StreamWarning>(&message)) {
    ++bad_messages_;
    warn_once(warning->code, warning->reason);
  } else if (const auto* media = std::get_if<StreamMedia>(&message)) {
    if (first_media_ms_ < 0) first_media_ms_ = stream_ms();
    const std::size_t size = media->audio.size();
    payload_min_ = payload_max_ == 0 ? size : std::min(payload_min_, size);
    payload_max_ = std::max(payload_max_, size);
    if (!playback_.media(media->audio)) warn_once(31931, "more than ten minutes queued");
  } else if (const auto* mark = std::get_if<StreamMark>(&message)) {
    log_.add_mark(mark->name, stream_ms());
    queue_echoes(playback_.mark(mark->name));
  } else {
    log_.add_clear(stream_ms(), plain_number(static_cast<double>(playback_.queued_bytes()) / 8));
    queue_echoes(playback_.clear());
  }
}

void TwilioStream::warn_once(int code, const std::string& reason) {
  if (warned_.insert(code).second) log_.warn(code, reason);
}

void TwilioStream::queue_echoes(const std::vector<MarkEcho>& echoes) {
  const Milliseconds latency(number_or(request_.variations, "mark_latency_ms", 0));
  for (const MarkEcho& echo : echoes) echoes_.push_back({Clock::now() + latency, echo});
  send_due_echoes();
}

void TwilioStream::send_due_echoes() {
  const TimePoint now = Clock::now();
  while (!over_ && !echoes_.empty() && echoes_.front().due <= now) {
    const MarkEcho echo = std::move(echoes_.front().echo);
    echoes_.pop_front();
    log_.echo_mark(echo.name, how_text(echo.how), stream_ms());
    if (flag_or(request_.variations, "lose_marks", false)) continue;
    const std::string body = json::serialize(json::object{{"name", echo.name}});
    send_event("mark", body);
    if (flag_or(request_.variations, "duplicate_marks", false)) send_event("mark", body);
  }
}

void TwilioStream::send_event(std::string_view event, std::string_view body) {
  socket_->send_text(
      fmt::format(R"({{"event":"{}","sequenceNumber":"{}","streamSid":"{}","{}":{}}})", event,
                  ++sequence_, stream_sid_, event, body));
}

std::string TwilioStream::start_message(const std::string& call_sid,
                                        const std::string& stream_sid) {
  json::object custom;
  for (const auto& [name, value] : request_.parameters) custom[name] = value;
  json::object format{{"encoding", "audio/x-mulaw"}, {"sampleRate", 8000}, {"channels", 1}};
  merge(format, object_or_empty(request_.variations, "media_format"));
  log_.set_stream({{"custom_parameters", custom}});
  const json::object start{{"accountSid", request_.account_sid},
                           {"streamSid", stream_sid},
                           {"callSid", call_sid},
                           {"tracks", {"inbound"}},
                           {"mediaFormat", format},
                           {"customParameters", custom}};
  return json::serialize(json::object{{"event", "start"},
                                      {"sequenceNumber", std::to_string(++sequence_)},
                                      {"start", start},
                                      {"streamSid", stream_sid}});
}

std::string TwilioStream::media_message(std::string_view payload_json) {
  ++chunk_;
  return fmt::format(
      R"({{"event":"media","sequenceNumber":"{}","media":{{"track":"inbound","chunk":"{}",)"
      R"("timestamp":"{}","payload":{}}},"streamSid":"{}"}})",
      ++sequence_, chunk_, timestamp(), payload_json, stream_sid_);
}

void TwilioStream::stop_and_close() {
  if (!flag_or(request_.variations, "no_stop", false)) {
    send_event("stop", fmt::format(R"({{"accountSid":"{}","callSid":"{}"}})", request_.account_sid,
                                   request_.call_sid));
  }
  socket_->send_close(1000);
  linger();
}

// Gives the peer a moment to take the last bytes and to answer the close.
void TwilioStream::linger() {
  const TimePoint deadline = Clock::now() + Milliseconds(1000);
  try {
    socket_->connection().flush(deadline);
    while (close_code_ == 0 &&
           socket_->connection().wait(deadline) == Connection::Ready::readable) {
      socket_->read();
      while (const auto event = socket_->next()) {
        if (event->kind == WireEvent::Kind::close) close_code_ = event->code;
        if (event->kind == WireEvent::Kind::end_of_stream) close_code_ = 1006;
      }
    }
    socket_->connection().shut();
  } catch (const WireError&) {
    // The peer closed without waiting for us, which is its right.
  }
}

void TwilioStream::finish_report() {
  const auto ms = [](std::uint64_t bytes) { return plain_number(static_cast<double>(bytes) / 8); };
  json::array segments;
  for (const auto& segment : playback_.segments()) {
    segments.push_back({{"start_ms", ms(segment.start)}, {"end_ms", ms(segment.end)}});
  }
  log_.set_stream({{"frames_sent", chunk_},
                   {"caller_ms_sent", chunk_ * 20},
                   {"messages_received", messages_received_},
                   {"bad_messages", bad_messages_},
                   {"fragmented_messages", fragmented_messages_},
                   {"agent_ms_received", ms(playback_.received_bytes())},
                   {"agent_ms_played", ms(playback_.played_bytes())},
                   {"agent_ms_flushed", ms(playback_.flushed_bytes())},
                   {"agent_ms_unplayed", ms(playback_.queued_bytes())},
                   {"queued_ms_max", ms(playback_.queued_bytes_max())},
                   {"payload_bytes", {{"min", payload_min_}, {"max", payload_max_}}},
                   {"first_media_ms", first_media_ms_},
                   {"segments", std::move(segments)}});
  log_.set("caller", json::object{{"finished", caller_.finished()}, {"log", caller_.log()}});
  if (!over_) return;
  log_.set_stream({{"closed_ms", log_.now_ms()},
                   {"closed_by", by_text(outcome_.by)},
                   {"close_code", close_code_},
                   {"close_reason", close_reason_},
                   {"error", outcome_.error}});
}

}  // namespace tandem::standins
