#include "web/answer_api.hpp"

#include "web/answers.hpp"
#include "web/render.hpp"

namespace tandem::web {

namespace {

core::HttpResponse answer(store::Connection& connection, const ListCalls& query) {
  try {
    return json_answer(render_calls(store::list_calls(connection, query.filter)));
  } catch (const store::CursorError&) {
    return problem(400, "A parameter is wrong", "cursor: the next_cursor of a page before",
                   {{"cursor", "unknown_cursor", "the next_cursor of a page before"}});
  }
}

core::HttpResponse answer(store::Connection& connection, const GetCall& query) {
  const auto detail = store::load_call(connection, query.call_id);
  if (!detail) return no_such_call();
  return json_answer(render_call(*detail, store::load_latency(connection, query.call_id)));
}

core::HttpResponse answer(store::Connection& connection, const GetTranscript& query) {
  const auto lines = store::load_transcript(connection, query.call_id);
  if (lines.empty() && !store::load_call(connection, query.call_id)) return no_such_call();
  return json_answer(render_transcript(query.call_id, lines));
}

core::HttpResponse answer(store::Connection& connection, const GetEvents& query) {
  const auto events = store::load_events(connection, query.call_id);
  if (events.empty() && !store::load_call(connection, query.call_id)) return no_such_call();
  return json_answer(render_events(query.call_id, events));
}

core::HttpResponse answer(store::Connection& connection, const GetLatency& query) {
  const auto latency = store::load_latency(connection, query.call_id);
  if (!latency && !store::load_call(connection, query.call_id)) return no_such_call();
  return json_answer(render_latency(query.call_id, latency));
}

}  // namespace

core::HttpResponse answer_api(store::Connection& connection, const ApiQuery& query) {
  return std::visit([&](const auto& asked) { return answer(connection, asked); }, query);
}

}  // namespace tandem::web
