#include "hume/alignment.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <map>

#include "hume/provider.hpp"

namespace tandem::hume {

namespace {

using std::chrono::microseconds;
using namespace std::chrono_literals;

/// A pair of equal lines is worth this much, less a little for every second between them: more
/// pairs are always better than nearer ones.
constexpr std::int32_t pair_worth = 1000;
constexpr std::int64_t seconds_that_count = 400;

/// Hume ends a sentence by silence, so that the last words before a hang-up are known only then.
constexpr auto last_words_margin = 2s;

struct Spoken {
  std::size_t index = 0;  ///< in the list it comes from
  std::string words;
  core::WallTime at{};
};

/// Both sides of one speaker, and which lines belong together.
struct Sides {
  std::vector<Spoken> history;
  std::vector<Spoken> record;
};

constexpr std::size_t nothing = SIZE_MAX;

struct Pairs {
  std::vector<std::size_t> partner;  ///< of every line of the history: a line of the record
  std::vector<bool> is_found;        ///< of every line of the record

  void join(std::size_t history, std::size_t record) {
    partner[history] = record;
    is_found[record] = true;
  }
};

template <class Line>
std::vector<Spoken> spoken_by(core::Speaker speaker, std::span<const Line> lines) {
  std::vector<Spoken> spoken;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (lines[i].speaker == speaker)
      spoken.push_back({i, spoken_words(lines[i].text), lines[i].at});
  }
  return spoken;
}

std::map<std::string_view, const Spoken*> said_once(const std::vector<Spoken>& lines) {
  std::map<std::string_view, const Spoken*> found;
  for (const Spoken& line : lines) {
    const auto [place, is_new] = found.emplace(line.words, &line);
    if (!is_new) place->second = nullptr;
  }
  return found;
}

void collect_differences(const Sides& sides, std::vector<microseconds>& differences) {
  const auto recorded = said_once(sides.record);
  for (const auto& [words, line] : said_once(sides.history)) {
    const auto twin = recorded.find(words);
    const bool has_time = line != nullptr && line->at != core::WallTime{};
    if (has_time && twin != recorded.end() && twin->second != nullptr)
      differences.push_back(twin->second->at - line->at);
  }
}

/// What must be added to Hume's clock to get ours: the middle one of the differences between lines
/// that occur once on either side.
microseconds clock_difference(const Sides& user, const Sides& assistant) {
  std::vector<microseconds> differences;
  collect_differences(user, differences);
  collect_differences(assistant, differences);
  if (differences.empty()) return 0us;
  const auto middle = differences.begin() + static_cast<std::ptrdiff_t>(differences.size() / 2);
  std::nth_element(differences.begin(), middle, differences.end());
  return *middle;
}

std::int32_t worth_of(const Spoken& history, const Spoken& record, microseconds difference) {
  if (history.words != record.words) return 0;
  const auto apart =
      std::chrono::duration_cast<std::chrono::seconds>(record.at - history.at - difference);
  const std::int64_t count = std::abs(apart.count());
  return pair_worth - static_cast<std::int32_t>(std::min(count, seconds_that_count));
}

/// The alignment of the greatest worth: best(i, j) is what the rest from line i of the history and
/// line j of the record on can come to.
void pair_by_order(const Sides& sides, microseconds difference, Pairs& pairs) {
  const std::size_t rows = sides.history.size();
  const std::size_t columns = sides.record.size();
  std::vector<std::int32_t> table((rows + 1) * (columns + 1), 0);
  const auto best = [&](std::size_t i, std::size_t j) -> std::int32_t& {
    return table[i * (columns + 1) + j];
  };
  for (std::size_t i = rows; i-- > 0;) {
    for (std::size_t j = columns; j-- > 0;) {
      const auto worth = worth_of(sides.history[i], sides.record[j], difference);
      const auto without = std::max(best(i + 1, j), best(i, j + 1));
      best(i, j) = worth > 0 ? std::max(without, worth + best(i + 1, j + 1)) : without;
    }
  }
  for (std::size_t i = 0, j = 0; i < rows && j < columns;) {
    if (best(i, j) == best(i + 1, j)) {
      ++i;
    } else if (best(i, j) == best(i, j + 1)) {
      ++j;
    } else {
      pairs.join(sides.history[i++].index, sides.record[j++].index);
    }
  }
}

std::string joined(std::span<const Spoken> lines) {
  std::string words;
  for (const Spoken& line : lines) {
    if (!words.empty()) words += ' ';
    words += line.words;
  }
  return words;
}

/// Between two pairs one side may have in two lines what the other has in one.
void pair_regrouped(const Sides& sides, Pairs& pairs) {
  std::size_t i = 0;
  std::size_t j = 0;
  const auto partner = [&](std::size_t line) { return pairs.partner[sides.history[line].index]; };
  while (i < sides.history.size() && j < sides.record.size()) {
    std::size_t i_end = i;
    while (i_end < sides.history.size() && partner(i_end) == nothing) ++i_end;
    const auto stop = i_end < sides.history.size() ? partner(i_end) : nothing;
    std::size_t j_end = j;
    while (j_end < sides.record.size() && sides.record[j_end].index != stop) ++j_end;
    const auto told = std::span(sides.history).subspan(i, i_end - i);
    const auto written = std::span(sides.record).subspan(j, j_end - j);
    if (!told.empty() && !written.empty() && joined(told) == joined(written)) {
      for (const Spoken& line : told) pairs.join(line.index, written.front().index);
      for (const Spoken& line : written) pairs.is_found[line.index] = true;
    }
    i = i_end + 1;
    j = j_end + 1;
  }
}

/// Gives a line of the history its place between the pairs around it.
class Placement {
 public:
  Placement(std::span<const HistoryLine> history, std::span<const RecordedLine> record,
            const Pairs& pairs, microseconds difference, const CallFacts& facts)
      : history_(history), record_(record), pairs_(pairs), difference_(difference), facts_(facts) {}

