#include "bridge/call_reaper.hpp"

#include <boost/asio/post.hpp>

#include "bridge/arrival.hpp"
#include "bridge/carrier_answers.hpp"
#include "bridge/clock.hpp"
#include "bridge/takeover.hpp"

namespace tandem {

namespace {

using namespace std::chrono_literals;

constexpr auto query_patience = 10s;
constexpr auto overdue_margin = 60s;

using Fetched = core::Result<twilio::CallResource, twilio::RestFailure>;

CallWatch::Found found_in(const Fetched& fetched) {
  if (fetched) {
    const bool is_over = fetched->status && twilio::is_terminal(*fetched->status);
    return is_over ? CallWatch::Found::over : CallWatch::Found::in_progress;
  }
  // The carrier forgot the call, or never had it: nothing can go on there.
  const bool is_gone = fetched.error().fault == twilio::RestFault::not_found;
  return is_gone ? CallWatch::Found::over : CallWatch::Found::no_answer;
}

}  // namespace

CallReaper::CallReaper(Parts parts)
    : parts_(std::move(parts)),
      began_(wall_now()),
      tasks_(parts_.context,
             [this](std::exception_ptr) { parts_.log.error("call_reaper_failed"); }) {}

void CallReaper::start() {
  tasks_.spawn(watch());
  tasks_.spawn(reconcile_for_ever());
}

void CallReaper::count(std::string_view how) {
  parts_.metrics.counter(ops::Family::call_endings_total, {how}).add();
}

net::Task<void> CallReaper::watch() {
  while (!is_stopping_) {
    for (auto& action : parts_.switchboard.watch().due(clock_now(), asked_at_once_max)) {
      if (action.wish == CallWatch::Wish::fetch) {
        tasks_.spawn(check(std::move(action)));
        continue;
      }
      count("over_cap");
      parts_.log.error("call_over_cap", {{"call_id", action.id}});
      parts_.carrier.hang_up(action.carrier_call_id, action.id);
    }
    co_await pause_unless(parts_.context, is_stopping_, period);
  }
}

net::Task<void> CallReaper::check(CallWatch::Action action) {
  const auto fetched = co_await parts_.carrier.fetch(action.carrier_call_id);
  if (is_stopping_) co_return;
  const auto found = found_in(fetched);
  switch (parts_.switchboard.watch().found(action.id, found, clock_now())) {
    case CallWatch::Follow::hang_up_again:
      count("hung_up_again");
      parts_.log.warn("call_not_over", {{"call_id", action.id}});
      parts_.carrier.hang_up(action.carrier_call_id, action.id);
      break;
    case CallWatch::Follow::give_up:
      count("given_up");
      parts_.log.error("call_end_unconfirmed", {{"call_id", action.id}});
      break;
    case CallWatch::Follow::nothing:
      if (found != CallWatch::Found::over) break;
      count("confirmed");
      if (fetched) parts_.write_down(status_record(action.id, *fetched, wall_now()));
      parts_.switchboard.command(action.id, call::CarrierEnded{});
  }
}

net::Task<void> CallReaper::reconcile_for_ever() {
  while (!is_stopping_) {
    // Ends that the process before wrote may still be on their way to the database.
    while (!is_stopping_ && !parts_.earlier.has_caught_up())
      co_await pause_unless(parts_.context, is_stopping_, period);
    if (!is_stopping_) co_await reconcile();
    co_await pause_unless(parts_.context, is_stopping_, reconcile_period);
  }
}

net::Task<void> CallReaper::reconcile() {
  using Rows = std::vector<store::UnfinishedCall>;
  using Result = store::QueryResult<Rows>;
  store::UnfinishedFilter filter;
  filter.node = parts_.node;
  filter.node_began = began_;
  filter.overdue = wall_now() - parts_.time_limit - overdue_margin;
  filter.oldest = wall_now() - reconcile_age_max;
  const auto arrival = std::make_shared<Arrival<Result>>(parts_.context);
  const bool is_queued = parts_.queries.post<Rows>(
      [filter](store::Connection& connection) {
        return store::load_unfinished_calls(connection, filter);
      },
      [&context = parts_.context, arrival](Result result) {
        net::asio::post(context, [arrival, result = std::move(result)]() mutable {
          arrival->bring(std::move(result));
        });
      });
  std::optional<Result> result;
  if (is_queued) result = co_await arrival->wait(query_patience);
  if (!result || !std::holds_alternative<Rows>(*result)) co_return;  // in five minutes again
  for (auto& row : std::get<Rows>(*result)) {
    if (is_stopping_) co_return;
    if (parts_.switchboard.find(core::CallId(row.call_id)) == nullptr)
      co_await close_row(std::move(row));
  }
}

/// The row of a call that this process does not carry: what does the carrier say?
net::Task<void> CallReaper::close_row(store::UnfinishedCall row) {
  const core::CallId id(row.call_id);
  const core::CarrierCallId carrier_call_id(row.call_sid);
  const auto fetched = co_await parts_.carrier.fetch(carrier_call_id);
  const auto found = found_in(fetched);
  if (found == CallWatch::Found::no_answer) co_return;
  const bool is_carried_on = parts_.switchboard.find(carrier_call_id) != nullptr;
  if (found == CallWatch::Found::in_progress && !is_carried_on) {
    // The carrier may be about to ask what to do with it; only one that is too old is ended.
    if (row.start_time > wall_now() - parts_.time_limit - overdue_margin) co_return;
    count("over_cap");
    parts_.log.error("call_over_cap", {{"call_id", id}});
    parts_.carrier.hang_up(carrier_call_id, id);
    co_return;
  }
  if (fetched && found == CallWatch::Found::over)
    parts_.write_down(status_record(id, *fetched, wall_now()));
  parts_.write_down(lost_call_record(row.call_id, row.last_seen, row.duration_ms, row.messages));
  count("reconciled");
  parts_.log.warn("call_reconciled", {{"call_id", id}});
}

}  // namespace tandem
