#include "web/body_fields.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "web/parameters.hpp"
#include "web/plain_text.hpp"

namespace tandem::web {

namespace {

std::string_view trim(std::string_view text) noexcept {
  constexpr std::string_view white = " \t\r\n";
  const auto begin = text.find_first_not_of(white);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(white) - begin + 1);
}

}  // namespace

void BodyFields::fail(std::string_view name, std::string_view code, std::string_view words) {
  errors_.push_back({std::string(name), std::string(code), std::string(words)});
}

const BodyMember* BodyFields::take(std::string_view name) {
  asked_.emplace_back(name);
  const auto found = std::find_if(members_.begin(), members_.end(),
                                  [&](const BodyMember& member) { return member.name == name; });
  return found == members_.end() ? nullptr : &*found;
}

const std::string* BodyFields::take_text(std::string_view name, std::string_view words) {
  const BodyMember* member = take(name);
  if (member != nullptr && member->text) return &*member->text;
  fail(name, member == nullptr ? "missing" : "not_text", words);
  return nullptr;
}

std::string BodyFields::text(std::string_view name, std::size_t characters_max, bool is_required) {
  const auto words =
      fmt::format("plain text of {} to {} characters", is_required ? 1 : 0, characters_max);
  const BodyMember* member = take(name);
  if (member != nullptr && !member->text) {
    fail(name, "not_text", words);
    return {};
  }
  const std::string_view text = member == nullptr ? std::string_view() : trim(*member->text);
  if (text.empty() && is_required) {
    fail(name, "missing", words);
  } else if (!is_plain_text(text, characters_max)) {
    fail(name, "unusable_text", words);
  } else {
    return std::string(text);
  }
  return {};
}

std::string BodyFields::one_of(std::string_view name,
                               std::initializer_list<std::string_view> words) {
  const auto expected = fmt::format("one of {}", fmt::join(words, ", "));
  const std::string* text = take_text(name, expected);
  if (text == nullptr) return {};
  if (std::find(words.begin(), words.end(), *text) != words.end()) return *text;
  fail(name, "unknown_word", expected);
  return {};
}

core::PhoneNumber BodyFields::number(std::string_view name) {
  constexpr std::string_view words = "a number in E.164, such as +12125550123";
  const std::string* text = take_text(name, words);
  if (text == nullptr) return {};
  core::PhoneNumber number(*text);
  if (number.is_e164()) return number;
  fail(name, "not_e164", words);
  return {};
}

core::WallTime BodyFields::instant(std::string_view name) {
  constexpr std::string_view words =
      "a time such as 2026-11-22T12:00:00Z or a day such as 2026-11-22";
  const std::string* text = take_text(name, words);
  if (text == nullptr) return {};
  if (const auto instant = parse_rfc3339(*text)) return *instant;
  if (const auto day = parse_day(*text)) return *day;
  fail(name, "not_a_time", words);
  return {};
}

bool BodyFields::fact(std::string_view name) {
  const BodyMember* member = take(name);
  if (member != nullptr && member->fact) return *member->fact;
  fail(name, member == nullptr ? "missing" : "not_a_fact", "true or false");
  return false;
}

std::optional<core::HttpResponse> BodyFields::finish() {
  for (const BodyMember& member : members_) {
    if (std::find(asked_.begin(), asked_.end(), member.name) == asked_.end())
      fail(member.name, "unknown_member", "not a member of this body");
  }
  if (errors_.empty()) return std::nullopt;
  const ParameterError& first = errors_.front();
  return problem(422, "The request cannot be used", first.name + ": " + first.words, errors_);
}

}  // namespace tandem::web
