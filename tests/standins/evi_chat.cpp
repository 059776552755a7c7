#include "evi_chat.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tandem::standins {

namespace {

constexpr std::size_t whole_file_ms = 10000;  // one message this long is an uploaded file (E0723)

// Speech for a text that nobody recorded: a soft tone as long as the words would take.
std::shared_ptr<const Samples> hum(const std::string& text, std::uint32_t rate) {
  const int ms = std::max<int>(400, static_cast<int>(text.size()) * 60);
  return std::make_shared<const Samples>(tone(300, 0.2, rate, ms));
}

}  // namespace

EviChat::EviChat(WebSocket socket, EviOpening opening, EviSettings settings,
                 const SpeechData& speech, const Recogniser& recogniser, EviRecord& record,
                 const Wakeup& wakeup, std::function<json::array()> take_orders)
    : socket_(std::move(socket)),
      opening_(std::move(opening)),
      settings_(std::move(settings)),
      speech_(speech),
      record_(record),
      wakeup_(wakeup),
      take_orders_(std::move(take_orders)),
      dialogue_(speech, recogniser, opening_.scenario) {
  dialogue_.carry_on(opening_.next_turn);
}

void EviChat::run() {
  record_.event("upgraded");
  apply_settings(opening_.session_settings);
  const json::object& faults = settings_.faults;
  const json::value* metadata = faults.if_contains("metadata");
  const bool missing = metadata != nullptr && metadata->is_string();
  const std::int64_t delay_ms = metadata != nullptr && metadata->is_number()
                                    ? metadata->to_number<std::int64_t>()
                                    : settings_.metadata_delay_ms;
  if (!missing) after(delay_ms, [this] { open(); });
  socket_.answer_pings(!flag_or(faults, "no_pong", false));
  try {
    loop();
  } catch (const WireError& error) {
    record_.event("connection_lost", {{"reason", error.what()}});
    record_.set("closed_by", "lost");
    record_.set("close_code", 1006);
  }
}

void EviChat::open() {
  record_.event("chat_metadata");
  last_activity_ = Clock::now();
  send(chat_metadata(opening_.chat_id, opening_.group_id));
  if (opening_.unknown_group) {
    return send_error("E0708", "resumed_chat_group_not_found", "No history for that chat group.",
                      true);
  }
  if (settings_.echo_settings) {
    json::object echo = plain_message("session_settings");
    merge(echo, opening_.session_settings);
    send(std::move(echo));
  }
  schedule_faults();
  after(settings_.max_duration_s * 1000, [this] {
    send_error("E0715", "max_duration_timeout", "Chat ran longer than allowed; chat ended.", true);
  });
  watch_inactivity();
  if (settings_.greeting && (!opening_.resumed || settings_.resume_greeting)) {
    say(dialogue_.greeting(), false, 0, 0);
  }
}

void EviChat::loop() {
  const std::int64_t slow_ms = number_or(settings_.faults, "slow_reader_ms", 0);
  while (!over_) {
    TimePoint until = Clock::now() + std::chrono::hours(1);
    if (!jobs_.empty()) until = std::min(until, jobs_.begin()->first);
    if (reply_ && !reply_->parts.empty()) until = std::min(until, reply_->parts.front().due);
    const bool want_read = slow_ms == 0 || Clock::now() >= read_again_;
    if (!want_read) until = std::min(until, read_again_);
    const auto ready = socket_.connection().wait(until, &wakeup_, want_read);
    if (ready == Connection::Ready::readable) {
      read_again_ = Clock::now() + Milliseconds(slow_ms);
      read();
    }
    for (const json::value& order : take_orders_()) {
      if (!over_) obey(order.as_object());
    }
    run_due();
  }
}

void EviChat::read() {
  socket_.read();
  while (!over_) {
    const auto event = socket_.next();
    if (!event) return;
    handle(*event);
  }
}

void EviChat::run_due() {
  const TimePoint now = Clock::now();
  while (!over_ && !jobs_.empty() && jobs_.begin()->first <= now) {
    const Job job = std::move(jobs_.begin()->second);
    jobs_.erase(jobs_.begin());
    job();
  }
  while (!over_ && reply_ && !reply_->parts.empty() && reply_->parts.front().due <= now) {
    const ReplyPart part = reply_->parts.front();
    reply_->parts.pop_front();
    send_part(part);
  }
}

