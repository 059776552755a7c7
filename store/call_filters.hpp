// What a CallFilter means in SQL, and what it would find. For store/call_list and
// store/call_search only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "store/queries.hpp"

namespace tandem::store {

/// Conditions on a row "c", joined by AND, and their parameters.
class Conditions {
 public:
  /// `condition` names its parameter as {}.
  template <class Value>
  void add(std::string_view condition, const Value& value) {
    parameters_.add(value);
    add_text(with_parameter(condition));
  }
  template <class Value>
  void add_if(std::string_view condition, const std::optional<Value>& value) {
    if (value) add(condition, *value);
  }
  /// Without a value, or with one that stands in `condition` already.
  void add_text(std::string_view condition);

  /// " where ... and ..."; empty without a condition.
  [[nodiscard]] const std::string& text() const noexcept { return text_; }
  [[nodiscard]] const Parameters& parameters() const noexcept { return parameters_; }
  /// Another parameter; returns its name, "$3".
  template <class Value>
  std::string parameter(const Value& value) {
    parameters_.add(value);
    return "$" + std::to_string(parameters_.size());
  }

 private:
  [[nodiscard]] std::string with_parameter(std::string_view condition) const;

  std::string text_;
  Parameters parameters_;
};

enum class FilterUse {
  list,     ///< on "bridge.calls c"
  words,    ///< on "bridge.call_search c (id)", which has indexes of words and of parts of numbers
  estimate  ///< on "bridge.calls c", for estimated_rows only: as the planner knows it best
};

/// Some digits of a number.
struct NumberPart {
  std::string digits = {};  ///< "+1555", "0100"
  std::string ends = {};    ///< as a tsquery on bridge.number_parts
  std::int64_t calls = 0;   ///< that have them, by the planner's statistics
  /// So few that looking them up together with words saves more than it costs.
  [[nodiscard]] bool is_looked_up() const noexcept;
};

/// Nothing where the filter has no digit of a number, or a whole number. Throws PostgresError.
std::optional<NumberPart> number_part(Connection& connection, const CallFilter& filter);

/// All of the filter but its words; `part` is its number_part. Throws CursorError.
Conditions conditions_of(const CallFilter& filter, const std::optional<NumberPart>& part,
                         FilterUse use);

/// "select id ...": one page, newest first.
struct PageQuery {
  std::string sql;
  Parameters parameters;
};

/// A page of `from`, "bridge.calls c" and what is joined to it. A filter by hour or weekday reads
/// the calls of these hours only, day by day.
PageQuery newest_page(const CallFilter& filter, const std::string& from, Conditions conditions,
                      std::int32_t rows_max);

/// The cursor of the page that follows a call.
std::string cursor_after(const CallRow& call);

/// How many rows "select from <from>" has, by the planner's statistics. Throws PostgresError.
std::int64_t estimated_rows(Connection& connection, const std::string& from,
                            const Parameters& parameters);

}  // namespace tandem::store
