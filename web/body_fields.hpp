// Strict reading of the members of a JSON body: every member known and of the right form; all
// errors at once. What web/parameters.hpp is for queries.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bridge/core/types.hpp"
#include "web/answers.hpp"
#include "web/json_body.hpp"

namespace tandem::web {

class BodyFields {
 public:
  explicit BodyFields(std::vector<BodyMember> members) : members_(std::move(members)) {}

  /// Plain text of at most `characters_max` code points without control characters but line breaks
  /// and tabs, and without white space at its ends. Empty when it is absent and `is_required` is
  /// not set, and after an error.
  std::string text(std::string_view name, std::size_t characters_max, bool is_required);
  /// Empty after an error.
  std::string one_of(std::string_view name, std::initializer_list<std::string_view> words);
  /// Strict E.164.
  core::PhoneNumber number(std::string_view name);
  /// RFC 3339, or a plain day, which stands for its beginning in UTC.
  core::WallTime instant(std::string_view name);
  /// true or false, required.
  bool fact(std::string_view name);

  void fail(std::string_view name, std::string_view code, std::string_view words);
  /// 422 that names everything that was wrong; nothing when all is right. What was asked for by
  /// none of the functions above is an error too. Call last.
  std::optional<core::HttpResponse> finish();

 private:
  const BodyMember* take(std::string_view name);
  /// The text of a member that has to be there; an error otherwise.
  const std::string* take_text(std::string_view name, std::string_view words);

  std::vector<BodyMember> members_;
  std::vector<std::string> asked_;
  std::vector<ParameterError> errors_;
};

}  // namespace tandem::web
