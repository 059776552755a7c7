#include "bridge/dial/dialler.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace tandem::dial {

namespace {

using namespace std::chrono_literals;
using State = IntentState;

constexpr std::array<std::string_view, intent_state_count> state_names = {
    "queued", "placing", "placed", "unknown", "refused", "failed", "ended"};

struct Move {
  State from;
  State to;
};
constexpr std::array moves = {
    Move{State::queued, State::placing},  Move{State::queued, State::refused},
    Move{State::placing, State::queued},  Move{State::placing, State::placed},
    Move{State::placing, State::unknown}, Move{State::placing, State::failed},
    Move{State::placing, State::ended},   Move{State::unknown, State::placed},
    Move{State::unknown, State::failed},  Move{State::unknown, State::ended},
    Move{State::placed, State::ended},    Move{State::failed, State::placed},
};

/// Twilio "API rate limits": 100 ms doubled up to 30 s; we are in no hurry.
std::chrono::seconds back_off(int tries, const std::optional<std::chrono::seconds>& retry_after) {
  const auto own = std::chrono::seconds{1 << std::clamp(tries, 0, 5)};
  return std::clamp(retry_after.value_or(own), 1s, 60s);
}

constexpr auto repeat_pause = 5s;  // of a cancel that did not show in the survey yet
constexpr auto news_patience = 60s;
constexpr auto fetch_pause = 60s;     // between questions about one silent call
constexpr auto refused_pause = 20ms;  // to the next claim after one that rang nobody

}  // namespace

std::string_view to_string(IntentState state) noexcept {
  return state_names[static_cast<std::size_t>(state)];
}

std::optional<IntentState> parse_intent_state(std::string_view word) noexcept {
  const auto found = std::find(state_names.begin(), state_names.end(), word);
  if (found == state_names.end()) return std::nullopt;
  return static_cast<IntentState>(found - state_names.begin());
}

bool may_become(IntentState from, IntentState to) noexcept {
  return std::any_of(moves.begin(), moves.end(),
                     [&](const Move& move) { return move.from == from && move.to == to; });
}

std::string_view to_string(Trouble trouble) noexcept {
  constexpr std::array<std::string_view, 4> names = {"halted", "refused", "never_placed",
                                                     "several_calls"};
  return names[static_cast<std::size_t>(trouble)];
}

std::vector<Action> Dialler::poll(core::TimePoint now, bool may_place) {
  if (!is_surveying_ && now >= next_survey_) {
    is_surveying_ = true;
    wanted_.emplace_back(TakeSurvey{});
  }
  const bool may_claim = may_place && !is_halted() && may_have_queued_ && !is_claiming_;
  if (may_claim && now >= next_claim_) {
    is_claiming_ = true;
    claim_asked_at_ = now;
    wanted_.emplace_back(ClaimNext{});
  }
  return std::exchange(wanted_, {});
}

core::TimePoint Dialler::deadline(core::TimePoint now) const {
  auto next = is_surveying_ ? now + survey_busy : next_survey_;
  if (may_have_queued_ && !is_claiming_ && !is_halted()) next = std::min(next, next_claim_);
  return wanted_.empty() ? next : now;
}

void Dialler::surveyed(const Survey& survey, core::TimePoint now) {
  is_surveying_ = false;
  has_open_ = !survey.open.empty();
  if (survey.queued > 0) may_have_queued_ = true;
  next_survey_ = now + (has_open_ || may_have_queued_ ? survey_busy : survey_idle);
  switch_changed_at_ = survey.switch_changed_at;
  // whoever set the switch to "go" after the alarm has acted
  const bool was_resumed =
      is_halted() && !survey.is_stopped && *halted_at_switch_ != survey.switch_changed_at;
  if (was_resumed) halted_at_switch_.reset();
  forget_closed(survey);
  for (const auto& intent : survey.open) consider(intent, survey.is_stopped, now);
}

void Dialler::survey_failed(core::TimePoint now) {
  is_surveying_ = false;
  next_survey_ = now + survey_idle;
}

void Dialler::forget_closed(const Survey& survey) {
  std::unordered_set<core::CallId> open;
  for (const auto& intent : survey.open) open.insert(intent.id);
  const auto is_closed = [&open](const auto& item) { return !open.contains(item.first); };
  std::erase_if(searches_, is_closed);
  std::erase_if(cancels_, is_closed);
  std::erase_if(fetches_, is_closed);
  std::erase_if(told_, [&open](const core::CallId& id) { return !open.contains(id); });
}

bool Dialler::is_due(std::unordered_map<core::CallId, core::TimePoint>& wishes,
                     const core::CallId& id, core::TimePoint now, core::Duration pause) {
  auto& next = wishes[id];
  if (now < next) return false;
  next = now + pause;
  return true;
}

