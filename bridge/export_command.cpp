// tandem export: the calls of a filter as a file on standard output, by the code that answers
// /api/v1/calls/export.*.
#include <algorithm>
#include <array>
#include <iostream>
#include <optional>

#include "bridge/command_settings.hpp"
#include "bridge/commands.hpp"
#include "bridge/export_stream.hpp"
#include "web/call_filter.hpp"

namespace tandem {

namespace {

struct Form {
  std::string_view word;
  web::ExportFormat format;
};
constexpr std::array forms = {Form{"--csv", web::ExportFormat::csv},
                              Form{"--json", web::ExportFormat::json},
                              Form{"--ndjson", web::ExportFormat::ndjson}};

/// "--outcome=booked" as the query of an address has it. False when it is no such word.
bool append_filter(std::string& query, std::string_view word) {
  const auto equals = word.find('=');
  if (!word.starts_with("--") || equals == std::string_view::npos) return false;
  if (!query.empty()) query += '&';
  core::append_url_encoded(query, word.substr(2, equals - 2));
  query += '=';
  core::append_url_encoded(query, word.substr(equals + 1));
  return true;
}

/// Nothing when the words are not usable; what is wrong with a filter is told.
std::optional<web::ExportCalls> read_words(Arguments arguments) {
  web::ExportCalls wanted;
  std::string query;
  for (const std::string_view word : arguments) {
    const auto* const form = std::find_if(forms.begin(), forms.end(),
                                          [&](const Form& each) { return each.word == word; });
    if (form != forms.end()) {
      wanted.format = form->format;
    } else if (!append_filter(query, word)) {
      return std::nullopt;
    }
  }
  web::Parameters parameters(query);
  wanted.filter = web::read_call_filter(parameters);
  const auto& errors = parameters.finish();
  for (const auto& error : errors)
    std::cerr << "tandem: --" << error.name << ": " << error.words << '\n';
  return errors.empty() ? std::optional(wanted) : std::nullopt;
}

}  // namespace

int run_export(Arguments arguments) {
  const auto wanted = read_words(arguments);
  if (!wanted) return exit_usage;
  const auto config = load_settings(ConfigNeed::database);
  if (!config) return exit_configuration;
  try {
    store::Connection connection(config->database_url);
    write_export(connection, *wanted, std::cout);
    return std::cout ? exit_done : exit_failed;
  } catch (const std::exception& error) {
    return command_failed(error);
  }
}

}  // namespace tandem
