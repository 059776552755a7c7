#include "gemini/spoken_numbers.hpp"

#include <algorithm>
#include <iterator>
#include <string>

namespace tandem::gemini {

namespace {

struct Word {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::string text;  ///< ASCII in lower case
};

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

bool is_word_byte(char c) noexcept {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         static_cast<unsigned char>(c) >= 0x80;
}

std::vector<Word> words_of(std::string_view text) {
  std::vector<Word> words;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (!is_word_byte(text[at])) continue;
    Word word{at, at, {}};
    for (; word.end < text.size() && is_word_byte(text[word.end]); ++word.end) {
      const char c = text[word.end];
      word.text += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    at = word.end;
    words.push_back(std::move(word));
  }
  return words;
}

template <std::size_t count>
bool is_one_of(std::string_view word, const std::string_view (&list)[count]) noexcept {
  return std::find(std::begin(list), std::end(list), word) != std::end(list);
}

constexpr std::string_view digit_words[] = {
    "zero",  "nought", "one",   "two",  "three",       "four", "five", "six",     "seven",
    "eight", "nine",   "null",  "eins", "zwei",        "zwo",  "drei", "vier",    "f\xC3\xBCnf",
    "sechs", "sieben", "acht",  "neun", "z\xC3\xA9ro", "un",   "deux", "trois",   "quatre",
    "cinq",  "sept",   "huit",  "neuf", "cero",        "uno",  "dos",  "tres",    "cuatro",
    "cinco", "seis",   "siete", "ocho", "nueve",       "due",  "tre",  "quattro", "cinque",
    "sei",   "sette",  "otto",  "nove"};
constexpr std::string_view round_words[] = {"oh", "o"};  // a nought between other digits only
constexpr std::string_view repeat_words[] = {"double", "triple", "treble", "doppel", "doble"};

bool is_group(const Word& word) noexcept {
  return std::all_of(word.text.begin(), word.text.end(), is_digit);
}

/// Two words with nothing but spaces and light punctuation between them.
bool are_neighbours(std::string_view text, const Word& left, const Word& right) noexcept {
  const std::string_view gap = text.substr(left.end, right.begin - left.end);
  return gap.size() <= 4 && gap.find_first_not_of(" ,.-()/+") == std::string_view::npos;
}

/// A run of digits as it is being collected.
struct Run {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::size_t digits = 0;
  std::size_t spoken = 0;
  std::size_t words = 0;
  std::size_t repeat = 1;
};

/// False when the word ends the run, or cannot begin one.
bool take(const Word& word, Run& run) {
  if (is_one_of(word.text, repeat_words)) {
    run.repeat = word.text.starts_with("t") ? 3 : 2;
  } else if (is_group(word)) {
    run.digits += word.text.size();
    run.end = word.end;
  } else if (is_one_of(word.text, digit_words) ||
             (run.words > 0 && is_one_of(word.text, round_words))) {
    run.digits += run.repeat;
    ++run.spoken;
    run.repeat = 1;
    run.end = word.end;
  } else {
    return false;
  }
  if (run.words++ == 0) run.begin = word.begin;
  return true;
}

void end_run(Run& run, std::vector<PrivateSpan>& spans) {
  constexpr std::size_t digits_min = 7;
  constexpr std::size_t spoken_min = 3;
  constexpr std::size_t card_digits_min = 13;
  if (run.digits >= digits_min && run.spoken >= spoken_min)
    spans.push_back({run.begin, run.end, run.digits < card_digits_min ? "phone" : "card"});
  run = {};
}

constexpr std::string_view joint_words[] = {"dot",        "punkt", "point",  "punto",
                                            "underscore", "dash",  "hyphen", "minus"};
constexpr std::string_view dot_words[] = {"dot", "punkt", "point", "punto"};
constexpr std::string_view at_words[] = {"at", "arroba", "arobase", "chiocciola", "klammeraffe"};

bool touches(std::string_view text, const Word& left, const Word& right) noexcept {
  return text.substr(left.end, right.begin - left.end) == " ";
}

/// The last word of NAME, HOST or TOP chains that begin at `from` and go on over joints.
std::size_t chain_end(std::string_view text, const std::vector<Word>& words, std::size_t from) {
  std::size_t last = from;
  while (last + 2 < words.size() && is_one_of(words[last + 1].text, joint_words) &&
         touches(text, words[last], words[last + 1]) &&
         touches(text, words[last + 1], words[last + 2]))
    last += 2;
  return last;
}

std::size_t chain_begin(std::string_view text, const std::vector<Word>& words, std::size_t from) {
  std::size_t first = from;
  while (first >= 2 && is_one_of(words[first - 1].text, joint_words) &&
         touches(text, words[first - 2], words[first - 1]) &&
         touches(text, words[first - 1], words[first]))
    first -= 2;
  return first;
}

}  // namespace

void find_spoken_numbers(std::string_view text, std::vector<PrivateSpan>& spans) {
  Run run;
  const std::vector<Word> words = words_of(text);
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (run.words > 0 && !are_neighbours(text, words[i - 1], words[i])) end_run(run, spans);
    if (!take(words[i], run)) end_run(run, spans);
  }
  end_run(run, spans);
}

void find_spoken_emails(std::string_view text, std::vector<PrivateSpan>& spans) {
  const std::vector<Word> words = words_of(text);
  for (std::size_t at = 1; at + 3 < words.size(); ++at) {
    if (!is_one_of(words[at].text, at_words)) continue;
    if (!touches(text, words[at - 1], words[at]) || !touches(text, words[at], words[at + 1]))
      continue;
    const std::size_t last = chain_end(text, words, at + 1);
    const bool has_dot = last > at + 1 && is_one_of(words[last - 1].text, dot_words);
    if (!has_dot) continue;
    const std::size_t first = chain_begin(text, words, at - 1);
    spans.push_back({words[first].begin, words[last].end, "email"});
    at = last;
  }
}

}  // namespace tandem::gemini
