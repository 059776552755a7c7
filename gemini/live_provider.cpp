#include "gemini/live_provider.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "bridge/core/result.hpp"
#include "codec/audio.hpp"
#include "codec/base64.hpp"
#include "codec/g711.hpp"

namespace tandem::gemini {

namespace {

using namespace std::chrono_literals;

constexpr std::string_view live_path =
    "/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent";

// A connection lives ten minutes. Pongs were seen to take up to 30 s, so our own pings would kill
// healthy calls. A resume while the old connection lives is refused.
constexpr call::VoiceCapabilities live_capabilities{.can_resume = true,
                                                    .speaks_verbatim = false,
                                                    .sends_interim_text = true,
                                                    .reports_interruptions = true,
                                                    .transcribes_late = true,
                                                    .greets_by_itself = false,
                                                    .wants_client_pings = false,
                                                    .one_connection_at_a_time = true,
                                                    .session_cap = 600s,
                                                    .roll_over_at = 510s};

constexpr std::string_view nudge_text = "(The caller is still waiting for your answer.)";
constexpr std::string_view repeat_answer =
    "This call was made a moment ago; its result stands. Do not call again.";
constexpr std::size_t history_bytes_max = 16 * 1024;

std::chrono::milliseconds in_ms(std::chrono::microseconds position) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(position);
}

/// Gemini's details do not add up exactly; what no detail explains counts as text.
call::VoiceUsage usage_of(const LiveUsage& usage) {
  call::VoiceUsage tokens;
  tokens.input_audio_tokens = usage.prompt_audio.value_or(usage.prompt);
  tokens.input_text_tokens = std::max<std::int64_t>(0, usage.prompt - tokens.input_audio_tokens);
  tokens.output_audio_tokens = usage.response_audio.value_or(usage.response);
  const auto written = std::max<std::int64_t>(0, usage.response - tokens.output_audio_tokens);
  tokens.output_text_tokens = written + usage.thoughts;
  return tokens;
}

}  // namespace

LiveProvider::LiveProvider(std::shared_ptr<const LiveSettings> settings)
    : settings_(std::move(settings)),
      resampler_(codec::Resampler::create(codec::phone_rate_hz, live_input_rate_hz).value()) {
  BRIDGE_ASSERT(settings_ != nullptr);
  instruction_ = settings_->prompt;
}

const call::VoiceCapabilities& LiveProvider::capabilities() const noexcept {
  return live_capabilities;
}

call::VoiceEndpoint LiveProvider::open(bool resume) {
  if (!resume) handle_.clear();
  const int resumes = progress_.was_ready ? 0 : progress_.resumes;
  progress_ = {};
  progress_.was_resume = !handle_.empty();
  progress_.resumes = progress_.was_resume ? resumes + 1 : 0;
  tools_.clear();
  const auto lost_words = transcript_.abandon();
  if (!history_.empty()) {
    history_.insert(history_.end(), lost_words.begin(), lost_words.end());
  } else if (!progress_.was_resume) {
    // Lost before the server had a handle to give: what we know ourselves has to do.
    set_history(transcript_.unsaved());
  }
  is_seeding_ = !progress_.was_resume && !history_.empty();
  turn_ = Turn::none;
  end_is_due_ = false;
  is_hollow_ = false;

  call::VoiceEndpoint endpoint;
  endpoint.url = settings_->base_url;
  endpoint.url.scheme = settings_->base_url.uses_tls() ? "wss" : "ws";
  std::string& target = endpoint.url.target;
  target.erase(std::min(target.find('?'), target.size()));
  while (target.ends_with('/')) target.pop_back();
  target += live_path;
  endpoint.headers.emplace_back("x-goog-api-key", settings_->api_key.expose());
  return endpoint;
}

void LiveProvider::set_brief(std::string_view text) {
  if (!instruction_.empty()) instruction_ += "\n\n";
  instruction_ += text;
}

void LiveProvider::set_history(std::vector<call::SpokenLine> lines) {
  std::erase_if(lines, [](const call::SpokenLine& line) { return line.text.empty(); });
  std::size_t bytes = 0;
  auto first = lines.end();
  while (first != lines.begin()) {
    bytes += std::prev(first)->text.size();
    if (bytes > history_bytes_max) break;
    --first;
  }
  lines.erase(lines.begin(), first);
  history_ = std::move(lines);
}

LiveSetup LiveProvider::setup() const {
  return {.model = settings_->model,
          .system_instruction = instruction_,
          .voice = settings_->voice,
          .language = settings_->language,
          .handle = progress_.was_resume ? std::string_view(handle_) : std::string_view{},
          .seeds_history = is_seeding_,
          .offers_transfer = settings_->offers_transfer};
}

void LiveProvider::encode_opening(std::vector<std::string>& messages) {
  encode_setup(setup(), messages.emplace_back());
}

void LiveProvider::settle(std::vector<call::VoiceEvent>& events) {
  transcript_.abandon();
  transcript_.take(events);
}

core::Result<core::Done, call::VoiceFailure> LiveProvider::decode(std::string_view text,
                                                                  Events& events) {
  // One per thread, not per call: a call needs it only within one decode().
  thread_local LiveServerMessage message;
  const auto decoded = decode_live_message(text, message);
  transcript_.time_passed(in_ms(sent_));
  take_words(events);
  if (!decoded && decoded.error().error != LiveError::wrong_type) {
    const bool is_json = decoded.error().error != LiveError::not_json;
    return core::Failure{call::VoiceFailure{is_json ? call::VoiceWireError::bad_shape
                                                    : call::VoiceWireError::not_json}};
  }
  if (message.setup_complete) begin_session(message, events);
  handle_content(message, events);
  handle_tools(message, events);
  handle_session(message, events);
  if (!decoded) return core::Failure{call::VoiceFailure{call::VoiceWireError::bad_shape}};
  return core::Done{};
}

