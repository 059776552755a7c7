// Calls as files: CSV for spreadsheets, JSON for programs, written page by page so that a million
// calls need no memory. Pure.
//
// CSV is RFC 4180: CRLF, quotes doubled, one header row, UTF-8. A cell that a spreadsheet would run
// as a formula gets a leading apostrophe and quotes (faults A03): every telephone number begins
// with '+', so this meets every row; whoever reads the file with a program takes the apostrophe off
// again. No byte order mark unless asked for: programs read it as part of the first heading, Excel
// guesses another encoding without it.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "bridge/core/http.hpp"
#include "store/export_queries.hpp"

namespace tandem::web {

enum class ExportFormat : std::uint8_t {
  csv,
  csv_with_mark,  ///< a byte order mark first, for Excel
  json,           ///< one array
  ndjson,         ///< one call a line
};

/// A question for a file of calls.
struct ExportCalls {
  store::CallFilter filter;  ///< cursor and limit are not used
  ExportFormat format = ExportFormat::csv;
};

/// Calls of one page of an export. Enough that a page takes longer to read than to ask for.
inline constexpr std::int32_t export_page_calls = 200;

/// Writes one file, part by part.
class ExportWriter {
 public:
  explicit ExportWriter(ExportFormat format) : format_(format) {}

  /// What comes before the first call.
  [[nodiscard]] std::string begin() const;
  void append(std::string& out, const store::CallDetail& call);
  /// What comes after the last one.
  [[nodiscard]] std::string end() const;

 private:
  ExportFormat format_;
  bool is_first_ = true;
};

/// 200 with the headers of such a file, and no body yet.
core::HttpResponse export_answer(ExportFormat format);

/// `text` as one cell, quoted when it has to be, harmless to spreadsheets.
void append_csv_cell(std::string& out, std::string_view text);

}  // namespace tandem::web
