#include "bridge/outbound.hpp"

#include <algorithm>

#include "bridge/ask_store.hpp"
#include "bridge/carrier_answers.hpp"
#include "bridge/clock.hpp"
#include "bridge/dial_context.hpp"
#include "bridge/twilio_documents.hpp"
#include "store/dial_intents.hpp"

namespace tandem {

namespace {

using namespace std::chrono_literals;

/// Longer than any statement may run.
constexpr auto query_patience = 15s;
/// The wall clock is compared with the steady one at least so often.
constexpr auto clock_period = 1s;
/// Beyond our own cap: the disclosure before the stream and the goodbye after it.
constexpr auto time_limit_margin = 60s;

dial::DiallerSettings dialler_settings(const Config& config) {
  dial::DiallerSettings settings;
  settings.calls_per_second = config.outbound.calls_per_second;
  settings.ring_timeout = twilio::CreateCall{}.ring_timeout;
  settings.time_limit = config.call_time_limit + time_limit_margin;
  return settings;
}

twilio::CreateCall create_call(const Config& config, const dial::AskCarrier& wish) {
  const std::string intent = "?intent=" + wish.id.str();
  twilio::CreateCall call;
  call.to = wish.intention.to;
  call.from = wish.intention.from;
  call.voice_url = config.public_url + "/twilio/voice" + intent;
  call.fallback_url = config.public_url + std::string(voice_fallback_path) + intent;
  call.status_url = config.public_url + "/twilio/status" + intent;
  call.amd_url = config.public_url + "/twilio/amd" + intent;
  call.hears_machines_out = config.outbound.answering_machine == AnsweringMachine::leave_message;
  call.time_limit = std::clamp(config.call_time_limit + time_limit_margin, twilio::time_limit_min,
                               twilio::time_limit_max);
  return call;
}

call::AnsweredBy answered_by(std::string_view word) {
  if (word == "human") return call::AnsweredBy::human;
  if (word == "machine") return call::AnsweredBy::machine;
  return word == "fax" ? call::AnsweredBy::fax : call::AnsweredBy::unknown;
}

std::string_view word_of(dial::Answer answer) {
  constexpr std::array<std::string_view, 5> words = {"accepted", "not_acted", "refused",
                                                     "misconfigured", "unclear"};
  return words[static_cast<std::size_t>(answer)];
}

}  // namespace

Outbound::Outbound(Parts parts)
    : parts_(std::move(parts)),
      hasher_(phone_hasher(parts_.config)),
      dialler_(dialler_settings(parts_.config)),
      timer_(parts_.context),
      tasks_(parts_.context, [this](std::exception_ptr) { parts_.log.error("outbound_failed"); }) {
  parts_.metrics.gauge(ops::Family::dialling_halted).set(0);
  for (const auto* result : {"accepted", "not_acted", "refused", "misconfigured", "unclear",
                             "never_placed", "several_calls"})
    parts_.metrics.counter(ops::Family::outbound_calls_total, {result});
}

void Outbound::start() { tasks_.spawn(run()); }

void Outbound::stop() {
  is_stopping_ = true;
  timer_.cancel();
}

void Outbound::wake() { timer_.cancel(); }

void Outbound::nudge() {
  dialler_.nudge();
  wake();
}

void Outbound::look_again() {
  dialler_.look_again();
  wake();
}

store::DialContext Outbound::context() const {
  return dial_context(parts_.config, parts_.node, hasher_ ? &*hasher_ : nullptr,
                      clock_.is_steady(clock_now()));
}

void Outbound::count_decision(const std::vector<std::string>& refusals) {
  auto& metrics = parts_.metrics;
  if (refusals.empty())
    metrics.counter(ops::Family::dial_decisions_total, {"allowed", "none"}).add();
  for (const auto& refusal : refusals)
    metrics.counter(ops::Family::dial_decisions_total, {"refused", refusal}).add();
}

void Outbound::count(std::string_view result) {
  parts_.metrics.counter(ops::Family::outbound_calls_total, {result}).add();
}

void Outbound::observe_clock() {
  if (clock_.observe(clock_now(), wall_now())) parts_.log.error("clock_was_set");  // R12
}

net::Task<void> Outbound::run() {
  while (!is_stopping_) {
    observe_clock();
    for (const auto& action : dialler_.poll(clock_now(), parts_.may_place()))
      std::visit([this](const auto& wish) { perform(wish); }, action);
    parts_.metrics.gauge(ops::Family::dialling_halted).set(dialler_.is_halted() ? 1 : 0);
    const auto now = clock_now();
    timer_.expires_at(std::min(dialler_.deadline(now), now + clock_period));
    boost::system::error_code ignored;
    co_await timer_.async_wait(net::asio::redirect_error(net::use_task, ignored));
  }
}

template <class T>
net::Task<std::optional<T>> Outbound::ask(std::function<T(store::Connection&)> question) {
  auto answer =
      co_await ask_store<T>(parts_.context, parts_.queries, std::move(question), query_patience);
  const bool was_away = std::exchange(is_database_away_, !answer.has_value());
  if (!was_away && is_database_away_ && !is_stopping_) parts_.log.warn("dialling_without_database");
  co_return answer;
}

void Outbound::perform(const dial::TakeSurvey&) { tasks_.spawn(take_survey()); }
void Outbound::perform(const dial::ClaimNext&) { tasks_.spawn(claim()); }
void Outbound::perform(const dial::AskCarrier& wish) { tasks_.spawn(ask_carrier(wish)); }
void Outbound::perform(const dial::Note& wish) { tasks_.spawn(keep(wish)); }
void Outbound::perform(const dial::LookFor& wish) { tasks_.spawn(look_for(wish)); }
void Outbound::perform(const dial::FetchCall& wish) { tasks_.spawn(fetch(wish)); }

void Outbound::perform(const dial::CancelCall& wish) {
  parts_.log.info("call_unwanted", {{"call_id", wish.id}});
  parts_.carrier.cancel(wish.carrier_call_id, wish.id);
}

void Outbound::perform(const dial::EndPolitely& wish) {
  parts_.switchboard.command(wish.id, call::OptedOutElsewhere{});
}

void Outbound::perform(const dial::Alarm& wish) {
  if (wish.trouble == dial::Trouble::never_placed || wish.trouble == dial::Trouble::several_calls)
    count(to_string(wish.trouble));
  const auto* const name =
      wish.trouble == dial::Trouble::halted ? "dialling_halted" : "dial_trouble";
  parts_.log.error(
      name, {{"call_id", wish.id}, {"what", to_string(wish.trouble)}, {"code", wish.error_code}});
}

net::Task<void> Outbound::take_survey() {
  const std::function<store::DialSurvey(store::Connection&)> question = store::survey_intents;
  auto survey = co_await ask(question);
  if (!survey) {
    dialler_.survey_failed(clock_now());
    co_return wake();
  }
  if (survey->refused > 0) parts_.log.info("intents_refused", {{"count", survey->refused}});
  for (const auto& call : survey->calls) survey->facts.open.push_back(call.standing);
  parts_.placed_calls.update(*survey);
  tell_calls(*survey);
  count_ringing(*survey);
  dialler_.surveyed(survey->facts, clock_now());
  wake();
}

void Outbound::tell_calls(const store::DialSurvey& survey) {
  for (const auto& call : survey.calls) {
    auto* const known = parts_.placed_calls.find(call.standing.id);
    if (known == nullptr || known->knows_answered_by || known->answered_by.empty()) continue;
    call::CarrierAnswered input{answered_by(known->answered_by)};
    known->knows_answered_by = parts_.switchboard.command(call.standing.id, input);
  }
}

void Outbound::count_ringing(const store::DialSurvey& survey) {
  for (const auto& call : survey.calls)
    if (call.standing.is_answered) own_.erase(call.standing.id);
  std::erase_if(own_, [this](const auto& id) { return parts_.placed_calls.find(id) == nullptr; });
  ringing_ = own_.size();
}

net::Task<void> Outbound::claim() {
  using Claim = std::optional<store::ClaimedIntent>;
  const std::function<Claim(store::Connection&)> question =
      [context = context()](store::Connection& connection) {
        return store::claim_intent(connection, context);
      };
  const auto answer = co_await ask(question);
  const auto now = clock_now();
  if (!answer) {
    dialler_.claim_failed(now);
  } else if (!*answer) {
    dialler_.claimed_nothing();
  } else {
    const store::ClaimedIntent& claimed = **answer;
    count_decision(claimed.refusals);
    if (claimed.refusals.empty()) {
      PlacedCall call;
      call.purpose = to_string(claimed.intention.purpose);
      call.message = claimed.message;
      parts_.placed_calls.add(claimed.call_id, std::move(call));
      own_.insert(claimed.call_id);
      ringing_ = own_.size();
      const dial::Claimed intent{claimed.call_id, claimed.intention, claimed.tries};
      dialler_.claimed(intent, now);
    } else {
      parts_.log.info("call_not_dialled", {{"call_id", claimed.call_id},
                                           {"why", claimed.refusals.front()},
                                           {"reasons", claimed.refusals.size()}});
      dialler_.claim_refused(now);
    }
  }
  wake();
}

net::Task<void> Outbound::ask_carrier(dial::AskCarrier wish) {
  parts_.log.info("call_placing", {{"call_id", wish.id}, {"to", wish.intention.to}});
  const auto answer = co_await parts_.carrier.create(create_call(parts_.config, wish));
  const auto created = created_of(answer);
  count(word_of(created.answer));
  if (!answer) {
    parts_.log.warn("call_not_placed", {{"call_id", wish.id},
                                        {"fault", twilio::to_string(answer.error().fault)},
                                        {"status", answer.error().status},
                                        {"code", answer.error().code}});
  }
  dialler_.created(wish.id, created, clock_now());
  wake();
}

net::Task<void> Outbound::keep(dial::Note note) {
  const std::function<bool(store::Connection&)> question = [note](store::Connection& connection) {
    return store::keep_note(connection, note);
  };
  const auto is_kept = co_await ask(question);
  // what is not kept here is found by the next survey, or was overtaken by a callback
  parts_.log.info("intent_noted", {{"call_id", note.id},
                                   {"state", to_string(note.becomes)},
                                   {"kept", is_kept.value_or(false)}});
  if (note.becomes == dial::IntentState::queued && is_kept.value_or(false)) dialler_.nudge();
}

net::Task<void> Outbound::look_for(dial::LookFor wish) {
  twilio::ListCalls filter;
  filter.to = wish.to;
  filter.from = wish.from;
  const auto listing = co_await parts_.carrier.list(filter);
  const std::function<std::vector<core::CarrierCallId>(store::Connection&)> question =
      [wish](store::Connection& connection) {
        return store::carrier_ids_of_others(connection, wish.id, wish.to);
      };
  const auto of_others = co_await ask(question);
  if (listing && of_others) {
    std::vector<dial::Listed> calls;
    for (const auto& call : *listing) calls.push_back({call.id, call.created});
    dialler_.listed(wish.id, calls, *of_others, clock_now());
  } else {
    parts_.log.warn("call_list_failed", {{"call_id", wish.id}});
    dialler_.list_failed(wish.id, clock_now());
  }
  wake();
}

net::Task<void> Outbound::fetch(dial::FetchCall wish) {
  const auto fetched = co_await parts_.carrier.fetch(wish.carrier_call_id);
  const bool is_gone = !fetched && fetched.error().fault == twilio::RestFault::not_found;
  const bool is_over = fetched && fetched->status && twilio::is_terminal(*fetched->status);
  if (fetched && fetched->status) parts_.write_down(status_record(wish.id, *fetched, wall_now()));
  // What waits there so long would ring when nobody has asked the gate for minutes.
  if (fetched && fetched->status == twilio::CallStatus::queued)
    parts_.carrier.cancel(wish.carrier_call_id, wish.id);
  if (!is_gone && !is_over) co_return;
  dial::Note note;
  note.id = wish.id;
  note.becomes = dial::IntentState::ended;
  co_await keep(std::move(note));
}

}  // namespace tandem