void LiveProvider::begin_session(const LiveServerMessage& message, Events& events) {
  if (std::exchange(progress_.was_ready, true)) return;
  call::VoiceReply told;
  if (is_seeding_) {
    encode_history(history_, told.text);
  } else if (progress_.was_resume && !transcript_.unsaved().empty()) {
    // A handle remembers the last whole turn; what was said since then was lost with the socket.
    encode_missed(transcript_.unsaved(), told.text);
  }
  if (!told.text.empty()) events.emplace_back(std::move(told));
  history_.clear();
  events.emplace_back(call::VoiceReady{core::ChatId(std::string(message.session_id)),
                                       core::ChatGroupId(handle_),
                                       progress_.was_resume || is_seeding_});
}

void LiveProvider::handle_tools(const LiveServerMessage& message, Events& events) {
  if (!message.calls.empty()) {
    transcript_.tool_called();
    take_words(events);
  }
  for (const LiveFunctionCall& call : message.calls) handle_call(call, events);
  for (const std::string& id : message.cancelled_calls) {
    if (tools_.cancel(id)) events.emplace_back(call::VoiceToolCancelled{id});
  }
}

void LiveProvider::handle_call(const LiveFunctionCall& call, Events& events) {
  if (call.id.empty() || call.name.empty()) {
    events.emplace_back(call::VoiceDefect{"tool_call_without_id"});
    return;
  }
  const auto answer_at_once = [&](std::string_view content) {
    tools_.answer(call.id);
    call::VoiceReply reply;
    encode_tool_response(call.id, call.name, true, content, LiveScheduling::silent, reply.text);
    events.emplace_back(std::move(reply));
  };
  const LiveTools::Kind kind = tools_.add(call, in_ms(sent_));
  if (kind == LiveTools::Kind::same_id) return;
  if (call.name == "hang_up") {
    // Answered silently, so that the model neither waits nor says another goodbye.
    answer_at_once("ok");
    if (!std::exchange(progress_.hangs_up, true)) events.emplace_back(call::VoiceHangUp{});
  } else if (kind == LiveTools::Kind::repeat) {
    answer_at_once(repeat_answer);
  } else {
    events.emplace_back(call::VoiceToolCall{call.id, call.name, call.arguments, true});
  }
}

void LiveProvider::handle_session(const LiveServerMessage& message, Events& events) {
  const auto& update = message.resumption;
  if (update && update->resumable && !update->handle.empty()) {
    handle_ = update->handle;
    transcript_.saved();
  }
  if (message.usage) events.emplace_back(usage_of(*message.usage));
  if (message.go_away) {
    progress_.was_warned = true;
    events.emplace_back(call::VoiceGoingAway{*message.go_away});
  }
  if (message.caller_speaks) {
    events.emplace_back(call::VoiceCallerSpeech{*message.caller_speaks});
  }
}

void LiveProvider::encode_audio(std::span<const std::uint8_t> ulaw, std::string& out) {
  sent_ += codec::duration_of(ulaw.size());
  narrow_.resize(ulaw.size());
  if (paused_) {
    std::fill(narrow_.begin(), narrow_.end(), std::int16_t{0});
  } else {
    codec::ulaw_decode(ulaw, narrow_);
  }
  wide_.clear();
  resampler_.push(narrow_, wide_);
  if (wide_.empty()) return;
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(wide_.data());
  out += live_audio_head;
  codec::base64_encode({bytes, wide_.size() * sizeof(std::int16_t)}, out);
  out += live_audio_tail;
}

/// A question of ours: the reply to it has no words of the caller before it.
void LiveProvider::ask(std::string_view text, std::string& out) {
  transcript_.prompted();
  encode_content(text, true, out);
}

void LiveProvider::encode_say(std::string_view text, std::string& out) {
  ask(fmt::format("[operator] Say exactly this to the caller now, and nothing else: {}", text),
      out);
}

void LiveProvider::encode_context(std::string_view text, std::string& out) {
  encode_content(fmt::format("[context] {}", text), false, out);
}

void LiveProvider::encode_text(std::string_view text, std::string& out) {
  transcript_.caller_typed(text);
  transcript_.prompted();
  encode_realtime_text(text, out);
}

void LiveProvider::encode_greeting(std::string& out) {
  if (settings_->greeting.empty()) {
    return ask("[call connected] Greet the caller now, in one or two short sentences.", out);
  }
  ask(fmt::format("[call connected] Say exactly: {}", settings_->greeting), out);
}

void LiveProvider::encode_nudge(std::string& out) { ask(nudge_text, out); }

void LiveProvider::encode_pause(bool paused, std::string&) {
  paused_ = paused;
  cut_at_ = sent_;
  if (paused && (turn_ == Turn::speaking || turn_ == Turn::generated)) cut_turn();
}

void LiveProvider::encode_tool_result(const call::VoiceToolCall& call, bool ok,
                                      std::string_view content, std::string& out) {
  if (!tools_.answer(call.id)) return;
  encode_tool_response(call.id, call.name, ok, content, LiveScheduling::when_idle, out);
}

call::VoiceVerdict LiveProvider::classify_refusal(int status) const {
  return verdict_on_live_refusal(status);
}

call::VoiceVerdict LiveProvider::classify_close(std::uint16_t code, std::string_view reason) const {
  return verdict_on_live_close(code, reason, progress_);
}

}  // namespace tandem::gemini
