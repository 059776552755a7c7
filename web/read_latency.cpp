#include "web/answers.hpp"
#include "web/latency_task.hpp"
#include "web/parameters.hpp"
#include "web/readers.hpp"

namespace tandem::web {

namespace {

ApiTask ask(const Asked& asked, LatencyTask::What what) {
  Parameters parameters(asked.request.query());
  LatencyTask task;
  task.what = what;
  task.query.window =
      parameters.one_of("window", {"1m", "5m", "15m", "all"}).value_or(task.query.window);
  task.query.provider = parameters.one_of("provider", {"hume", "gemini", "openai"}).value_or("");
  const auto& errors = parameters.finish();
  if (!errors.empty()) return wrong_parameters(errors);
  return task;
}

}  // namespace

ApiTask get_latency_stats(const Asked& asked) { return ask(asked, LatencyTask::What::stats); }

ApiTask get_bottlenecks(const Asked& asked) { return ask(asked, LatencyTask::What::bottlenecks); }

ApiTask get_latency_session(const Asked& asked) {
  const auto errors = Parameters(asked.request.query()).finish();
  if (!errors.empty()) return wrong_parameters(errors);
  LatencyTask task;
  task.what = LatencyTask::What::session;
  task.call_id = asked.call_id;
  return task;
}

ApiTask get_latency_config(const Asked& asked) {
  const auto errors = Parameters(asked.request.query()).finish();
  if (!errors.empty()) return wrong_parameters(errors);
  LatencyTask task;
  task.what = LatencyTask::What::settings;
  return task;
}

ApiTask change_latency_config(const Asked& asked) {
  const auto errors = Parameters(asked.request.query()).finish();
  if (!errors.empty()) return wrong_parameters(errors);
  auto changes = read_latency_changes(asked.request);
  if (auto* const refusal = std::get_if<core::HttpResponse>(&changes)) return std::move(*refusal);
  LatencyTask task;
  task.what = LatencyTask::What::change;
  task.changes = std::get<LatencyChanges>(std::move(changes));
  task.who = asked.who;
  return task;
}

}  // namespace tandem::web
