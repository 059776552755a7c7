#include "web/answers.hpp"
#include "web/call_filter.hpp"
#include "web/readers.hpp"

namespace tandem::web {

namespace {

/// JSON lines only for who names them: "*/*" gets the array.
bool wants_lines(const core::HttpRequest& request) {
  return request.header("Accept").find("application/x-ndjson") != std::string_view::npos;
}

ApiTask read(Parameters& parameters, ExportFormat format) {
  ExportCalls wanted{read_call_filter(parameters), format};
  const auto& errors = parameters.finish();
  if (!errors.empty()) return wrong_parameters(errors);
  return wanted;
}

}  // namespace

ApiTask export_csv(const Asked& asked) {
  Parameters parameters(asked.request.query());
  const bool with_mark = parameters.one_of("bom", {"true", "false"}) == "true";
  return read(parameters, with_mark ? ExportFormat::csv_with_mark : ExportFormat::csv);
}

ApiTask export_json(const Asked& asked) {
  Parameters parameters(asked.request.query());
  return read(parameters, wants_lines(asked.request) ? ExportFormat::ndjson : ExportFormat::json);
}

}  // namespace tandem::web
