#include "gemini_live_session.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "encoding.hpp"

namespace tandem::standins {

namespace {

constexpr std::string_view expired = "Deadline expired before operation could complete.";

std::string text_of(const json::object& content) {
  std::string text;
  for (const json::value& part : array_or_empty(content, "parts")) {
    text += text_or(part.as_object(), "text", "");
  }
  return text;
}

// Of "audio/pcm;rate=16000"; 0 when it is anything else.
std::uint32_t rate_of(const std::string& mime_type) {
  constexpr std::string_view head = "audio/pcm;rate=";
  if (!mime_type.starts_with(head)) return 0;
  return static_cast<std::uint32_t>(std::atoi(mime_type.c_str() + head.size()));
}

}  // namespace

std::string LiveHandles::issue(const LiveMemory& memory) {
  const std::string handle = "stand-in-handle-" + random_hex(16);
  const std::lock_guard lock(mutex_);
  memories_[handle] = memory;
  return handle;
}

std::optional<LiveMemory> LiveHandles::find(const std::string& handle) const {
  const std::lock_guard lock(mutex_);
  const auto known = memories_.find(handle);
  if (known == memories_.end()) return std::nullopt;
  return known->second;
}

bool LiveHandles::enter(const LiveMemory& memory) {
  const std::lock_guard lock(mutex_);
  if (*memory.connections > 0) return false;
  ++*memory.connections;
  return true;
}

void LiveHandles::leave(const LiveMemory& memory) {
  const std::lock_guard lock(mutex_);
  --*memory.connections;
}

LiveSession::LiveSession(WebSocket socket, LiveOpening opening, LiveSettings settings,
                         const SpeechData& speech, const Recogniser& recogniser,
                         LiveHandles& handles, EviRecord& record, const Wakeup& wakeup,
                         std::function<json::array()> take_orders)
    : socket_(std::move(socket)),
      opening_(std::move(opening)),
      settings_(std::move(settings)),
      speech_(speech),
      recogniser_(recogniser),
      handles_(handles),
      record_(record),
      wakeup_(wakeup),
      take_orders_(std::move(take_orders)),
      memory_{opening_.scenario, 0, false, std::make_shared<int>(0)} {
  dialogue_.emplace(speech_, recogniser_, memory_.scenario);
}

void LiveSession::run() {
  record_.event("upgraded");
  socket_.answer_pings(!fault("no_pong"));
  try {
    if (opening_.refusal) refuse(*opening_.refusal);
    loop();
  } catch (const WireError& error) {
    record_.event("connection_lost", {{"reason", error.what()}});
    record_.set("closed_by", "lost");
    record_.set("close_code", 1006);
  } catch (...) {
    if (entered_) handles_.leave(memory_);
    throw;
  }
  if (entered_) handles_.leave(memory_);
}

void LiveSession::loop() {
  while (!over_) {
    TimePoint until = Clock::now() + std::chrono::hours(1);
    if (!jobs_.empty()) until = std::min(until, jobs_.begin()->first);
    if (turn_ && !turn_->parts.empty()) until = std::min(until, turn_->parts.front().due);
    if (socket_.connection().wait(until, &wakeup_) == Connection::Ready::readable) read();
    for (const json::value& order : take_orders_()) {
      if (!over_) obey(order.as_object());
    }
    run_due();
  }
}

void LiveSession::read() {
  socket_.read();
  while (!over_) {
    const auto event = socket_.next();
    if (!event) return;
    handle(*event);
  }
}

void LiveSession::run_due() {
  const TimePoint now = Clock::now();
  while (!over_ && !jobs_.empty() && jobs_.begin()->first <= now) {
    const Job job = std::move(jobs_.begin()->second);
    jobs_.erase(jobs_.begin());
    job();
  }
  while (!over_ && turn_ && !turn_->parts.empty() && turn_->parts.front().due <= now) {
    LivePart part = std::move(turn_->parts.front());
    turn_->parts.pop_front();
    send_part(std::move(part));
  }
}

void LiveSession::handle(const WireEvent& event) {
  using Kind = WireEvent::Kind;
  switch (event.kind) {
    case Kind::text:
    case Kind::binary:
      return handle_text(event.payload);
    case Kind::ping:
      // Google answers pings many seconds late: a client that sends them ends its own calls.
      record_.count_message("ping");
      return record_.violation("client ping");
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

void LiveSession::handle_text(const std::string& text) {
  json::error_code error;
  const json::value value = json::parse(text, error);
  if (error || !value.is_object()) {
    return refuse({1007, "Invalid JSON payload received. Unexpected token."});
  }
  const json::object& message = value.as_object();
  if (const auto problem = live_message_problem(message)) {
    if (settings_.strict) return refuse(*problem);
    record_.violation(problem->reason);
    if (message.size() != 1) return;
  }
  const std::string key(message.begin()->key());
  record_.count_message(key);
  if (!message.begin()->value().is_object()) return;
  const json::object& content = message.begin()->value().as_object();
  if (key != "realtimeInput" || has(content, "text")) {
    record_.event("client_message", {{"message", message}});
  }
  if (has_setup_ != (key != "setup")) {
    return refuse({1007, has_setup_ ? "setup may be sent only once." : "setup must come first."});
  }
  if (key == "setup") return handle_setup(content);
  if (!ready_) return record_.violation(key + " before setupComplete");
  if (key == "clientContent") return handle_content(content);
  if (key == "realtimeInput") return handle_realtime(content);
  if (key == "toolResponse") return handle_tool_response(content);
}

void LiveSession::handle_setup(const json::object& setup) {
  has_setup_ = true;
  record_.set("setup", setup);
  const json::object wanted = object_or_empty(settings_.faults, "refuse_setup");
  if (!wanted.empty()) {
    return refuse({static_cast<std::uint16_t>(number_or(wanted, "code", 1008)),
                   text_or(wanted, "reason", "")});
  }
  if (const auto problem = live_setup_problem(setup)) return refuse(*problem);
  const json::object& resumption = object_or_empty(setup, "sessionResumption");
  if (has(resumption, "handle") && !remember(text_or(resumption, "handle", ""))) return;
  entered_ = handles_.enter(memory_);
  if (!entered_) return refuse({1011, "Internal error encountered."});
  seeding_ =
      flag_or(object_or_empty(setup, "historyConfig"), "initialHistoryInClientContent", false);
  writes_input_ = has(setup, "inputAudioTranscription");
  writes_output_ = has(setup, "outputAudioTranscription");
  const json::object& realtime = object_or_empty(setup, "realtimeInputConfig");
  const json::object& vad = object_or_empty(realtime, "automaticActivityDetection");
  interrupts_ = text_or(realtime, "activityHandling", "") != "NO_INTERRUPTION";
  ear_.end_of_turn_silence_ms = number_or(vad, "silenceDurationMs", 800);
  ear_.min_interruption_ms = std::max<std::int64_t>(100, number_or(vad, "prefixPaddingMs", 100));
  const bool is_sharp = text_or(vad, "startOfSpeechSensitivity", "") != "START_SENSITIVITY_LOW";
  ear_.speech_detection_threshold = is_sharp ? 0.5 : 0.75;
  if (!fault("no_setup_complete")) after(settings_.setup_delay_ms, [this] { begin(); });
}

// What the handle stands for; false when that was refused.
bool LiveSession::remember(const std::string& handle) {
  const auto known = handles_.find(handle);
  if (!known) {
    refuse({1008, "Requested entity was not found."});
    return false;
  }
  memory_ = *known;
  record_.set("resumed", true);
  dialogue_.emplace(speech_, recogniser_, memory_.scenario);
  dialogue_->carry_on(memory_.next_turn);
  return true;
}

void LiveSession::begin() {
  ready_ = true;
  record_.event("setup_complete");
  send({{"setupComplete", json::object{{"sessionId", "stand-in-" + opening_.id}}}});
  send({{"sessionResumptionUpdate", json::object{}}});
  schedule_faults();
  start_clock();
}

void LiveSession::start_clock() {
  const std::int64_t left_s = std::min(settings_.go_away_s, settings_.connection_s);
  after((settings_.connection_s - left_s) * 1000, [this, left_s] {
    obey({{"fault", "go_away"}, {"left_s", left_s}});
  });
  after(settings_.connection_s * 1000, [this] { close(1011, expired); });
}

void LiveSession::handle_content(const json::object& content) {
  const bool is_complete = flag_or(content, "turnComplete", false);
  if (seeding_) {
    seed(content);
    seeding_ = !is_complete;
    return;
  }
  std::string text;
  for (const json::value& turn : array_or_empty(content, "turns")) text = text_of(turn.as_object());
  tokens_ += static_cast<std::int64_t>(text.size() / 4);
  if (!is_complete) return seed(content);
  if (turn_ && turn_->began) interrupt();
  prompt(text);
}

// Lines of a conversation that this session did not hear: the dialogue goes on where they end. A
// line that a lost connection cut off is understood all the same, and an answer of which only the
// beginning was said is owed still.
void LiveSession::seed(const json::object& content) {
  const auto& turns = speech_.scenario(memory_.scenario).turns;
  const json::array& lines = array_or_empty(content, "turns");
  for (const json::value& entry : lines) {
    const std::string said = text_of(entry.as_object());
    const bool is_model = text_or(entry.as_object(), "role", "") == "model";
    memory_.greeted = memory_.greeted || is_model;
    for (std::size_t i = 0; i < turns.size() && !is_model && said.size() > 5; ++i) {
      if (!speech_.caller_text(turns[i].hears).starts_with(said)) continue;
      dialogue_->carry_on(i);
      owes_answer_ = true;
    }
    const std::size_t at = dialogue_->next_turn();
    if (!is_model || !owes_answer_ || !said.ends_with(speech_.agent_text(turns[at].says.back())))
      continue;
    dialogue_->carry_on(at + 1);
    owes_answer_ = false;
  }
  record_.event("seeded", {{"lines", lines.size()}, {"owes_answer", owes_answer_}});
}

void LiveSession::handle_realtime(const json::object& input) {
  if (has(input, "text")) {
    if (turn_ && turn_->began) interrupt();
    return prompt(text_or(input, "text", ""));
  }
  if (has(input, "audio")) take_audio(object_or_empty(input, "audio"));
}

void LiveSession::take_audio(const json::object& blob) {
  const auto pcm = base64_decode(text_or(blob, "data", ""));
  const std::uint32_t rate = rate_of(text_or(blob, "mimeType", ""));
  if (!pcm || pcm->size() % 2 != 0 || rate < 8000 || rate > 48000) {
    return refuse({1007, "Request contains an invalid argument."});
  }
  if (rate != input_rate_) {
    input_rate_ = rate;
    detector_.emplace(ear_, rate);
  }
  const Samples samples = pcm_samples(*pcm);
  record_.received(samples, rate, pcm->size());
  caller_over_tool();
  for (const SpeechDetector::Event& event : detector_->push(samples)) hear(event);
}

void LiveSession::hear(const SpeechDetector::Event& event) {
  using Kind = SpeechDetector::Event::Kind;
  if (over_) return;
  if (event.kind == Kind::began) {
    record_.event("caller_began", {{"media_ms", event.begin_ms}});
    if (fault("spurious_interrupted") && !turn_) {
      send_content({{"interrupted", true}});
      send_content({{"turnComplete", true}});
    }
  } else if (event.kind == Kind::interrupting) {
    if (interrupts_ && turn_ && turn_->began) interrupt();
  } else {
    const Utterance heard = dialogue_->hear(event.levels);
    record_.event("caller_ended", {{"media_ms", event.end_ms}, {"recognised", heard.clip}});
    transcribe(heard.text);
    answer();
  }
}

void LiveSession::handle_tool_response(const json::object& response) {
  for (const json::value& entry : array_or_empty(response, "functionResponses")) {
    const json::object& result = entry.as_object();
    const auto pending = pending_tools_.find(text_or(result, "id", ""));
    if (pending == pending_tools_.end()) return refuse({1008, "Requested entity was not found."});
    const ToolCall call = pending->second;
    pending_tools_.erase(pending);
    const bool is_silent = text_or(result, "scheduling", "") == "SILENT";
    record_.event("tool_answered", {{"name", call.name}, {"silent", is_silent}});
    if (!is_silent && owes_answer_) answer();
  }
}

void LiveSession::send(json::object message) {
  decorate(message);
  const std::string text = json::serialize(message);
  settings_.text_frames ? socket_.send_text(text) : socket_.send_binary(text);
}

void LiveSession::refuse(const LiveRefusal& refusal) {
  record_.violation(refusal.reason);
  close(refusal.code, refusal.reason);
}

void LiveSession::close(std::uint16_t code, std::string_view reason, std::string_view by) {
  if (std::exchange(over_, true)) return;
  record_.set("close_code", code);
  record_.set("close_reason", text_value(reason));
  record_.set("closed_by", text_value(by));
  record_.event("closed", {{"code", code}, {"by", by}});
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
