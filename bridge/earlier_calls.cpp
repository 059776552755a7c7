#include "bridge/earlier_calls.hpp"

#include <boost/asio/post.hpp>

#include "bridge/arrival.hpp"
#include "bridge/clock.hpp"

namespace tandem {

namespace {

using namespace std::chrono_literals;

/// Part of the patience: without the last words of the process before, the agent would repeat
/// itself.
constexpr auto catch_up_patience = 800ms;

}  // namespace

EarlierCalls::EarlierCalls(net::asio::io_context& context, store::QueryThread& queries,
                           const store::Spool& spool, ops::Log& log)
    : context_(context), queries_(queries), spool_(spool), log_(log) {}

bool EarlierCalls::has_caught_up() const {
  // Records are acknowledged in order, so once no more wait than this process wrote, all that
  // waited before are in.
  const auto counters = spool_.counters();
  return counters.backlog <= counters.written;
}

net::Task<EarlierCalls::Answer> EarlierCalls::find(core::CarrierCallId id) {
  using Result = store::QueryResult<std::optional<store::EarlierCall>>;
  const auto began = clock_now();
  while (!has_caught_up() && clock_now() < began + catch_up_patience)
    co_await pause(context_, 20ms);
  const auto arrival = std::make_shared<Arrival<Result>>(context_);
  const bool is_queued = queries_.post<std::optional<store::EarlierCall>>(
      [sid = id.str()](store::Connection& connection) {
        return store::load_earlier_call(connection, sid);
      },
      [&context = context_, arrival](Result result) {
        net::asio::post(context, [arrival, result = std::move(result)]() mutable {
          arrival->bring(std::move(result));
        });
      });
  std::optional<Result> result;
  const auto left = began + patience - clock_now();
  if (is_queued) result = co_await arrival->wait(left);
  Answer answer;
  if (result && std::holds_alternative<std::optional<store::EarlierCall>>(*result)) {
    answer.has_answered = true;
    answer.call = std::get<std::optional<store::EarlierCall>>(std::move(*result));
  } else {
    log_.warn("earlier_call_unknown", {{"why", result ? "query_failed" : "too_slow"}});
  }
  co_return answer;
}

}  // namespace tandem
