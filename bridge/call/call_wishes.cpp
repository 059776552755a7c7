// A machine that picked up the call that we placed, and people who do not want to be called again.
#include <fmt/format.h>

#include <algorithm>

#include "bridge/call/call.hpp"

namespace tandem::call {

void Call::on(const CarrierAnswered& input) {
  using Step = Answering::Step;
  const auto verdict = answering_.judge(input.by);
  if (!verdict) return;
  // A call that is ending, or leaves its message already, goes on with that.
  const bool is_news = state_ != State::closing && !(message_since_ && *verdict != Step::hang_up);
  const Step step = is_news ? *verdict : Step::talk;
  write_event("answered_by",
              fmt::format(R"({{"by":"{}","then":"{}"}})", to_string(input.by), to_string(step)));
  if (step == Step::talk) return;
  const bool was_generating = !turn_is_over_;
  interrupt("machine");
  if (step == Step::hang_up) return close(EndReason::answered_by_machine);
  message_since_ = moment_.now;
  if (was_generating) suppressed_since_ = moment_.now;  // the rest of that turn is not the message
}

/// The message is said once there is an agent to say it and a line to say it on, and again by the
/// next session when this one is lost before its first sound. Whatever happens, the line ends.
void Call::advance_message() {
  const auto now = moment_.now;
  if (!message_since_ || state_ == State::closing) return;
  const auto due = message_deadline();
  if (due && now >= *due) {
    interrupt("machine");
    return close(EndReason::answered_by_machine);
  }
  if (state_ != State::talking) return;
  if (suppressed_since_ && now < *message_since_ + limits::last_words_timeout) return;
  suppressed_since_.reset();
  if (!message_began_ && message_session_ != sessions_) {
    message_said_at_ = now;
    message_session_ = sessions_;
    send_voice(not_timed,
               [this](std::string& out) { voice().encode_say(settings_.machine_message, out); });
    return;
  }
  if (message_began_ && turn_is_over_ && playout_.is_idle(now))
    close(EndReason::answered_by_machine);
}

/// When the line ends although the message is not through: it is too long, or the agent is mute.
std::optional<core::TimePoint> Call::message_deadline() const {
  if (!message_since_) return std::nullopt;
  const auto latest = *message_since_ + limits::machine_message_max;
  if (!message_said_at_) return latest;
  const auto last_sound = std::max({*message_said_at_, agent_acted_at_, playout_.heard_at()});
  return std::min(latest, last_sound + limits::machine_message_patience);
}

void Call::on(const OptedOutElsewhere&) { opt_out("list", ""); }

/// The wish is written down at once, whatever the call is about to do, and once. `detail`: more
/// members of the event, as JSON.
void Call::opt_out(std::string_view by, std::string_view detail) {
  if (!opted_out_by_.empty()) return;
  opted_out_by_ = by;
  write_event("opt_out",
              fmt::format(R"({{"by":"{}"{}{}}})", by, detail.empty() ? "" : ",", detail));
}

/// Ends the call: the caller is asked nothing more, and hears the confirmation when the carrier
/// asks what to do next. Somebody who opted out elsewhere does not know why the line goes dead: the
/// agent's words are not cut off for it.
void Call::heed_opt_out() {
  if (opted_out_by_.empty() || state_ == State::closing || has_ended()) return;
  if (opted_out_by_ != "list") interrupt("caller");
  close(EndReason::opted_out);
}

}  // namespace tandem::call
