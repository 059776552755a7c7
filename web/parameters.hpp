// Strict reading of query parameters: every parameter known, at most once, of the right form; all
// errors at once.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bridge/core/types.hpp"
#include "web/answers.hpp"

namespace tandem::web {

class Parameters {
 public:
  /// `query` as it was sent, without '?'. A parameter with an empty value counts as not given.
  explicit Parameters(std::string_view query);

  /// Printable UTF-8 of at most `bytes_max` bytes, without white space at its ends.
  std::optional<std::string> text(std::string_view name, std::size_t bytes_max);
  std::optional<std::string> one_of(std::string_view name,
                                    std::initializer_list<std::string_view> words);
  std::optional<std::int64_t> number(std::string_view name, std::int64_t min, std::int64_t max);
  /// RFC 3339, or a plain day, which stands for its beginning (`end_of_day`: its end) in UTC.
  std::optional<core::WallTime> instant(std::string_view name, bool end_of_day);
  /// Digits with the signs that people put between them; the answer has only a leading '+' and
  /// digits.
  std::optional<std::string> phone_number(std::string_view name);

  void fail(std::string_view name, std::string_view code, std::string_view words);
  /// What was asked for by none of the functions above is an error too. Call last.
  const std::vector<ParameterError>& finish();

 private:
  struct Pair {
    std::string name;
    std::string value;
    bool is_used = false;
  };
  /// The value, or null; a second one of that name is an error.
  const std::string* take(std::string_view name);

  std::vector<Pair> pairs_;
  std::vector<ParameterError> errors_;
};

/// "2026-11-22T12:00:00[.123456]Z" or with "+02:00"; nothing when it is not such a time from 1970
/// on. A space where
/// '+' belongs is taken for '+': that is what an unescaped '+' in a query becomes.
std::optional<core::WallTime> parse_rfc3339(std::string_view text);
/// "2026-11-22", the beginning of that day in UTC.
std::optional<core::WallTime> parse_day(std::string_view text);

}  // namespace tandem::web