void EviChat::handle(const WireEvent& event) {
  using Kind = WireEvent::Kind;
  switch (event.kind) {
    case Kind::text:
      return handle_text(event.payload);
    case Kind::binary:
      record_.count_message("binary");
      return take_audio(event.payload);
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

void EviChat::handle_text(const std::string& text) {
  json::error_code error;
  const json::value value = json::parse(text, error);
  if (error || !value.is_object()) {
    record_.violation("E0100: not a JSON object");
    return send_error("E0100", "invalid_json", "The message is not JSON.", false);
  }
  const json::object& message = value.as_object();
  if (const std::string problem = client_message_problem(message); !problem.empty()) {
    record_.violation("E0101: " + problem);
    if (settings_.strict) return send_error("E0101", "invalid_message", problem, false);
  }
  const std::string type = text_or(message, "type", "");
  record_.count_message(type);
  if (type == "audio_input") {
    const auto pcm = base64_decode(text_or(message, "data", ""));
    if (pcm) return take_audio(*pcm);
    record_.violation("E0201: audio_input.data is not base64");
    return send_error("E0201", "invalid_base64", "The audio is not base64.", false);
  }
  handle_message(type, message);
}

void EviChat::handle_message(const std::string& type, const json::object& message) {
  record_.event("client_message", {{"message", message}});
  if (type == "session_settings") return apply_settings(message);
  if (type == "user_input") {
    const std::int64_t now = detector_ ? detector_->heard_ms() : 0;
    return finish_turn(text_or(message, "text", ""), true, now, now);
  }
  if (type == "assistant_input") return say_text(text_or(message, "text", ""));
  if (type == "pause_assistant_message") {
    paused_ = true;
    reply_.reset();
  } else if (type == "resume_assistant_message") {
    paused_ = false;
  } else if (text_or(message, "tool_call_id", "") == awaited_tool_ && !awaited_tool_.empty()) {
    awaited_tool_.clear();
    after_tool_();
  } else {
    record_.violation(fmt::format("{} for a tool call that was not made", type));
  }
}

void EviChat::apply_settings(const json::object& message) {
  if (const std::string problem = client_message_problem(message); !problem.empty()) {
    record_.violation("E0101: in the query: " + problem);
  }
  const json::object& context = object_or_empty(message, "context");
  const bool is_new = dialogue_.next_turn() == 0;
  if (is_new && dialogue_.told(text_or(context, "text", ""))) record_.event("told_of_earlier_talk");
  const json::object& audio = object_or_empty(message, "audio");
  json::object shown = message;
  shown.erase("language_model_api_key");
  record_.set("settings", std::move(shown));
  if (audio.empty()) return;
  const auto rate = static_cast<std::uint32_t>(number_or(audio, "sample_rate", 0));
  if (rate < 4000 || rate == input_rate_) return;
  if (number_or(audio, "channels", 1) != 1) record_.violation("only one channel is heard");
  input_rate_ = rate;
  detector_.emplace(
      EarSettings{settings_.end_of_turn_silence_ms, settings_.speech_detection_threshold,
                  settings_.prefix_padding_ms, settings_.min_interruption_ms},
      rate);
}

void EviChat::take_audio(const std::string& pcm) {
  if (!detector_) return undecodable_audio();
  if (pcm.size() % 2 != 0) record_.violation("odd number of bytes of linear16");
  const Samples samples = pcm_samples(pcm);
  record_.received(samples, input_rate_, pcm.size());
  if (samples.size() * 1000 / input_rate_ > whole_file_ms) {
    return send_error("E0723", "audio_file_sent", "Send audio in small pieces.", false);
  }
  for (const SpeechDetector::Event& event : detector_->push(samples)) hear(event);
}

void EviChat::undecodable_audio() {
  record_.received({}, 8000, 0);
  if (std::exchange(undecodable_, true)) return;
  record_.violation("audio without audio settings");
  after(settings_.undecodable_s * 1000, [this] {
    if (!detector_)
      send_error("I0116", "transcription_failure", "Audio could not be transcribed.", true);
  });
}

void EviChat::hear(const SpeechDetector::Event& event) {
  using Kind = SpeechDetector::Event::Kind;
  last_activity_ = Clock::now();
  asked_if_there_ = false;
  if (event.kind == Kind::began) {
    interims_sent_ = 0;
    record_.event("caller_began", {{"media_ms", event.begin_ms}});
    if (opening_.verbose_transcription) after(settings_.interim_ms, [this] { send_interim(); });
  } else if (event.kind == Kind::interrupting) {
    if (reply_ && !reply_->parts.empty() && reply_->audio_sent) interrupt();
  } else {
    const Utterance heard = dialogue_.hear(event.levels);
    record_.event("caller_ended", {{"media_ms", event.end_ms}, {"recognised", heard.clip}});
    finish_turn(heard.text, false, event.begin_ms, event.end_ms);
  }
}

void EviChat::send_interim() {
  if (!detector_ || !detector_->speaking()) return;
  const std::string text = dialogue_.expected_text();
  std::size_t end = 0;
  for (std::int64_t word = 0; word <= interims_sent_ && end != std::string::npos; ++word)
    end = text.find(' ', end + 1);
  ++interims_sent_;
  send(user_message(text.substr(0, end), false, true, detector_->speech_begin_ms(),
                    detector_->heard_ms()));
  after(settings_.interim_ms, [this] { send_interim(); });
}

void EviChat::finish_turn(const std::string& text, bool from_text, std::int64_t begin_ms,
                          std::int64_t end_ms) {
  json::object message = user_message(text, from_text, false, begin_ms, end_ms);
  decorate(message);
  send(std::move(message));
  record_.event("user_turn", {{"text", text}});
  if (!paused_) answer(settings_.think_ms);
}

void EviChat::interrupt() {
  const auto wall = std::chrono::system_clock::now().time_since_epoch();
  json::object message = plain_message("user_interruption");
  message["time"] = std::chrono::duration_cast<Milliseconds>(wall).count();
  send(std::move(message));
  record_.event("user_interruption");
  const Reply dead = std::move(*reply_);
  reply_.reset();
  send_late_audio(dead);
}

void EviChat::answer(std::int64_t delay_ms) {
  if (call_tool()) return;
  const Answer reply = dialogue_.answer();
  say(reply.clips, reply.hang_up, reply.speed, delay_ms);
}

void EviChat::say(const std::vector<std::string>& clips, bool hang_up, double speed,
                  std::int64_t delay_ms) {
  std::vector<Sentence> sentences;
  for (const std::string& clip : clips) {
    sentences.push_back(
        {random_uuid(), speech_.agent_text(clip), false, speech_.agent_clip(clip, settings_.rate)});
  }
  start_reply(std::move(sentences), hang_up, speed, delay_ms);
}

void EviChat::say_text(const std::string& text) {
  start_reply({{random_uuid(), text, true, hum(text, settings_.rate)}}, false, 0, 0);
}

void EviChat::start_reply(std::vector<Sentence> sentences, bool hang_up, double speed,
                          std::int64_t delay_ms) {
  reply_ = plan_reply(std::move(sentences), settings_, speed > 0 ? speed : settings_.speed, hang_up,
                      Clock::now() + Milliseconds(delay_ms));
  ++replies_started_;
  if (!flag_or(settings_.faults, "audio_first", false)) return;
  auto& parts = reply_->parts;
  for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
    if (parts[i].kind == ReplyPart::Kind::message && parts[i + 1].kind == ReplyPart::Kind::audio) {
      std::swap(parts[i], parts[i + 1]);
      ++i;
    }
  }
}

void EviChat::send_part(const ReplyPart& part) {
  using Kind = ReplyPart::Kind;
  if (part.kind == Kind::end) return send_end();
  if (part.kind == Kind::hang_up) {
    json::object message = plain_message("tool_response");
    message["tool_call_id"] = "call_" + random_hex(16);
    message["tool_name"] = "hang_up";
    message["tool_type"] = "builtin";
    message["content"] = "ending chat";
    send(std::move(message));
    return close(1000);
  }
  const Sentence& sentence = reply_->sentences[part.sentence];
  if (part.kind == Kind::audio) return send_audio(part, sentence);
  json::object message = part.kind == Kind::message
                             ? assistant_message(sentence.id, sentence.text, sentence.from_text)
                             : assistant_prosody(sentence.id);
  if (part.kind == Kind::message)
    record_.event("assistant_message", {{"id", sentence.id}, {"text", sentence.text}});
  decorate(message);
  send(std::move(message));
}

void EviChat::send_audio(const ReplyPart& part, const Sentence& sentence) {
  const auto samples = std::span(*sentence.sound).subspan(part.first_sample, part.samples);
  const std::string wav = wav_chunk(samples, settings_.rate, wav_fault(part.index));
  std::int64_t index = part.index;
  const std::string index_fault = text_or(settings_.faults, "index", "");
  if (index_fault == "gap" && index > 0) ++index;
  if (index_fault == "repeat" && index > 0) --index;
  json::object message = audio_output(sentence.id, index, wav);
  const std::string data = broken_base64(std::string(message.at("data").as_string()), part.index);
  message["data"] = json::value(json::string_view(data));
  decorate(message);
  send(std::move(message));
  record_.sent(sentence.id, sentence.text, samples, settings_.rate);
  reply_->audio_sent = true;
  ++chunks_sent_;
  faults_after_audio();
}

void EviChat::send_end() {
  json::object message = plain_message("assistant_end");
  decorate(message);
  send(std::move(message));
  record_.event("assistant_end");
  last_activity_ = Clock::now();
}

void EviChat::watch_inactivity() {
  const auto limit = asked_if_there_ ? std::chrono::seconds(settings_.inactivity_grace_s)
                                     : std::chrono::seconds(settings_.inactivity_s);
  if (Clock::now() < last_activity_ + limit)
    return at(last_activity_ + limit, [this] { watch_inactivity(); });
  if (!asked_if_there_ && settings_.inactivity_grace_s > 0) {
    asked_if_there_ = true;
    last_activity_ = Clock::now();
    say({"still_there"}, false, 0, 0);
    return at(last_activity_ + std::chrono::seconds(settings_.inactivity_grace_s),
              [this] { watch_inactivity(); });
  }
  send_error("E0714", "inactivity_timeout", "No user message arrived; chat ended.", true);
}

void EviChat::send(json::object message) {
  if (!muted_) socket_.send_text(json::serialize(message));
}

void EviChat::send_error(std::string_view code, std::string_view slug, std::string_view text,
                         bool close_too) {
  record_.event("error", {{"code", code}});
  send(evi_error(code, slug, text));
  if (close_too) close(1000);
}

void EviChat::close(std::uint16_t code, std::string_view by) {
  if (std::exchange(over_, true)) return;
  record_.set("close_code", code);
  record_.set("closed_by", json::value(json::string_view(by)));
  record_.event("closed", {{"code", code}, {"by", by}});
  socket_.send_close(code);
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
