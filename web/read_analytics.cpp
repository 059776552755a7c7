#include <fmt/format.h>

#include "store/analytics_queries.hpp"
#include "web/answers.hpp"
#include "web/parameters.hpp"
#include "web/readers.hpp"
#include "web/render.hpp"

namespace tandem::web {

namespace {

constexpr std::chrono::days span_default{30};

store::ReportBucket bucket_of(Parameters& parameters) {
  const auto word = parameters.one_of("bucket", {"hour", "day", "week"}).value_or("day");
  if (word == "hour") return store::ReportBucket::hour;
  return word == "day" ? store::ReportBucket::day : store::ReportBucket::week;
}

}  // namespace

ApiTask get_analytics(const Asked& asked) {
  Parameters parameters(asked.request.query());
  store::ReportQuery query;
  query.bucket = bucket_of(parameters);
  const auto from = parameters.instant("from", false);
  query.to = parameters.instant("to", true).value_or(asked.now);
  query.from = from.value_or(query.to - span_default);
  const auto span_max = store::report_span_max(query.bucket);
  if (query.from >= query.to) {
    parameters.fail("to", "before_from", "later than from");
  } else if (query.to - query.from > span_max) {
    parameters.fail("from", "span_too_long",
                    fmt::format("at most {} days before to, or a wider bucket", span_max.count()));
  }
  const auto& errors = parameters.finish();
  if (!errors.empty()) return wrong_parameters(errors);
  return StoreQuestion([query](store::Connection& connection) {
    return json_answer(render_report(store::load_report(connection, query), query.bucket));
  });
}

}  // namespace tandem::web
