#include "bridge/connect_done.hpp"

#include "bridge/arrival.hpp"
#include "bridge/clock.hpp"
#include "bridge/random_id.hpp"
#include "bridge/takeover.hpp"
#include "bridge/twilio/twiml.hpp"

namespace tandem {

namespace {

using namespace std::chrono_literals;

constexpr std::string_view opt_out_text = "You will not be called again. Goodbye.";
constexpr std::string_view goodbye_text = "Goodbye.";
constexpr std::string_view nobody_text =
    "We are sorry, nobody can take your call at the moment. Please call again later. Goodbye.";

AfterStream after_end(const CallDirectory::Entry& entry) noexcept {
  using call::EndReason;
  if (call::wants_hang_up(*entry.end_reason)) return AfterStream::hang_up;
  switch (*entry.end_reason) {
    case EndReason::caller_hung_up:
    case EndReason::bad_token:
    case EndReason::wrong_call:
      return AfterStream::hang_up;
    case EndReason::transferred:
      return entry.transfer ? AfterStream::transfer : AfterStream::apologise;
    case EndReason::opted_out:
      return AfterStream::confirm_opt_out;
    case EndReason::carrier_lost:  // the carrier noticed later than our call could wait
    case EndReason::carrier_stalled:
      return AfterStream::ask_record;
    default:
      return AfterStream::apologise;
  }
}

}  // namespace

AfterStream after_stream(const CallDirectory::Entry* entry, twilio::CallStatus status) noexcept {
  if (twilio::is_terminal(status)) return AfterStream::hang_up;
  if (entry == nullptr) return AfterStream::ask_record;
  if (entry->end_reason) return after_end(*entry);
  return entry->streams_again < ConnectDone::streams_again_max ? AfterStream::stream_again
                                                               : AfterStream::apologise;
}

ConnectDone::ConnectDone(Parts parts)
    : parts_(std::move(parts)), tasks_(parts_.context, [this](std::exception_ptr) {
        parts_.log.error("connect_done_failed");  // the Respond that went with it answered 500
      }) {}

void ConnectDone::answer(const twilio::VoiceWebhook& webhook, net::Respond respond) {
  Switchboard::Entry* entry = parts_.switchboard.find(webhook.call_id);
  switch (after_stream(entry, webhook.status)) {
    case AfterStream::hang_up:
      return respond(twiml_answer(twilio::hang_up_twiml()));
    case AfterStream::stream_again:
      return respond(twiml_answer(stream_again(*entry)));
    case AfterStream::transfer:
      return respond(twiml_answer(transfer(*entry)));
    case AfterStream::apologise:
      return respond(twiml_answer(without_agent(
          entry->id, trouble_text, shown_number(entry->direction, entry->from, entry->to))));
    case AfterStream::confirm_opt_out:
      return tasks_.spawn(confirm_opt_out(entry->id, std::move(respond)));
    case AfterStream::ask_record:
      return tasks_.spawn(ask_record(webhook, std::move(respond)));
  }
}

std::string ConnectDone::stream_again(Switchboard::Entry& entry) {
  ++entry.streams_again;
  parts_.metrics.counter(ops::Family::calls_resumed_total, {"stream_again"}).add();
  parts_.log.info("stream_again", {{"call_id", entry.id}, {"times", entry.streams_again}});
  return parts_.documents.connect(parts_.switchboard.new_stream_key(entry), false);
}

std::string ConnectDone::transfer(const Switchboard::Entry& entry) {
  const auto& wanted = *entry.transfer;
  const auto nonce = wanted.whisper.empty() ? std::string() : random_hex_128();
  parts_.switchboard.note_handed_over(entry.id, nonce, wanted.whisper);
  return parts_.documents.transfer(wanted.to, shown_number(entry.direction, entry.from, entry.to),
                                   nonce);
}

std::string ConnectDone::without_agent(const core::CallId& id, std::string_view words,
                                       const core::PhoneNumber& caller) {
  if (parts_.documents.has_fallback()) parts_.switchboard.note_handed_over(id, {}, {});
  return parts_.documents.without_agent(words, caller);
}

/// The confirmation is a promise: it is given only once the wish cannot be lost any more.
net::Task<void> ConnectDone::confirm_opt_out(core::CallId id, net::Respond respond) {
  const auto until = clock_now() + opt_out_patience;
  const auto is_kept = [&] {
    const auto* entry = parts_.switchboard.find(id);
    return entry != nullptr && entry->opt_out_is_kept;
  };
  while (!is_kept() && !is_stopping_ && clock_now() < until) co_await pause(parts_.context, 20ms);
  const bool may_promise = is_kept();
  if (!may_promise) parts_.log.error("opt_out_not_on_disk", {{"call_id", id}});
  respond(twiml_answer(twilio::apology_twiml(may_promise ? opt_out_text : goodbye_text)));
}

net::Task<void> ConnectDone::ask_record(twilio::VoiceWebhook webhook, net::Respond respond) {
  const std::string sid = webhook.call_id.str();
  if (!asking_.insert(sid).second) {
    while (asking_.contains(sid)) co_await pause(parts_.context, 20ms);
    answer(webhook, std::move(respond));
    co_return;
  }
  const auto found = co_await parts_.earlier.find(webhook.call_id);
  asking_.erase(sid);
  respond(twiml_answer(take_over(webhook, found)));
}

std::string ConnectDone::take_over(const twilio::VoiceWebhook& webhook,
                                   const EarlierCalls::Answer& found) {
  auto& switchboard = parts_.switchboard;
  const auto* before = switchboard.find(webhook.call_id);
  const auto caller = shown_number(webhook.direction, webhook.from, webhook.to);
  if (found.has_answered && judge_takeover(found.call) == Takeover::hang_up) {
    const bool is_known = found.call.has_value();
    parts_.log.error(is_known ? "call_not_taken_over" : "unknown_call",  // T27
                     {{"route", "/twilio/connect-done"},
                      {"end_reason", is_known ? found.call->end_reason : std::string()}});
    return twilio::hang_up_twiml();
  }
  if (!switchboard.takes_calls()) {
    return before != nullptr ? without_agent(before->id, busy_text, caller)
                             : parts_.documents.without_agent(busy_text, caller);
  }
  // Without the record the agent knows nothing of the caller, which is better than a dead line.
  const store::EarlierCall* earlier = found.call ? &*found.call : nullptr;
  auto& entry = switchboard.begin(webhook, earlier);
  parts_.metrics.counter(ops::Family::calls_resumed_total, {earlier ? "taken_over" : "fresh"})
      .add();
  parts_.log.warn("call_taken_over",
                  {{"call_id", entry.id}, {"from", earlier ? earlier->call_id : std::string()}});
  if (earlier != nullptr && earlier->end_reason.empty() && before == nullptr) {
    parts_.write_down(lost_call_record(earlier->call_id, earlier->last_seen, earlier->duration_ms,
                                       earlier->messages));
  }
  return parts_.documents.connect(switchboard.new_stream_key(entry), false);
}

/// A caller who was told that a person comes is not given back to the agent when nobody does: its
/// session is closed, and it would greet them anew. They are told so, and may call again.
core::HttpResponse ConnectDone::transfer_done(const twilio::VoiceWebhook& webhook) {
  const auto outcome = twilio::parse_dial_outcome(webhook.dial_call_status);
  if (const auto* entry = parts_.switchboard.find(webhook.call_id))
    parts_.switchboard.note_handed_back(entry->id);
  parts_.log.info("transfer_done", {{"outcome", twilio::to_string(outcome)}});
  const bool has_talked = outcome == twilio::DialOutcome::connected;
  return twiml_answer(has_talked ? twilio::hang_up_twiml() : twilio::apology_twiml(nobody_text));
}

/// An unknown or used nonce connects the two without a word: an error would cost the transfer.
core::HttpResponse ConnectDone::whisper(const std::string& nonce) {
  const auto text = parts_.switchboard.take_whisper(nonce);
  if (!text) parts_.log.warn("whisper_unknown");
  return twiml_answer(text ? twilio::whisper_twiml(*text) : twilio::empty_twiml());
}

}  // namespace tandem
