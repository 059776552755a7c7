// What /latency/... answers.
#include <boost/asio/post.hpp>

#include "bridge/clock.hpp"
#include "bridge/latency_monitor.hpp"
#include "store/audit.hpp"
#include "store/json_text.hpp"
#include "store/queries.hpp"
#include "web/bottlenecks.hpp"
#include "web/render.hpp"

namespace tandem {

namespace {

using What = web::LatencyTask::What;

/// A page draws so many points; "all" shows how the last quarter of an hour went.
constexpr std::size_t steps_shown = 60;

core::HttpResponse to_response(const store::QueryError& error) {
  return error.kind == store::QueryError::Kind::unavailable ? web::database_unavailable()
                                                            : web::internal_problem();
}

/// What a change came to: the refusal, or what counts from now on.
struct Changed {
  std::optional<core::HttpResponse> refusal;
  std::vector<store::LatencySettingRow> rows;
};

Changed save(store::Connection& connection, const web::LatencySettings& defaults,
             const web::LatencyTask& task) {
  const auto before = latency_config(defaults, store::lock_latency_settings(connection));
  auto after = before.settings;
  store::JsonObject detail;
  for (const auto& [name, value] : task.changes) {
    const auto& rule = *web::find_latency_rule(name);
    const auto was = web::value_of(rule, before.settings);
    const auto is = value.value_or(web::value_of(rule, defaults));
    rule.of(after) = std::chrono::milliseconds(is);
    detail.raw(name, store::JsonObject().field("from", was).field("to", is).finish());
  }
  if (const auto errors = web::contradictions(after); !errors.empty())
    return {web::latency_settings_refused(errors), {}};
  for (const auto& [name, value] : task.changes)
    store::save_latency_setting(connection, name, value, task.who);
  store::audit(connection, {task.who, "POST /latency/config", "", detail.finish()});
  return {std::nullopt, store::load_latency_settings(connection)};
}

/// Collects what the shards say of one call; the last one to answer ends it.
struct Search {
  std::size_t shards_left = 0;
  std::optional<call::Snapshot> found;
};

}  // namespace

void LatencyMonitor::answer(web::LatencyTask task, net::Respond respond) {
  switch (task.what) {
    case What::stats:
      return respond(web::json_answer(web::render_latency_stats(task.query, figures(task.query))));
    case What::bottlenecks:
      return respond(web::json_answer(web::render_bottlenecks(task.query, figures(task.query))));
    case What::session:
      return answer_session(task.call_id, std::move(respond));
    case What::settings:
      return respond(web::json_answer(web::render_latency_config(config_)));
    case What::change:
      return change(std::move(task), std::move(respond));
  }
}

web::LatencyFigures LatencyMonitor::figures(const web::LatencyQuery& query) {
  history_.take(clock_now());
  web::LatencyFigures figures;
  figures.providers = parts_.board.providers();
  for (std::size_t i = 0; i < parts_.board.lanes(); ++i)
    figures.threads.push_back(parts_.board.lane(i).thread());
  ops::LatencyHistory::Provider provider;
  if (!query.provider.empty())
    provider = parts_.board.find_provider(query.provider).value_or(figures.providers.size());
  const auto span = query.span();
  const std::chrono::seconds shown = span.value_or(ops::LatencyHistory::kept);
  const auto slices = static_cast<std::size_t>(shown / ops::LatencyHistory::slice);
  const auto steps = std::min(steps_shown, slices);
  figures.step = shown / steps;
  figures.by_thread = history_.counted(span, provider);
  figures.steps = history_.steps(shown, steps, provider);
  figures.turns = history_.turns(span, provider);
  return figures;
}

/// A running call is on one of the shards; one that is not has ended, or is another node's.
void LatencyMonitor::answer_session(const std::string& call_id, net::Respond respond) {
  const auto search = std::make_shared<Search>();
  search->shards_left = parts_.shards.size();
  const auto finish = [this, call_id, search, respond] {
    if (!search->found) return answer_ended(call_id, respond);
    std::vector<core::MeasuredTurn> turns;
    for (auto& turn : history_.turns(std::nullopt, std::nullopt))
      if (turn.call_id.str() == call_id) turns.insert(turns.begin(), std::move(turn));
    respond(web::json_answer(web::render_running_latency(call_id, *search->found, turns)));
  };
  const auto hear = [call_id, search, finish](const std::vector<net::CallFacts>& calls) {
    for (const auto& each : calls)
      if (each.id.str() == call_id) search->found = each.snapshot;
    if (--search->shards_left == 0) finish();
  };
  for (const auto& shard : parts_.shards) {
    shard->look([&control = parts_.control, hear](std::vector<net::CallFacts> calls) {
      net::asio::post(control, [hear, calls = std::move(calls)] { hear(calls); });
    });
  }
}

void LatencyMonitor::answer_ended(const std::string& call_id, net::Respond respond) {
  const auto ask = [call_id](store::Connection& connection) {
    if (!store::load_call(connection, call_id)) return web::no_such_call();
    return web::json_answer(web::render_latency(call_id, store::load_latency(connection, call_id)));
  };
  using Answer = store::QueryResult<core::HttpResponse>;
  const bool is_queued = parts_.queries.post<core::HttpResponse>(ask, [respond](Answer answer) {
    if (auto* const response = std::get_if<core::HttpResponse>(&answer))
      return respond(std::move(*response));
    respond(to_response(std::get<store::QueryError>(answer)));
  });
  if (!is_queued) respond(web::database_unavailable());
}

void LatencyMonitor::change(web::LatencyTask task, net::Respond respond) {
  using Result = store::QueryResult<Changed>;
  const auto hear = [this, respond](const Result& result) {
    if (const auto* error = std::get_if<store::QueryError>(&result))
      return respond(to_response(*error));
    const auto& changed = std::get<Changed>(result);
    if (changed.refusal) return respond(*changed.refusal);
    take_over(changed.rows);
    parts_.log.info("latency_settings_changed", {{"settings", changed.rows.size()}});
    respond(web::json_answer(web::render_latency_config(config_)));
  };
  const bool is_queued = parts_.queries.post<Changed>(
      [defaults = config_.defaults, task = std::move(task)](store::Connection& connection) {
        return save(connection, defaults, task);
      },
      [&control = parts_.control, hear](Result result) {
        net::asio::post(control, [hear, result = std::move(result)] { hear(result); });
      });
  if (!is_queued) respond(web::database_unavailable());
}

}  // namespace tandem
