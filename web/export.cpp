#include "web/export.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "web/answers.hpp"
#include "web/json.hpp"
#include "web/render.hpp"

namespace tandem::web {

namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
constexpr std::string_view headings =
    "id,direction,phone_number,from_number,to_number,status,start_time,answered_time,end_time,"
    "duration,end_reason,answered_by,provider,outcome,confidence,reason,total_messages,"
    "interruptions,purpose,call_sid,chat_id,node\r\n";

/// OWASP "CSV Injection": what Excel, LibreOffice or Google Sheets take for a formula, full-width
/// signs of East Asian input included.
bool looks_like_formula(std::string_view text) noexcept {
  constexpr std::string_view signs = "=+-@\t\r\n";
  constexpr std::array<std::string_view, 4> wide = {"\xEF\xBC\x9D", "\xEF\xBC\x8B", "\xEF\xBC\x8D",
                                                    "\xEF\xBC\xA0"};
  return (!text.empty() && signs.find(text.front()) != std::string_view::npos) ||
         std::any_of(wide.begin(), wide.end(),
                     [&](std::string_view sign) { return text.starts_with(sign); });
}

/// Cells of one row.
class Row {
 public:
  explicit Row(std::string& out) : out_(out) {}
  Row& cell(std::string_view text) {
    if (!std::exchange(is_first_, false)) out_ += ',';
    append_csv_cell(out_, text);
    return *this;
  }
  Row& cell(core::WallTime wall) { return cell(core::to_rfc3339(wall)); }
  Row& cell(std::int64_t number) { return cell(fmt::format("{}", number)); }
  Row& cell(double number) { return cell(fmt::format("{}", number)); }
  template <class T>
  Row& cell(const std::optional<T>& known) {
    return known ? cell(*known) : cell(std::string_view());
  }
  void finish() { out_ += "\r\n"; }

 private:
  std::string& out_;
  bool is_first_ = true;
};

void append_row(std::string& out, const store::CallDetail& detail) {
  const store::CallRow& call = detail.call;
  const auto reason = detail.verdict ? std::string_view(detail.verdict->reason) : "";
  Row(out)
      .cell(call.id)
      .cell(call.direction)
      .cell(call.phone_number.expose())
      .cell(call.from_number.expose())
      .cell(call.to_number.expose())
      .cell(call.status)
      .cell(call.start_time)
      .cell(call.answered_time)
      .cell(call.end_time)
      .cell(call.duration_s)
      .cell(call.end_reason)
      .cell(call.answered_by)
      .cell(call.provider)
      .cell(outcome_label(call))
      .cell(call.confidence)
      .cell(reason)
      .cell(call.total_messages)
      .cell(call.interruptions)
      .cell(call.purpose)
      .cell(call.call_sid)
      .cell(call.chat_id)
      .cell(call.node)
      .finish();
}

}  // namespace

void append_csv_cell(std::string& out, std::string_view text) {
  const bool is_formula = looks_like_formula(text);
  if (!is_formula && text.find_first_of(",\"\r\n") == std::string_view::npos) {
    out += text;
    return;
  }
  out += is_formula ? "\"'" : "\"";
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
}

std::string ExportWriter::begin() const {
  switch (format_) {
    case ExportFormat::csv:
      return std::string(headings);
    case ExportFormat::csv_with_mark:
      return std::string(byte_order_mark) + std::string(headings);
    case ExportFormat::json:
      return "[";
    case ExportFormat::ndjson:
      break;
  }
  return {};
}

void ExportWriter::append(std::string& out, const store::CallDetail& call) {
  const bool is_first = std::exchange(is_first_, false);
  if (format_ == ExportFormat::csv || format_ == ExportFormat::csv_with_mark)
    return append_row(out, call);
  if (format_ == ExportFormat::json) out += is_first ? "\n" : ",\n";
  out += render_exported(call);
  if (format_ == ExportFormat::ndjson) out += "\n";
}

std::string ExportWriter::end() const { return format_ == ExportFormat::json ? "\n]\n" : ""; }

core::HttpResponse export_answer(ExportFormat format) {
  struct Kind {
    std::string_view type;
    std::string_view file;
  };
  constexpr Kind csv{"text/csv; charset=utf-8; header=present", "calls.csv"};
  constexpr std::array<Kind, 4> kinds = {csv, csv, Kind{"application/json", "calls.json"},
                                         Kind{"application/x-ndjson", "calls.ndjson"}};
  const Kind& kind = kinds.at(static_cast<std::size_t>(format));
  core::HttpResponse response{.status = 200, .headers = security_headers(), .body = {}};
  response.headers.emplace_back("Content-Type", kind.type);
  response.headers.emplace_back("Content-Disposition",
                                fmt::format("attachment; filename=\"{}\"", kind.file));
  response.headers.emplace_back("Cache-Control", "no-store");
  return response;
}

}  // namespace tandem::web