  [[nodiscard]] MissingLine place(std::size_t line) const {
    const RecordedLine* before = neighbour(line, -1);
    const RecordedLine* after = neighbour(line, 1);
    MissingLine missing{line, std::max(said_at(line), facts_.began), core::MediaOffset{0}};
    if (before != nullptr) missing.at = std::max(missing.at, before->at);
    if (after != nullptr) missing.at = std::min(missing.at, after->at);
    const auto since = [&](core::WallTime begin) {
      return std::chrono::duration_cast<core::MediaOffset>(missing.at - begin);
    };
    if (before != nullptr) {
      missing.offset = before->offset + since(before->at);
    } else if (after != nullptr) {
      missing.offset = after->offset + since(after->at);
    } else {
      missing.offset = since(facts_.began);
    }
    missing.offset = std::max(missing.offset, core::MediaOffset{0});
    if (after != nullptr) missing.offset = std::min(missing.offset, after->offset);
    return missing;
  }

  /// Nothing that the record has comes after it, and by then the session was over.
  [[nodiscard]] bool is_after_the_end(std::size_t line) const {
    return neighbour(line, 1) == nullptr && said_at(line) >= facts_.ended - last_words_margin;
  }

 private:
  [[nodiscard]] core::WallTime said_at(std::size_t line) const {
    return history_[line].at + difference_;
  }

  [[nodiscard]] const RecordedLine* neighbour(std::size_t line, int step) const {
    for (auto i = static_cast<std::ptrdiff_t>(line) + step;
         i >= 0 && i < static_cast<std::ptrdiff_t>(history_.size()); i += step) {
      const auto partner = pairs_.partner[static_cast<std::size_t>(i)];
      if (partner != nothing) return &record_[partner];
    }
    return nullptr;
  }

