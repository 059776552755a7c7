#include "store/call_search.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "store/json_text.hpp"

namespace tandem::store {

namespace {

constexpr std::size_t search_words_max = 16;
constexpr std::string_view joiner = " & ";

// What the two ways to a page cost, in microseconds (PostgreSQL 15, docs/record.md). The planner
// cannot weigh them: it does not know what it costs to unpack the words of a call.
constexpr double fetch_us = 10;     // a call that the index names, of any age, seldom in memory
constexpr double look_up_us = 0.5;  // a call that an index names and another one does not
constexpr double unpack_us = 8;     // a call whose words are looked at, mostly young, in memory
constexpr double pass_us = 0.4;     // a call that another filter keeps out

// So few calls that pass a filter are found by an index.
constexpr double passing_few = 2'000;

// A word that so many calls have costs more to look up than to check.
constexpr std::int64_t look_up_max = 100'000;

struct Words {
  std::string all;
  std::string looked_up;  ///< those worth looking up in the index; all when none is
  double with_all = 0;    ///< estimate of the calls that have them
  double with_looked_up = 0;
  double talked = 0;  ///< that have words at all
};

/// At least 1.
double estimate(Connection& connection, const std::string& from,
                const Parameters& parameters = {}) {
  return static_cast<double>(
      std::max<std::int64_t>(estimated_rows(connection, from, parameters), 1));
}

double calls_with(Connection& connection, const std::string& words) {
  return estimate(connection, "bridge.call_search where words @@ bridge.search_query($1, '&')",
                  Parameters().add(words));
}

Words weigh(Connection& connection, const std::string& all) {
  Words words{.all = all, .looked_up = "", .with_all = calls_with(connection, all)};
  if (all.find(joiner) != std::string::npos) {
    for (std::size_t begin = 0; begin < all.size();) {
      const std::size_t end = std::min(all.find(joiner, begin), all.size());
      const std::string word = all.substr(begin, end - begin);
      if (calls_with(connection, word) <= look_up_max) {
        words.looked_up += (words.looked_up.empty() ? "" : joiner);
        words.looked_up += word;
      }
      begin = end + joiner.size();
    }
  }
  if (words.looked_up.empty()) words.looked_up = all;
  words.with_looked_up =
      words.looked_up == all ? words.with_all : calls_with(connection, words.looked_up);
  words.talked = estimate(connection, "bridge.calls where has_words");
  return words;
}

std::string has(Conditions& conditions, const std::string& words) {
  return "words @@ bridge.search_query(" + conditions.parameter(words) + ", '&')";
}

constexpr auto newest_first = " order by c.start_time desc, c.id desc";

/// What is asked for.
struct Question {
  const CallFilter& filter;
  std::optional<NumberPart> part;
  Words words;
  std::int32_t rows_max;
};

/// All calls that the index names are fetched and sorted; words that were not looked up are checked
/// newest first, until a page is full.
PageQuery fetch_page(const Question& asked) {
  const Words& words = asked.words;
  Conditions conditions = conditions_of(asked.filter, asked.part, FilterUse::words);
  conditions.add_text("c." + has(conditions, words.looked_up));
  if (words.looked_up == words.all) {
    return {fmt::format("select c.id from bridge.call_search c (id){}{} limit {}",
                        conditions.text(), newest_first, asked.rows_max),
            conditions.parameters()};
  }
  const std::string has_all = has(conditions, words.all);
  return {fmt::format("select f.id from (select c.id, c.words from bridge.call_search c (id){}{} "
                      "offset 0) f where f.{} limit {}",
                      conditions.text(), newest_first, has_all, asked.rows_max),
          conditions.parameters()};
}

/// Calls are looked through newest first, or as the filter finds them, until a page is full.
PageQuery walk_page(const Question& asked) {
  Conditions conditions = conditions_of(asked.filter, asked.part, FilterUse::list);
  conditions.add_text("c.has_words");
  const std::string from = "bridge.calls c join bridge.call_search s on s.call_id = c.id and s." +
                           has(conditions, asked.words.all);
  return newest_page(asked.filter, from, std::move(conditions), asked.rows_max);
}

double fetch_page_us(const Question& asked) {
  const Words& words = asked.words;
  if (!asked.part || !asked.part->is_looked_up()) return words.with_looked_up * fetch_us;
  const auto with_number = static_cast<double>(asked.part->calls);
  const double with_both = words.with_looked_up * with_number / words.talked;
  return (words.with_looked_up + with_number) * look_up_us + with_both * fetch_us;
}

double walk_page_us(Connection& connection, const Question& asked) {
  Conditions conditions = conditions_of(asked.filter, asked.part, FilterUse::estimate);
  conditions.add_text("c.has_words");
  const double passing =
      estimate(connection, "bridge.calls c" + conditions.text(), conditions.parameters());
  if (passing <= passing_few) return passing * unpack_us;
  const double talked = asked.words.talked;
  const double until_full = asked.rows_max * talked / asked.words.with_all;
  return std::min(until_full, passing) * unpack_us +
         std::min(until_full * talked / passing, talked) * pass_us;
}

}  // namespace

std::string search_words(std::string_view typed) {
  // Quoting makes every word plain text.
  std::string query;
  std::string word;
  std::size_t count = 0;
  const auto finish_word = [&] {
    if (word.empty() || count++ >= search_words_max) return;
    if (!query.empty()) query += joiner;
    query += "'" + word + "':*";
  };
  for (const char c : sanitise_text(typed).text) {
    if (std::isspace(static_cast<unsigned char>(c)) != 0) {
      finish_word();
      word.clear();
    } else if (c == '\'' || c == '\\') {
      word += {c, c};
    } else {
      word += c;
    }
  }
  finish_word();
  return query;
}

PageQuery search_query(Connection& connection, const CallFilter& filter, const std::string& words,
                       std::int32_t rows_max) {
  const Question asked{filter, number_part(connection, filter), weigh(connection, words), rows_max};
  const bool is_fetched = fetch_page_us(asked) < walk_page_us(connection, asked);
  return is_fetched ? fetch_page(asked) : walk_page(asked);
}

}  // namespace tandem::store
