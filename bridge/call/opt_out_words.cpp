#include "bridge/call/opt_out_words.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "bridge/call/opt_out_phrases.hpp"
#include "bridge/call/plain_words.hpp"

namespace tandem::call {

namespace {

using Words = std::vector<std::string_view>;
using Part = std::span<const std::string_view>;

/// More than anybody says in one breath; a provider may send anything.
constexpr std::size_t line_bytes_max = 4096;
constexpr std::size_t gap_words_max = 3;

template <std::size_t N>
using List = std::array<std::string_view, N>;

bool is_one_of(std::string_view word, Part list) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

bool has_one_of(Part words, Part list) {
  return std::any_of(words.begin(), words.end(),
                     [&](std::string_view word) { return is_one_of(word, list); });
}

/// Said without meaning anything.
constexpr auto fillers = std::to_array<std::string_view>(
    {"please", "pls",      "just",   "uh",     "um",      "uhm",      "erm",     "hmm",
     "ever",   "really",   "simply", "kindly", "fucking", "freaking", "goddamn", "damn",
     "bloody", "actually", "also",   "bitte",  "endlich", "doch",     "gotta",   "okay"});
constexpr auto filler_groups =
    std::to_array<std::string_view>({" por favor ", " sil vous plait ", " sil te plait ",
                                     " you know ", " the hell ", " the fuck ", " i repeat "});

/// Whoever these are said of or to is not the one who listens.
constexpr auto others =
    std::to_array<std::string_view>({"he", "she", "they", "him", "her", "them", "his", "my", "mr",
                                     "mrs", "who", "theyre", "hes", "shes", "er", "il", "elle"});
constexpr auto speaker = std::to_array<std::string_view>(
    {"i", "ill", "id", "im", "ive", "we", "weve", "were", "well", "wed", "lets", "ich"});
constexpr auto listener =
    std::to_array<std::string_view>({"you", "your", "yall", "youre", "youve", "sie", "vous"});
constexpr auto saying = std::to_array<std::string_view>({"say", "said", "saying", "mean", "meant"});
constexpr auto reporting =
    std::to_array<std::string_view>({"told", "tell", "tells", "asked", "ask", "says"});
/// These turn an order into a condition, a report, a question or its opposite.
constexpr auto turns = std::to_array<std::string_view>(
    {"if",    "when",   "whether", "did",    "didnt",    "does",     "doesnt", "has",
     "hasnt", "wont",   "cant",    "cannot", "couldnt",  "wouldnt",  "never",  "not",
     "dont",  "unless", "until",   "once",   "after",    "how",      "what",   "where",
     "why",   "hope",   "think",   "warum",  "pourquoi", "que",      "si",     "wenn",
     "by",    "is",     "are",     "was",    "nicht",    "narretez", "forget", "because"});
/// Before an order these make it a request, whatever else they are.
constexpr auto requests = std::to_array<std::string_view>({" can you ",
                                                           " could you ",
                                                           " would you ",
                                                           " will you ",
                                                           " why dont you ",
                                                           " why cant you ",
                                                           " would you mind ",
                                                           " can you guys ",
                                                           " could you guys ",
                                                           " would you guys ",
                                                           " will you people ",
                                                           " can you people ",
                                                           " could you people ",
                                                           " why dont you guys ",
                                                           " would you all ",
                                                           " have to tell you to ",
                                                           " have to ask you to ",
                                                           " must i tell you to ",
                                                           " any way you could ",
                                                           " any way you can ",
                                                           " possible to ",
                                                           " possible for you to ",
                                                           " can i ",
                                                           " could i ",
                                                           " can you make sure ",
                                                           " konnen sie ",
                                                           " konnten sie ",
                                                           " pouvez vous ",
                                                           " puede ",
                                                           " pueden "});
/// A subject right before "don't call me": that is what somebody does, not what they shall do.
constexpr auto subjects = std::to_array<std::string_view>(
    {"i",    "you", "we",     "they",     "people",  "friends", "kids",
     "guys", "who", "folks",  "vous",     "ils",     "nous",    "je",
     "tu",   "sie", "nobody", "normally", "usually", "anymore", "still"});

/// An order may follow these.
constexpr auto openings = std::to_array<std::string_view>(
    {"to",   "and",    "or",    "but",      "so",    "then", "no",      "yes",
     "hey",  "said",   "mean",  "now",      "sir",   "maam", "well",    "interested",
     "look", "listen", "sorry", "und",      "also",  "dann", "nein",    "ja",
     "y",    "et",     "alors", "veuillez", "merci", "pues", "entonces"});
/// These join two clauses.
constexpr auto joints = std::to_array<std::string_view>({",", "and", "but", "so", "then"});
constexpr auto asking = std::to_array<std::string_view>({"can", "could", "may", "would", "will"});
/// "Stop calling me, okay?" is no question.
constexpr auto tags = std::to_array<std::string_view>(
    {"ok", "alright", "you", "hear", "me", "got", "it", "get", "understand", "understood", "yeah",
     "huh", "verstanden", "vale", "entendido", "compris"});

/// After "stop calling me" these go on with the order; anything else may be a name or a time.
constexpr auto goes_on = std::to_array<std::string_view>(
    {"and",         "or",          "so",      "because", "cause", "im",         "i",
     "you",         "its",         "ok",      "thanks",  "thank", "alright",    "again",
     "anymore",     "any",         "here",    "every",   "all",   "already",    "altogether",
     "completely",  "immediately", "right",   "then",    "we",    "people",     "guys",
     "to",          "trying",      "once",    "never",   "no",    "do",         "take",
     "remove",      "ever",        "never",   "about",   "with",  "constantly", "forever",
     "permanently", "goodbye",     "bye",     "now",     "mas",   "a",          "mehr",
     "jamais",      "hier",        "zu",      "sur",     "este",  "back",       "will",
     "at",          "on",          "from",    "for",     "in",    "before",     "under",
     "this",        "that",        "gracias", "danke",   "merci"});
/// After "don't call me" fewer do.
constexpr auto ends_ban = std::to_array<std::string_view>(
    {"and",     "or",  "ok",  "thanks", "thank", "im",      "goodbye", "bye",  "here",
     "because", "y",   "und", "et",     "ya",    "a",       "sur",     "hier", "at",
     "from",    "for", "in",  "under",  "on",    "gracias", "danke",   "merci"});
constexpr auto for_good = std::to_array<std::string_view>(
    {"again", "anymore", "more", "longer", "mas", "nunca", "jamas", "vez", "nuevo", "plus",
     "jamais", "an", "mehr", "wieder", "anrufen", "llamarme", "llamar", "llamarnos"});

/// Two words that belong together behind an order.
constexpr auto pairs = std::to_array<std::array<std::string_view, 2>>({
    {"at", "all"},       {"at", "this"},   {"on", "this"},        {"on", "that"},
    {"from", "now"},     {"from", "your"}, {"from", "you"},       {"from", "this"},
    {"for", "any"},      {"for", "good"},  {"for", "real"},       {"for", "gods"},
    {"in", "future"},    {"before", "i"},  {"this", "is"},        {"a", "este"},
    {"under", "any"},    {"so", "i"},      {"so", "you"},         {"sur", "ce"},
    {"for", "this"},     {"at", "work"},   {"at", "home"},        {"on", "my"},
    {"this", "number"},  {"a", "mi"},      {"from", "different"}, {"that", "is"},
    {"for", "anything"}, {"all", "the"},   {"all", "day"},
});
constexpr auto needs_pair = std::to_array<std::string_view>(
    {"at", "on", "from", "for", "in", "before", "this", "a", "under", "so", "sur", "that"});
/// Of those, what names a place: an order minds it not, a ban does.
constexpr auto places = std::to_array<std::string_view>({"work", "home", "my"});

/// A list that is not a list of people to call.
constexpr auto other_lists = std::to_array<std::string_view>(
    {"waiting", "wait", "guest", "guests", "wine", "booking", "reservation", "standby", "email",
     "espera", "invitados", "dattente", "table", "order", "bill", "their", "his", "her"});
/// After "remove my number": still that number, and all of it.
constexpr auto after_number = std::to_array<std::string_view>(
    {"right", "now", "immediately", "ok", "thanks", "thank", "completely", "altogether",
     "permanently", "because", "i", "im", "or", "gracias", "danke", "merci", "today"});
constexpr auto from_where = std::to_array<std::string_view>(
    {"your", "all", "the", "su", "sus", "votre", "vos", "ihrer", "ihren", "this"});
constexpr auto call_lists = std::to_array<std::string_view>(
    {"list", "lists", "system", "systems", "database", "databases", "records", "files", "fichiers",
     "fichier", "lista", "listas", "base", "liste", "listes", "datenbank", "directory"});

/// Whoever says so wants to be called, only not now.
constexpr auto invitations = std::to_array<std::string_view>(
    {" ill call ", " i will call ", " well call ", " we will call ", " call my ", " call me to",
     " call me on ", " call me at ", " instead ", " tomorrow is "});

/// Commas and the words between them; ends with the sentence.
struct Sentence {
  Words words;
  bool is_question = false;
};

struct Rest {
  std::string_view pattern;
  const Rest* next = nullptr;
};

constexpr auto no_match = std::string_view::npos;

/// Takes the text up to `separator` from the front.
std::string_view take(std::string_view& text, char separator) {
  const auto part = text.substr(0, text.find(separator));
  text.remove_prefix(std::min(text.size(), part.size() + 1));
  return part;
}

std::string_view sequences_of(std::string_view group) {
  for (const auto& each : phrase_groups) {
    if (each.name == group) return each.sequences;
  }
  return {};
}

/// The end of the shortest run of words from `at` that the pattern describes.
std::size_t match(const Rest* rest, Part words, std::size_t at);

std::size_t match_group(std::string_view name, const Rest* next, Part words, std::size_t at) {
  for (auto sequences = sequences_of(name); !sequences.empty();) {
    const Rest sequence{take(sequences, '/'), next};
    if (const auto end = match(&sequence, words, at); end != no_match) return end;
  }
  return no_match;
}

std::size_t match_word(std::string_view alternatives, const Rest* next, Part words,
                       std::size_t at) {
  while (at < words.size() && words[at] == ",") ++at;
  while (at < words.size() && !alternatives.empty()) {
    auto word = take(alternatives, '|');
    const bool is_group = word.starts_with('<');
    if (is_group) {
      const auto end = match_group(word.substr(1, word.size() - 2), next, words, at);
      if (end != no_match) return end;
    } else if (word == words[at]) {
      if (const auto end = match(next, words, at + 1); end != no_match) return end;
    }
  }
  return no_match;
}

std::size_t match_gap(const Rest* next, Part words, std::size_t at) {
  for (std::size_t skipped = 0; skipped <= gap_words_max; ++skipped) {
    const auto end = match(next, words, at + skipped);
    if (end != no_match) return end;
    if (at + skipped >= words.size()) break;
  }
  return no_match;
}

std::size_t match(const Rest* rest, Part words, std::size_t at) {
  while (rest != nullptr && rest->pattern.empty()) rest = rest->next;
  if (rest == nullptr) return at;
  if (at > words.size()) return no_match;
  Rest next = *rest;
  auto word = take(next.pattern, ' ');
  if (word == "*") return match_gap(&next, words, at);
  const bool may_be_missing = word.ends_with('?');
  if (may_be_missing) word.remove_suffix(1);
  const auto end = match_word(word, &next, words, at);
  return end == no_match && may_be_missing ? match(&next, words, at) : end;
}

/// Where in a sentence a phrase was found.
struct Found {
  Part before;  // in the same sentence
  Part clause;  // of it, behind the last comma
  Part inside;
  Part after;
};

std::string joined(Part words) {
  std::string text = " ";
  for (const auto word : words) (text += word) += ' ';
  return text;
}

bool is_request(Part before) {
  const std::string text = joined(before);
  return std::any_of(requests.begin(), requests.end(),
                     [&](std::string_view request) { return text.ends_with(request); });
}

/// "You said you would stop calling me."
bool tells_of_listener(Part clause) {
  const std::string text = joined(clause);
  constexpr auto tales =
      std::to_array<std::string_view>({" you would ", " you will ", " youd ", " youll ",
                                       " you did ", " you could ", " you might "});
  return std::any_of(tales.begin(), tales.end(),
                     [&](std::string_view tale) { return text.find(tale) != std::string::npos; });
}

/// An order is one only when nobody else gives or gets it.
bool is_ordered(const Found& found) {
  if (is_request(found.before)) return true;
  const bool to_listener = has_one_of(found.before, listener);
  if (has_one_of(found.before, reporting) && !to_listener) return false;
  if (has_one_of(found.clause, turns)) return false;
  const bool is_said = has_one_of(found.before, saying);
  if (has_one_of(is_said ? found.before : found.clause, others) && !to_listener) return false;
  if (tells_of_listener(found.clause)) return false;
  const bool is_own = has_one_of(found.clause, speaker);
  return !is_own || has_one_of(found.clause, listener) || has_one_of(found.clause, saying);
}

/// An order about a list stands alone: "the manager put me on the list" is none.
bool begins(const Found& found) {
  return found.clause.empty() || is_request(found.before) ||
         is_one_of(found.clause.back(), openings) || has_one_of(found.clause, listener);
}

/// What somebody does is no order to others.
bool has_subject(const Found& found) {
  if (found.clause.empty()) return false;
  const auto last = found.clause.back();
  const auto verb = found.inside.front();
  if (verb == "rufen" || verb == "ruf") return !is_one_of(last, openings);
  return is_one_of(last, subjects) &&
         !has_one_of(found.clause, std::array{std::string_view("sure")});
}

/// What follows does not make a name, a time or a place of it.
bool is_whole(const Found& found, bool is_ban) {
  if (found.after.empty() || found.after[0] == ",") return true;
  const auto next = found.after[0];
  const bool is_strict = is_ban && !is_one_of(found.inside.back(), for_good);
  if (is_one_of(next, needs_pair)) {
    if (found.after.size() < 2) return false;
    const auto second = found.after[1];
    if (is_ban && is_one_of(second, places)) return false;
    return std::any_of(pairs.begin(), pairs.end(),
                       [&](const auto& pair) { return pair[0] == next && pair[1] == second; });
  }
  return is_strict ? is_one_of(next, ends_ban) : is_one_of(next, goes_on);
}

bool is_a_call_list(const Found& found) {
  if (has_one_of(found.inside, other_lists)) return false;
  if (!found.after.empty() && is_one_of(found.after[0], other_lists)) return false;
  const bool names_number = found.inside.back() == "number" || found.inside.back() == "numero";
  if (names_number && !found.after.empty() && found.after[0] != ",") {
    const bool is_from = found.after.size() > 1 && is_one_of(found.after[1], from_where);
    return is_one_of(found.after[0], after_number) ||
           (is_from && has_one_of(found.after, call_lists) &&
            !has_one_of(found.after, other_lists));
  }
  return found.after.empty() ||
         !is_one_of(found.after[0], std::array<std::string_view, 3>{"for", "on", "of"});
}

bool is_meant(const Phrase& phrase, const Found& found, bool is_question) {
  if (is_question && !is_request(found.before) && phrase.kind != PhraseKind::statement)
    return false;
  const auto first = found.inside.front();
  const bool is_undone = !found.clause.empty() && found.clause.back() == "no";
  switch (phrase.kind) {
    case PhraseKind::order:
      return is_ordered(found) && is_whole(found, false) && !(is_undone && first != "stop");
    case PhraseKind::ban:
      return is_ordered(found) && is_whole(found, true) && !has_subject(found);
    case PhraseKind::entry:
      return is_ordered(found) && begins(found) && is_a_call_list(found);
    case PhraseKind::statement:
      if (is_question && !is_one_of(first, asking) && !is_request(found.before)) return false;
      return !has_one_of(found.clause, turns) && is_whole(found, true) && is_a_call_list(found);
  }
  return false;
}

bool is_wish(const Sentence& sentence, const Phrase& phrase) {
  const Part words = sentence.words;
  const Rest whole{phrase.words};
  for (std::size_t at = 0; at < words.size(); ++at) {
    if (words[at] == ",") continue;
    const auto end = match(&whole, words, at);
    if (end == no_match || end == at) continue;
    Found found{words.first(at), words.first(at), words.subspan(at, end - at), words.subspan(end)};
    const auto joint = std::find_if(found.before.rbegin(), found.before.rend(),
                                    [](auto word) { return is_one_of(word, joints); });
    found.clause = found.before.last(static_cast<std::size_t>(joint - found.before.rbegin()));
    if (is_meant(phrase, found, sentence.is_question)) return true;
  }
  return false;
}

bool is_title(std::string_view word) {
  return word == "mr" || word == "mrs" || word == "ms" || word == "dr";
}

bool ends_with_tag(Part words) {
  const auto comma = std::find(words.rbegin(), words.rend(), ",");
  return comma != words.rend() && std::all_of(words.rbegin(), comma, [](std::string_view word) {
           return is_one_of(word, tags);
         });
}

std::vector<Sentence> sentences_of(std::string_view plain) {
  std::vector<Sentence> sentences(1);
  while (!plain.empty()) {
    const auto word = take(plain, ' ');
    auto& words = sentences.back().words;
    if (word.empty() || is_one_of(word, fillers)) continue;
    const bool ends = word == "." || word == "?" || word == "!";
    if (!ends) {
      words.push_back(word);
    } else if (!words.empty() && !is_title(words.back())) {
      sentences.back().is_question = word == "?" && !ends_with_tag(words);
      sentences.emplace_back();
    }
  }
  return sentences;
}

}  // namespace

bool asks_not_to_be_called(std::string_view line) {
  std::string plain = plain_words(line.substr(0, line_bytes_max));
  for (const auto filler : filler_groups) {
    for (auto at = plain.find(filler); at != std::string::npos; at = plain.find(filler))
      plain.erase(at, filler.size() - 1);
  }
  const bool invites = std::any_of(invitations.begin(), invitations.end(), [&](auto words) {
    return plain.find(words) != std::string::npos;
  });
  const auto sentences = sentences_of(plain);
  const auto is_said = [&](const Phrase& phrase) {
    if (invites && phrase.kind == PhraseKind::ban) return false;
    return std::any_of(sentences.begin(), sentences.end(),
                       [&](const Sentence& sentence) { return is_wish(sentence, phrase); });
  };
  return std::any_of(phrases.begin(), phrases.end(), [&](std::span<const Phrase> some) {
    return std::any_of(some.begin(), some.end(), is_said);
  });
}

}  // namespace tandem::call