  std::span<const HistoryLine> history_;
  std::span<const RecordedLine> record_;
  const Pairs& pairs_;
  microseconds difference_;
  const CallFacts& facts_;
};

/// True for words of the assistant before any of the user in their chat: a greeting.
std::vector<bool> greetings_of(std::span<const HistoryLine> history) {
  std::vector<bool> greetings(history.size(), false);
  std::string_view chat;
  bool is_open = false;
  for (std::size_t i = 0; i < history.size(); ++i) {
    if (i == 0 || history[i].chat_id != chat) is_open = true;
    chat = history[i].chat_id;
    is_open = is_open && history[i].speaker == core::Speaker::assistant;
    greetings[i] = is_open;
  }
  return greetings;
}

bool is_worth_comparing(const Sides& sides) noexcept {
  return (sides.history.size() + 1) * (sides.record.size() + 1) <= comparison_cells_max;
}

void sort_out(std::span<const HistoryLine> history, const Placement& placement,
              const CallFacts& facts, const Pairs& pairs, Comparison& result) {
  const auto greetings = greetings_of(history);
  const auto nudge = spoken_words(nudge_text);
  for (std::size_t i = 0; i < history.size(); ++i) {
    const bool is_user = history[i].speaker == core::Speaker::user;
    if (pairs.partner[i] != nothing) {
      result.matched.push_back(i);
    } else if (is_user && spoken_words(history[i].text) == nudge) {
      continue;  // our own asking after an answer: nobody said it
    } else if (greetings[i] && facts.greetings_withheld > 0) {
      ++result.withheld;
    } else if (!placement.is_after_the_end(i)) {
      result.missing.push_back(placement.place(i));
    } else if (is_user) {
      result.late.push_back(placement.place(i));
    } else {
      ++result.withheld;
    }
  }
}

/// Three bytes of UTF-8 between U+2010 and U+2027: dashes, quotation marks, dots.
bool is_typographic(std::string_view text, std::size_t i) noexcept {
  if (i + 2 >= text.size() || text[i] != '\xe2' || text[i + 1] != '\x80') return false;
  const auto last = static_cast<unsigned char>(text[i + 2]);
  return last >= 0x90 && last <= 0xa7;
}

bool is_typographic_apostrophe(std::string_view text, std::size_t i) noexcept {
  return text[i + 2] == '\x98' || text[i + 2] == '\x99';
}

void append_word_part(std::string& words, char c) {
  const bool is_upper = c >= 'A' && c <= 'Z';
  const bool is_letter = is_upper || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                         static_cast<unsigned char>(c) >= 0x80;
  if (is_letter) {
    words += is_upper ? static_cast<char>(c - 'A' + 'a') : c;
  } else if (c != '\'' && !words.empty() && words.back() != ' ') {
    words += ' ';
  }
}

}  // namespace

std::string spoken_words(std::string_view text) {
  std::string words;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!is_typographic(text, i)) {
      append_word_part(words, text[i]);
      continue;
    }
    append_word_part(words, is_typographic_apostrophe(text, i) ? '\'' : '-');
    i += 2;
  }
  if (words.ends_with(' ')) words.pop_back();
  return words.empty() ? std::string(text) : words;
}

std::optional<Comparison> compare(std::span<const HistoryLine> history,
                                  std::span<const RecordedLine> record, const CallFacts& facts) {
  const Sides user{spoken_by(core::Speaker::user, history), spoken_by(core::Speaker::user, record)};
  const Sides assistant{spoken_by(core::Speaker::assistant, history),
                        spoken_by(core::Speaker::assistant, record)};
  if (!is_worth_comparing(user) || !is_worth_comparing(assistant)) return std::nullopt;
  const auto difference = clock_difference(user, assistant);
  Pairs pairs{std::vector<std::size_t>(history.size(), nothing),
              std::vector<bool>(record.size(), false)};
  for (const Sides* sides : {&user, &assistant}) {
    pair_by_order(*sides, difference, pairs);
    pair_regrouped(*sides, pairs);
  }
  Comparison result;
  result.extra =
      static_cast<std::size_t>(std::count(pairs.is_found.begin(), pairs.is_found.end(), false));
  sort_out(history, Placement(history, record, pairs, difference, facts), facts, pairs, result);
  return result;
}

}  // namespace tandem::hume