void Dialler::consider(const OpenIntent& intent, bool is_stopped, core::TimePoint now) {
  if (intent.carrier_call_id.empty()) return search(intent, now);
  const bool is_unwanted = !intent.is_answered && (intent.is_on_list || is_stopped);
  const bool must_say_goodbye = intent.is_answered && intent.is_on_list;
  if (is_unwanted && is_due(cancels_, intent.id, now, repeat_pause))
    wanted_.emplace_back(CancelCall{intent.id, intent.carrier_call_id});
  if (must_say_goodbye && told_.insert(intent.id).second)
    wanted_.emplace_back(EndPolitely{intent.id});
  const auto longest = intent.is_answered ? settings_.time_limit : settings_.ring_timeout;
  if (intent.age > longest + news_patience && is_due(fetches_, intent.id, now, fetch_pause))
    wanted_.emplace_back(FetchCall{intent.id, intent.carrier_call_id});
}

void Dialler::search(const OpenIntent& intent, core::TimePoint now) {
  if (intent.age < callback_patience || intent.to.empty()) return;
  auto& search = searches_[intent.id];
  search.placing_at = intent.placing_at;
  if (search.is_looking || now < search.next_look) return;
  search.is_looking = true;
  wanted_.emplace_back(LookFor{intent.id, intent.to, intent.from});
}

void Dialler::claimed(const Claimed& intent, core::TimePoint now) {
  is_claiming_ = false;
  const auto pace = std::chrono::duration_cast<core::Duration>(
      std::chrono::duration<double>(1 / settings_.calls_per_second));
  next_claim_ = std::max(next_claim_, claim_asked_at_) + pace;
  next_survey_ = std::min(next_survey_, now + survey_busy);
  // Whoever slept so long may not know what others concluded meanwhile. It was not asked for.
  if (now - claim_asked_at_ > claim_valid) return note(intent.id, State::queued);
  tries_[intent.id] = intent.tries;
  wanted_.emplace_back(AskCarrier{intent.id, intent.intention});
}

void Dialler::claim_refused(core::TimePoint now) {
  is_claiming_ = false;
  next_claim_ = std::max(next_claim_, now + refused_pause);
}

void Dialler::claimed_nothing() {
  is_claiming_ = false;
  may_have_queued_ = false;
}

void Dialler::claim_failed(core::TimePoint now) {
  is_claiming_ = false;
  next_claim_ = now + survey_idle;
}

void Dialler::note(const core::CallId& id, IntentState becomes) {
  Note note;
  note.id = id;
  note.becomes = becomes;
  wanted_.emplace_back(std::move(note));
}

void Dialler::ask_again(const core::CallId& id, const Created& created, core::TimePoint now) {
  const int tries = tries_[id];
  const auto pause = back_off(tries, created.retry_after);
  next_claim_ = std::max(next_claim_, now + pause);
  Note again;
  again.id = id;
  again.becomes = tries < tries_max ? State::queued : State::failed;
  again.error_code = created.error_code;
  again.not_before = pause;
  wanted_.emplace_back(std::move(again));
}

void Dialler::created(const core::CallId& id, const Created& created, core::TimePoint now) {
  Note after;
  after.id = id;
  after.error_code = created.error_code;
  switch (created.answer) {
    case Answer::accepted:
      after.becomes = State::placed;
      after.carrier_call_id = created.carrier_call_id;
      break;
    case Answer::not_acted:
      ask_again(id, created, now);
      tries_.erase(id);
      return;
    case Answer::refused:
      after.becomes = State::failed;
      if (created.needs_operator)
        wanted_.emplace_back(Alarm{id, Trouble::refused, created.error_code});
      break;
    case Answer::misconfigured:
      after.becomes = State::failed;
      halted_at_switch_ = switch_changed_at_;
      wanted_.emplace_back(Alarm{id, Trouble::halted, created.error_code});
      break;
    case Answer::unclear:
      after.becomes = State::unknown;
  }
  tries_.erase(id);
  wanted_.emplace_back(std::move(after));
}

void Dialler::listed(const core::CallId& id, const std::vector<Listed>& calls,
                     const std::vector<core::CarrierCallId>& of_others, core::TimePoint now) {
  const auto found = searches_.find(id);
  if (found == searches_.end()) return;  // resolved meanwhile
  Search& search = found->second;
  search.is_looking = false;
  search.next_look = now + look_pause;
  std::vector<core::CarrierCallId> candidates;
  for (const auto& call : calls) {
    const bool is_older = call.created && *call.created < search.placing_at - clock_slack;
    const bool is_of_other =
        std::find(of_others.begin(), of_others.end(), call.id) != of_others.end();
    if (!is_older && !is_of_other) candidates.push_back(call.id);
  }
  if (candidates.size() == 1) {
    note(id, State::placed);
    std::get<Note>(wanted_.back()).carrier_call_id = candidates.front();
    return;
  }
  if (candidates.size() > 1) {
    if (!std::exchange(search.is_told, true))
      wanted_.emplace_back(Alarm{id, Trouble::several_calls, 0});
    search.looks = 0;
    search.first_look.reset();
    return;
  }
  ++search.looks;
  if (!search.first_look) search.first_look = now;
  if (search.looks < looks_min || now - *search.first_look < looks_span) return;
  wanted_.emplace_back(Alarm{id, Trouble::never_placed, 0});
  note(id, State::failed);
}

void Dialler::list_failed(const core::CallId& id, core::TimePoint now) {
  const auto found = searches_.find(id);
  if (found == searches_.end()) return;
  found->second.is_looking = false;
  found->second.next_look = now + look_pause;
}

}  // namespace tandem::dial
