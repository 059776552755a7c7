#include <algorithm>
#include <array>
#include <charconv>

#include "gemini/spoken_numbers.hpp"
#include "gemini/transcript.hpp"

namespace tandem::gemini {

namespace {

using Span = PrivateSpan;

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
bool is_letter(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_domain(char c) noexcept { return is_digit(c) || is_letter(c) || c == '-' || c == '.'; }
bool is_mailbox(char c) noexcept {
  return is_domain(c) || c == '_' || c == '+' || c == '%' || static_cast<unsigned char>(c) >= 0x80;
}

void find_emails(std::string_view text, std::vector<Span>& spans) {
  for (std::size_t at = text.find('@'); at != text.npos; at = text.find('@', at + 1)) {
    Span span{at, at + 1, "email"};
    while (span.begin > 0 && is_mailbox(text[span.begin - 1])) --span.begin;
    while (span.end < text.size() && is_domain(text[span.end])) ++span.end;
    while (!is_digit(text[span.end - 1]) && !is_letter(text[span.end - 1]) &&
           text[span.end - 1] != '@')
      --span.end;
    const bool has_dot = text.substr(at, span.end - at).find('.') != text.npos;
    if (span.begin < at && has_dot) spans.push_back(span);
  }
}

/// Digits without anything between them.
struct Group {
  std::size_t begin = 0;
  std::size_t end = 0;
  [[nodiscard]] std::size_t size() const noexcept { return end - begin; }
};

Group group_at(std::string_view text, std::size_t at) noexcept {
  Group group{at, at};
  while (group.end < text.size() && is_digit(text[group.end])) ++group.end;
  return group;
}

/// Where the next group of the same number begins, or npos: at most two of " -.()/" lie between.
std::size_t next_group(std::string_view text, std::size_t end) noexcept {
  for (std::size_t at = end; at < text.size() && at <= end + 2; ++at) {
    if (is_digit(text[at])) return at;
    if (std::string_view(" -.()/").find(text[at]) == std::string_view::npos)
      return std::string_view::npos;
  }
  return std::string_view::npos;
}

int value_of(std::string_view text, Group group) noexcept {
  int value = 0;
  std::from_chars(text.data() + group.begin, text.data() + group.end, value);
  return value;
}

/// year-month-day, or day and month in either order and the year, with one kind of separator.
bool is_date(std::string_view text, const Group* groups) noexcept {
  const auto [first, second, third] = std::array{groups[0], groups[1], groups[2]};
  const char separator = text[first.end];
  const bool joined = second.begin == first.end + 1 && third.begin == second.end + 1 &&
                      text[second.end] == separator && separator != ' ';
  if (!joined || second.size() > 2) return false;
  const bool year_first = first.size() == 4 && third.size() <= 2;
  const bool year_last = first.size() <= 2 && third.size() == 4;
  if (!year_first && !year_last) return false;
  const int low = std::min(value_of(text, second), value_of(text, year_first ? third : first));
  const int high = std::max(value_of(text, second), value_of(text, year_first ? third : first));
  return low >= 1 && low <= 12 && high <= 31;
}

void add_number(std::string_view text, std::span<const Group> groups, std::vector<Span>& spans) {
  std::size_t digits = 0;
  for (const Group& group : groups) digits += group.size();
  if (digits < 7) return;
  std::size_t begin = groups.front().begin;
  if (begin > 0 && text[begin - 1] == '+') --begin;
  spans.push_back({begin, groups.back().end, digits < 13 ? "phone" : "card"});
}

/// What is before, between and after the dates among `groups` may be numbers to hide.
void add_all_but_dates(std::string_view text, std::span<const Group> groups,
                       std::vector<Span>& spans) {
  std::size_t start = 0;
  for (std::size_t i = 0; i + 3 <= groups.size();) {
    if (is_date(text, &groups[i])) {
      add_number(text, groups.subspan(start, i - start), spans);
      i += 3;
      start = i;
    } else {
      ++i;
    }
  }
  add_number(text, groups.subspan(start), spans);
}

void find_numbers(std::string_view text, std::vector<Span>& spans) {
  std::vector<Group> groups;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (!is_digit(text[at])) continue;
    groups.clear();
    for (std::size_t next = at; next != text.npos; next = next_group(text, groups.back().end)) {
      groups.push_back(group_at(text, next));
    }
    add_all_but_dates(text, groups, spans);
    at = groups.back().end - 1;
  }
}

}  // namespace

std::string_view Masks::name_of(std::string_view original, std::string_view kind) {
  std::size_t same_kind = 1;
  for (const auto& [name, text] : replaced_) {
    if (text == original) return name;
    if (name.compare(1, kind.size(), kind) == 0) ++same_kind;
  }
  replaced_.emplace_back("{" + std::string(kind) + "_" + std::to_string(same_kind) + "}", original);
  return replaced_.back().first;
}

std::string Masks::mask(std::string_view text) {
  std::vector<Span> spans;
  find_emails(text, spans);
  find_numbers(text, spans);
  find_spoken_numbers(text, spans);
  find_spoken_emails(text, spans);
  std::sort(spans.begin(), spans.end(),
            [](const Span& a, const Span& b) { return a.begin < b.begin; });
  std::string out;
  std::size_t done = 0;
  for (std::size_t i = 0; i < spans.size();) {
    Span whole = spans[i];  // with all that overlap it: "555 0123 four five" is one number
    while (++i < spans.size() && spans[i].begin < whole.end)
      whole.end = std::max(whole.end, spans[i].end);
    out += text.substr(done, whole.begin - done);
    out += name_of(text.substr(whole.begin, whole.end - whole.begin), whole.kind);
    done = whole.end;
  }
  out += text.substr(done);
  return out;
}

std::string Masks::restore(std::string_view text) const {
  std::string out(text);
  for (const auto& [name, original] : replaced_) {
    for (std::size_t at = out.find(name); at != out.npos;
         at = out.find(name, at + original.size())) {
      out.replace(at, name.size(), original);
    }
  }
  return out;
}

}  // namespace tandem::gemini
