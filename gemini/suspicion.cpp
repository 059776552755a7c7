#include "gemini/suspicion.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace tandem::gemini {

namespace {

using Words = std::span<const std::string_view>;

bool has_any(std::string_view text, Words words) noexcept {
  return std::any_of(words.begin(), words.end(), [&](std::string_view word) {
    return text.find(word) != std::string_view::npos;
  });
}

// What is to be put aside, and what it is put aside for; stems of English, German, French, Spanish,
// Italian, Dutch.
constexpr std::string_view put_aside[] = {
    "ignore",    "ignorier",         "ignora",    "disregard",      "forget",
    "vergiss",   "vergessen",        "oublie",    "olvida",         "dimentic",
    "override",  "bypass",           "negeer",    "stop following", "skip",
    "drop your", "no longer follow", "set aside", "erase",          "delete your"};
constexpr std::string_view rules[] = {"instruction",
                                      "instrucc",
                                      "istruzion",
                                      "instructie",
                                      "anweisung",
                                      "rule",
                                      "regel",
                                      "r\xC3\xA8gle",
                                      "regla",
                                      "regole",
                                      "consigne",
                                      "your prompt",
                                      "the prompt",
                                      "guideline",
                                      "guardrail",
                                      "what you were told",
                                      "your training",
                                      "everything above",
                                      "all of the above",
                                      "safety"};

constexpr std::string_view roles[] = {"you are now",
                                      "act as ",
                                      "pretend",
                                      "developer mode",
                                      "test mode",
                                      "debug mode",
                                      "admin mode",
                                      "maintenance mode",
                                      "god mode",
                                      "jailbreak",
                                      "system prompt",
                                      "system message",
                                      "system:",
                                      "assistant:",
                                      "caller:",
                                      "as the developer",
                                      "i am the developer",
                                      "i am your developer",
                                      "as your developer",
                                      "i am the administrator",
                                      "as the administrator",
                                      "language model",
                                      "new instructions",
                                      "new task",
                                      "note to the ai",
                                      "note to the model",
                                      "message to the model",
                                      "attention ai",
                                      "dear model",
                                      "dear ai",
                                      "attention model",
                                      "du bist jetzt",
                                      "tu es maintenant",
                                      "ahora eres",
                                      "sei ora ",
                                      "role-play",
                                      "roleplay",
                                      "whoever labels this",
                                      "whoever reads this transcript",
                                      "to the labeller",
                                      "to the grader"};

constexpr std::string_view verdict_verbs[] = {
    "mark",       "label",         "classif", "record",    "output",     "answer",
    "respond",    "return",        "set ",    "quote",     "treat",      "log ",
    "say ",       "write",         "report",  "translate", "print",      "markier",
    "antwort",    "r\xC3\xA9pond", "marca",   "responde",  "count this", "the outcome",
    "outcome is", "put down",      "rate",    "score",     "fill"};
constexpr std::string_view verdict_words[] = {
    "as booked",      "as \"booked", "as 'booked",
    "answer booked",  "outcome",     "confidence",
    "verdict",        "json",        "evidence",
    "booked:",        "booked =",    "= booked",
    "is booked with", "say booked",  "als gebucht",
    "als \"gebucht",  "gebucht",     "comme r\xC3\xA9serv",
    "como reservad",  "not_booked",  ": booked",
    "label booked",   "word booked", "schema"};

// Asking about a discount is a topic; ordering one is not for a transcript to do.
constexpr std::string_view give[] = {"mark",  "grant",   "issue ",  "make me",
                                     "flag ", "upgrade", "refund ", "whitelist"};
constexpr std::string_view rewards[] = {"vip",       "a refund",       "refund 5",
                                        "gift card", "an admin",       "whitelist",
                                        "premium",   "free of charge", "bonus"};

constexpr std::string_view markup[] = {
    "```",  "<system", "</", "<<<", ">>>",  "{\"",  "\"}",  "\":",  "[inst", "<|",         "###",
    "<!--", "]]>",     "${", "{{",  "[0] ", "[1] ", "[2] ", "[3] ", "[9] ",  "<assistant", "<user"};

/// A money-like wish is a topic, an order to give it is not: both words close together.
bool has_pair(std::string_view text, Words first, Words second) {
  return has_any(text, first) && has_any(text, second);
}

/// Characters that are not seen or that turn the writing round: U+200B-F, U+202A-E, U+2060-9,
/// U+FEFF, and the tags U+E0000-7F.
bool has_hidden(std::string_view text) noexcept {
  for (std::size_t at = 0; at + 2 < text.size(); ++at) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[at + i]); };
    if (byte(0) == 0xE2 && byte(1) == 0x80)
      if ((byte(2) >= 0x8B && byte(2) <= 0x8F) || (byte(2) >= 0xAA && byte(2) <= 0xAE)) return true;
    if (byte(0) == 0xE2 && byte(1) == 0x81 && byte(2) >= 0xA0 && byte(2) <= 0xA9) return true;
    if (byte(0) == 0xEF && byte(1) == 0xBB && byte(2) == 0xBF) return true;
    if (byte(0) == 0xF3 && byte(1) == 0xA0 && byte(2) <= 0x81) return true;
  }
  return false;
}

/// Nobody says a word of forty ASCII letters and digits.
bool has_encoded(std::string_view text) noexcept {
  constexpr std::size_t word_bytes_max = 40;
  std::size_t length = 0;
  for (const char c : text) {
    const bool is_part = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                         (c >= '0' && c <= '9') || c == '+' || c == '/' || c == '=' || c == '\\';
    length = is_part ? length + 1 : 0;
    if (length >= word_bytes_max) return true;
  }
  return false;
}

}  // namespace

std::vector<Suspicion> find_suspicions(std::span<const TranscriptTurn> turns) {
  std::vector<Suspicion> found;
  for (const TranscriptTurn& turn : turns) {
    const std::string words = folded(turn.text);
    const auto note = [&](bool is_so, std::string_view what) {
      if (is_so) found.push_back({turn.seq, what});
    };
    note(has_pair(words, put_aside, rules), "order");
    note(has_any(words, roles), "role");
    note(has_pair(words, verdict_verbs, verdict_words), "verdict");
    note(has_pair(words, give, rewards), "reward");
    note(has_any(turn.text, markup) || turn.text.find('\n') != std::string::npos, "markup");
    note(has_hidden(turn.text), "hidden");
    note(has_encoded(turn.text), "encoded");
  }
  return found;
}

}  // namespace tandem::gemini
