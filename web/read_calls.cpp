#include "web/answers.hpp"
#include "web/call_filter.hpp"
#include "web/json_body.hpp"
#include "web/readers.hpp"
#include "web/render.hpp"

namespace tandem::web {

namespace {

core::HttpResponse list(store::Connection& connection, const store::CallFilter& filter) {
  try {
    const auto page = store::list_calls(connection, filter);
    if (!filter.q) return json_answer(render_calls(page));
    return json_answer(render_calls(page, store::has_sealed_calls(connection)));
  } catch (const store::CursorError&) {
    return wrong_parameters({{"cursor", "unknown_cursor", "the next_cursor of a page before"}});
  }
}

core::HttpResponse call(store::Connection& connection, const std::string& id) {
  const auto detail = store::load_call(connection, id);
  if (!detail) return no_such_call();
  return json_answer(render_call(*detail, store::load_latency(connection, id)));
}

core::HttpResponse transcript(store::Connection& connection, const std::string& id) {
  const auto lines = store::load_transcript(connection, id);
  if (lines.empty() && !store::load_call(connection, id)) return no_such_call();
  return json_answer(render_transcript(id, lines));
}

core::HttpResponse events(store::Connection& connection, const std::string& id) {
  const auto events = store::load_events(connection, id);
  if (events.empty() && !store::load_call(connection, id)) return no_such_call();
  return json_answer(render_events(id, events));
}

core::HttpResponse latency(store::Connection& connection, const std::string& id) {
  const auto latency = store::load_latency(connection, id);
  if (!latency && !store::load_call(connection, id)) return no_such_call();
  return json_answer(render_latency(id, latency));
}

/// Nothing but the id counts.
ApiTask ask_about(const Asked& asked, core::HttpResponse (*answer)(store::Connection& connection,
                                                                   const std::string& id)) {
  const auto errors = Parameters(asked.request.query()).finish();
  if (!errors.empty()) return wrong_parameters(errors);
  return StoreQuestion([answer, id = asked.call_id](store::Connection& connection) {
    return answer(connection, id);
  });
}

}  // namespace

ApiTask list_calls(const Asked& asked) {
  Parameters parameters(asked.request.query());
  const store::CallFilter filter = read_call_page(parameters);
  const auto& errors = parameters.finish();
  if (!errors.empty()) return wrong_parameters(errors);
  return StoreQuestion(
      [filter](store::Connection& connection) { return list(connection, filter); });
}

ApiTask get_call(const Asked& asked) { return ask_about(asked, call); }
ApiTask get_transcript(const Asked& asked) { return ask_about(asked, transcript); }
ApiTask get_events(const Asked& asked) { return ask_about(asked, events); }
ApiTask get_latency(const Asked& asked) { return ask_about(asked, latency); }

ApiTask analyse_call(const Asked& asked) {
  const auto errors = Parameters(asked.request.query()).finish();
  if (!errors.empty()) return wrong_parameters(errors);
  if (auto refusal = refuse_members(asked.request)) return *std::move(refusal);
  return AnalyseCall{asked.call_id};
}

}  // namespace tandem::web
