#include "openai/realtime_provider.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "codec/json_text.hpp"

namespace tandem::openai {

namespace {

using call::VoiceSeverity;

constexpr call::VoiceCapabilities realtime_capabilities{
    .reports_interruptions = true,
    .transcribes_late = true,
    .reports_caller_speech = true,
    .can_truncate = true,
    .greets_by_itself = false,
    .wants_client_pings = true,
    .session_cap = std::chrono::seconds{3600},
    .roll_over_at = std::chrono::seconds{3300},
};

constexpr std::string_view setup_id = "tandem_setup";
/// Items and events of ours are called so; what was typed on the caller's behalf begins with the
/// second.
constexpr std::string_view own_prefix = "tandem_";
constexpr std::string_view typed_prefix = "tandem_typed_";

/// Text of earlier sessions that a new one is told; more of it only makes every answer dearer.
constexpr std::size_t seed_bytes_max = 32 * 1024;
constexpr std::size_t tool_calls_kept = 32;
/// The agent's audio may be heard so much later than at the earliest: the call's lead, a hold, the
/// line. The server's beginning of speech is early by its padding, which helps.
constexpr std::chrono::milliseconds playing_late_max{500};
/// After this many answers in a row that failed, a new session may fare better.
constexpr int failures_max = 3;

}  // namespace

RealtimeProvider::RealtimeProvider(std::shared_ptr<const RealtimeSettings> settings)
    : settings_(std::move(settings)) {
  BRIDGE_ASSERT(settings_ != nullptr);
  tools_ = tools_of(*settings_);
  instructions_ = settings_->instructions;
}

const call::VoiceCapabilities& RealtimeProvider::capabilities() const noexcept {
  return realtime_capabilities;
}

call::VoiceEndpoint RealtimeProvider::open(bool) {
  order_.end();
  is_ready_ = false;
  is_seeded_ = false;
  is_hanging_up_ = false;
  caller_speaks_ = false;
  sent_ = plays_until_ = {};
  spoke_over_agent_ = false;
  has_words_out_ = false;
  turn_has_ended_ = false;
  must_cancel_ = false;
  failures_in_a_row_ = 0;
  last_error_ = nullptr;
  limit_reset_ = {};
  chat_id_.clear();
  formats_ = {};
  last_sample_ = 0;
  queue_ = {};
  queue_.hold_answers(is_paused_);
  responses_ = {};
  utterances_ = {};
  calls_made_.clear();
  calls_awaited_.clear();

  call::VoiceEndpoint endpoint;
  endpoint.url = realtime_url(*settings_);
  endpoint.headers.emplace_back("Authorization", "Bearer " + settings_->api_key.expose());
  return endpoint;
}

void RealtimeProvider::set_brief(std::string_view text) {
  if (!instructions_.empty()) instructions_ += "\n\n";
  instructions_ += text;
}

void RealtimeProvider::set_history(std::vector<call::SpokenLine> lines) {
  history_ = std::move(lines);
}

void RealtimeProvider::encode_opening(std::vector<std::string>& messages) {
  encode(SessionUpdate{.event_id = setup_id,
                       .instructions = instructions_,
                       .voice = voice_of(*settings_),
                       .transcription_model = settings_->transcription_model,
                       .tools = &tools_,
                       .answers_speech = !is_paused_},
         messages.emplace_back());
  seed(messages);
}

void RealtimeProvider::seed(std::vector<std::string>& messages) {
  for (const std::string& note : notes_) {
    encode(CreateMessage{next_id("note"), ItemRole::system, note}, messages.emplace_back());
  }
  std::size_t bytes = 0;
  auto first = history_.end();
  while (first != history_.begin() && bytes + std::prev(first)->text.size() <= seed_bytes_max) {
    bytes += (--first)->text.size();
  }
  for (auto line = first; line != history_.end(); ++line) {
    if (line->text.empty()) continue;
    const auto role = line->speaker == core::Speaker::user ? ItemRole::user : ItemRole::assistant;
    encode(CreateMessage{next_id("told"), role, line->text}, messages.emplace_back());
    is_seeded_ = true;
  }
}

std::string RealtimeProvider::next_id(std::string_view kind) {
  return fmt::format("{}{}_{}", own_prefix, kind, ++ids_);
}

void RealtimeProvider::settle(std::vector<call::VoiceEvent>& events) {
  order_.end();
  order_.take(events);
}

core::Result<core::Done, call::VoiceFailure> RealtimeProvider::decode(std::string_view text,
                                                                      Events& events) {
  const auto message = decode_server_message(text);
  if (!message.ok()) {
    const bool is_json = message.error().error != MessageError::not_json;
    return core::Failure{call::VoiceFailure{is_json ? call::VoiceWireError::bad_shape
                                                    : call::VoiceWireError::not_json}};
  }
  const auto* spoken = std::get_if<SpokenText>(&*message);
  const bool is_piece = spoken != nullptr && !spoken->is_whole;
  if (!is_piece && !std::holds_alternative<AudioDelta>(*message)) order_.count_message();
  std::visit([&](const auto& known) { handle(known, events); }, *message);
  order_.take(events);
  if (!order_.is_held_up()) end_turn(events);
  reply(events);
  return core::Done{};
}

/// A turn ends after the words that caused it: words that come to a call after that cut in.
void RealtimeProvider::end_turn(Events& events) {
  if (std::exchange(turn_has_ended_, false)) events.emplace_back(call::VoiceTurnEnded{});
}

/// What had to wait for what just came.
void RealtimeProvider::reply(Events& events) {
  if (std::exchange(must_cancel_, false) && !queue_.active().empty()) {
    encode(CancelResponse{},
           std::get<call::VoiceReply>(events.emplace_back(call::VoiceReply{})).text);
  }
  if (!is_ready_) return;
  if (auto message = queue_.next()) events.emplace_back(call::VoiceReply{std::move(*message)});
}

void RealtimeProvider::handle(const SessionCreated& message, Events&) { chat_id_ = message.id; }

void RealtimeProvider::handle(const SessionUpdated& message, Events& events) {
  check_formats(message, events);
  if (std::exchange(is_ready_, true)) return;
  if (!message.id.empty()) chat_id_ = message.id;
  events.emplace_back(call::VoiceReady{core::ChatId(chat_id_), core::ChatGroupId(), is_seeded_});
}

void RealtimeProvider::hear_caller(bool is_speaking, Events& events) {
  if (std::exchange(caller_speaks_, is_speaking) == is_speaking) return;
  end_turn(events);
  events.emplace_back(call::VoiceCallerSpeech{is_speaking});
}

void RealtimeProvider::handle(const SpeechStarted& message, Events& events) {
  order_.speech_began(message.item_id, message.begin);
  if (message.begin < plays_until_ + playing_late_max) spoke_over_agent_ = true;
  hear_caller(true, events);
}

void RealtimeProvider::handle(const SpeechStopped& message, Events& events) {
  order_.speech_ended(message.item_id, message.end);
  hear_caller(false, events);
}

void RealtimeProvider::handle(const InputCommitted& message, Events&) {
  order_.open(message.item_id, core::Speaker::user, message.previous_item_id);
}

void RealtimeProvider::handle(const ItemAdded& message, Events&) {
  queue_.item_arrived(message.item_id);
  if (message.item_id.starts_with(typed_prefix)) {
    order_.finish_typed(message.item_id, message.text);
  }
  if (message.type != "message" || message.item_id.starts_with(own_prefix)) return;
  const bool is_user = message.role == "user";
  if (!is_user && message.role != "assistant") return;
  order_.open(message.item_id, is_user ? core::Speaker::user : core::Speaker::assistant,
              message.previous_item_id);
}

void RealtimeProvider::handle(const Transcribed& message, Events&) {
  order_.finish(message.item_id, core::Speaker::user, message.text);
}

void RealtimeProvider::handle(const TranscriptionFailed& message, Events& events) {
  order_.finish(message.item_id, core::Speaker::user, {});
  events.emplace_back(
      call::VoiceError{VoiceSeverity::warning, short_word(message.code), "transcription_failed"});
}

void RealtimeProvider::handle(const ResponseCreated& message, Events& events) {
  end_turn(events);
  queue_.created(message.id, message.wanted_by);
  // The server answers what the caller said. Where that was said over words that had been generated
  // already, nothing is cancelled, and this is the only sign that they are void.
  if (!message.wanted_by.empty()) return;
  if (std::exchange(spoke_over_agent_, false) && std::exchange(has_words_out_, false)) {
    events.emplace_back(call::VoiceInterrupted{});
  }
}

void RealtimeProvider::handle(const SpokenText& message, Events&) {
  last_error_ = nullptr;  // the talk goes on: an error before does not explain a later close
  if (message.is_whole) {
    order_.finish(message.item_id, core::Speaker::assistant, message.text);
  } else {
    order_.add(message.item_id, message.text);
  }
}

RealtimeProvider::Response& RealtimeProvider::response_of(std::string_view id) {
  for (Response& known : responses_) {
    if (known.id == id) return known;
  }
  Response& replaced = responses_[next_response_];
  next_response_ = (next_response_ + 1) % responses_.size();
  replaced = {.id = std::string(id)};
  return replaced;
}

void RealtimeProvider::handle(const ResponseDone& message, Events& events) {
  Response& response = response_of(message.id);
  for (const SpokenItem& item : message.spoken) {
    order_.finish(item.item_id, core::Speaker::assistant, item.text);
  }
  order_.take(events);
  if (message.status == ResponseStatus::completed) check_rate(response, message, events);
  report_end(message, response, events);
  const TokenUsage& usage = message.usage;
  if (usage.input_audio + usage.output_audio + usage.input_text + usage.output_text > 0) {
    events.emplace_back(call::VoiceUsage{usage.input_audio, usage.output_audio, usage.input_text,
                                         usage.output_text});
  }
  queue_.done(message.id);
}

void RealtimeProvider::report_end(const ResponseDone& message, Response& response, Events& events) {
  const bool was_cut = message.status == ResponseStatus::cancelled;
  if (was_cut && response.has_spoken && !response.is_void) {
    has_words_out_ = false;
    events.emplace_back(call::VoiceInterrupted{});
  }
  if (was_cut) response.is_void = true;
  if (message.status == ResponseStatus::failed) {
    report_failure(message, events);
  } else {
    failures_in_a_row_ = 0;
  }
  // The calls of an answer that was cut are sent too, but are not meant any more.
  const bool completed = message.status == ResponseStatus::completed;
  if (completed) call_tools(message.calls, events);
  // An answer that only calls tools, or failed, leaves the agent owing its words.
  const bool has_answered = completed ? calls_awaited_.empty() : was_cut;
  if (response.has_spoken || has_answered) turn_has_ended_ = true;
}

void RealtimeProvider::report_failure(const ResponseDone& message, Events& events) {
  const ErrorRule* rule = rule_for(message.error_code, message.error_type);
  auto severity = rule != nullptr ? rule->severity : VoiceSeverity::warning;
  if (++failures_in_a_row_ >= failures_max && severity == VoiceSeverity::warning) {
    severity = VoiceSeverity::retry;
  }
  // Once at once; after that it is the call's ladder that asks again.
  if (failures_in_a_row_ == 1 && !queue_.repeat(message.id)) queue_.want(wish("answer", {}));
  last_error_ = rule;
  const auto code = message.error_code.empty() ? message.error_type : message.error_code;
  events.emplace_back(call::VoiceError{
      severity, short_word(code), std::string(rule != nullptr ? rule->why : "response_failed")});
}

void RealtimeProvider::call_tools(const std::vector<FunctionCall>& calls, Events& events) {
  for (const FunctionCall& call : calls) {
    const std::string id(call.call_id);
    if (std::find(calls_made_.begin(), calls_made_.end(), id) != calls_made_.end()) continue;
    if (calls_made_.size() == tool_calls_kept) calls_made_.erase(calls_made_.begin());
    calls_made_.push_back(id);
    if (call.name == "hang_up") {
      if (std::exchange(is_hanging_up_, true)) continue;
      // The line ends soon, so nothing may wait for words that might not come in time.
      order_.end();
      order_.take(events);
      events.emplace_back(call::VoiceHangUp{});
      continue;
    }
    calls_awaited_.push_back(id);
    events.emplace_back(
        call::VoiceToolCall{id, std::string(call.name), std::string(call.arguments), true});
  }
}

void RealtimeProvider::handle(const RateLimits& message, Events&) { limit_reset_ = message.reset; }

void RealtimeProvider::handle(const ErrorMessage& message, Events& events) {
  const ErrorRule* rule = rule_for(message.code, message.type);
  auto severity = rule != nullptr ? rule->severity : VoiceSeverity::warning;
  // Without its settings the session is not our agent, and the same settings come again.
  const bool is_setup = message.event_id == setup_id && !is_ready_;
  if (is_setup && severity == VoiceSeverity::warning) severity = VoiceSeverity::fatal;
  const bool lost_a_race = rule != nullptr && rule->why == "active_response";
  queue_.refused(message.event_id, lost_a_race);
  if (rule == nullptr || rule->at_close) last_error_ = rule;
  const auto code = message.code.empty() ? message.type : message.code;
  events.emplace_back(call::VoiceError{severity, short_word(code),
                                       std::string(is_setup          ? "bad_session"
                                                   : rule != nullptr ? rule->why
                                                                     : "unknown_error")});
}

WantedResponse RealtimeProvider::wish(std::string_view purpose, std::string_view instructions) {
  WantedResponse wanted;
  wanted.event_id = next_id(purpose);
  encode(CreateResponse{.event_id = wanted.event_id,
                        .purpose = purpose,
                        .instructions = instructions,
                        .may_call_tools = instructions.empty()},
         wanted.message);
  return wanted;
}

void RealtimeProvider::ask(std::string_view purpose, std::string_view instructions,
                           std::string& out) {
  queue_.want(wish(purpose, instructions));
  if (auto message = queue_.next()) out += *message;
}

/// Asked for as soon as the server has the item and speaks of nothing else.
void RealtimeProvider::answer_after(std::string item) {
  WantedResponse wanted = wish("answer", {});
  wanted.after_item = std::move(item);
  queue_.want(std::move(wanted));
}

void RealtimeProvider::encode_say(std::string_view text, std::string& out) {
  ask("say", say_instructions(instructions_, text), out);
}

void RealtimeProvider::encode_greeting(std::string& out) {
  ask("greeting", greeting_instructions(instructions_, settings_->greeting), out);
}

void RealtimeProvider::encode_nudge(std::string& out) {
  // An answer that is on its way needs no nudge, and a second one would be refused.
  if (!queue_.is_busy()) ask("nudge", {}, out);
}

void RealtimeProvider::encode_context(std::string_view text, std::string& out) {
  if (std::find(notes_.begin(), notes_.end(), text) == notes_.end()) notes_.emplace_back(text);
  std::size_t bytes = 0;
  for (const std::string& note : notes_) bytes += note.size();
  while (bytes > seed_bytes_max && notes_.size() > 1) {
    bytes -= notes_.front().size();
    notes_.erase(notes_.begin());
  }
  encode(CreateMessage{next_id("note"), ItemRole::system, text}, out);
}

void RealtimeProvider::encode_text(std::string_view text, std::string& out) {
  const std::string id = next_id("typed");
  encode(CreateMessage{id, ItemRole::user, text}, out);
  answer_after(id);
}

void RealtimeProvider::encode_pause(bool paused, std::string& out) {
  is_paused_ = paused;
  queue_.hold_answers(paused);
  if (paused && !queue_.active().empty()) {
    response_of(queue_.active()).is_void = true;
    must_cancel_ = true;
  }
  encode(TurnDetection{!paused}, out);
}

void RealtimeProvider::encode_tool_result(const call::VoiceToolCall& call, bool ok,
                                          std::string_view content, std::string& out) {
  if (std::erase(calls_awaited_, call.id) == 0) return;
  std::string output(content);
  if (!ok) {
    output = R"({"error":)";
    codec::append_json_string(output, content);
    output += '}';
  }
  const std::string id = next_id("tool");
  encode(CreateToolOutput{id, call.id, output}, out);
  if (calls_awaited_.empty()) answer_after(id);
}

call::VoiceVerdict RealtimeProvider::classify_refusal(int status) const {
  return verdict_on_refusal(status);
}

call::VoiceVerdict RealtimeProvider::classify_close(std::uint16_t code,
                                                    std::string_view reason) const {
  const ErrorRule* rule = rule_in(reason);
  if (rule == nullptr || !rule->at_close) rule = last_error_;
  if (rule == nullptr) {
    return is_hanging_up_ ? call::VoiceVerdict{VoiceSeverity::ended, "hang_up"}
                          : verdict_on_close(code);
  }
  call::VoiceVerdict verdict{*rule->at_close, std::string(rule->why)};
  if (rule->why == "rate_limit") verdict.retry_after = std::max(limit_reset_, rate_limit_pause);
  return verdict;
}

}  // namespace tandem::openai
