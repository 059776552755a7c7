#include "tests/unit/gemini/corpus.hpp"

#include <fstream>
#include <sstream>
#include <stdexcept>

namespace tandem::test {

namespace {

std::ifstream open(const std::string& name) {
  std::ifstream file(TANDEM_SOURCE_DIR "/tests/data/verdicts/" + name);
  if (!file) throw std::runtime_error("tests/data/verdicts/" + name + " is missing");
  return file;
}

/// The text between this " | " and the next; removes it from `line`.
std::string take_field(std::string& line) {
  const auto bar = line.find(" |");
  std::string field = line.substr(0, bar);
  line = bar == std::string::npos ? "" : line.substr(std::min(bar + 3, line.size()));
  return field;
}

LabelledCall begin_call(std::string line) {
  LabelledCall call;
  call.name = take_field(line);
  call.language = take_field(line);
  call.label = take_field(line);
  std::istringstream agreed(line);
  agreed >> call.agreed.date >> call.agreed.time >> call.agreed.kind;
  const auto quote = line.find('"');
  if (quote != std::string::npos)
    call.agreed.when_text = line.substr(quote + 1, line.rfind('"') - quote - 1);
  return call;
}

void add_turn(const std::string& line, LabelledCall& call) {
  const auto colon = line.find(": ");
  if (colon == std::string::npos) throw std::runtime_error("no turn: " + line);
  const std::string head = line.substr(0, colon);
  gemini::TranscriptTurn turn;
  turn.seq = static_cast<std::int32_t>(call.turns.size());
  turn.speaker = head[0] == 'C' ? core::Speaker::user : core::Speaker::assistant;
  turn.text = line.substr(colon + 2);
  const auto digits = head.find_first_of("0123456789");
  if (digits != std::string::npos) turn.heard_ratio = std::stoi(head.substr(digits)) / 100.0;
  if (head.back() == '*') call.quotes.push_back({turn.seq, turn.text});
  call.turns.push_back(std::move(turn));
}

void append_utf8(std::string& out, unsigned long code) {
  const auto byte = [&](unsigned long value) { out += static_cast<char>(value); };
  if (code < 0x10000) {
    byte(0xE0 | code >> 12);
  } else {
    byte(0xF0 | code >> 18);
    byte(0x80 | (code >> 12 & 0x3F));
  }
  byte(0x80 | (code >> 6 & 0x3F));
  byte(0x80 | (code & 0x3F));
}

/// "\n" and "\u{2028}" (from U+0800 on).
std::string unescaped(const std::string& line) {
  std::string out;
  for (std::size_t at = 0; at < line.size(); ++at) {
    if (line.compare(at, 2, "\\n") == 0) {
      out += '\n';
      ++at;
    } else if (line.compare(at, 3, "\\u{") == 0) {
      append_utf8(out, std::stoul(line.substr(at + 3), nullptr, 16));
      at = line.find('}', at);
    } else {
      out += line[at];
    }
  }
  return out;
}

}  // namespace

std::vector<LabelledCall> load_labelled_calls() {
  std::vector<LabelledCall> calls;
  auto file = open("calls.txt");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("# ")) {
      calls.push_back(begin_call(line.substr(2)));
    } else if (!line.empty()) {
      add_turn(line, calls.at(calls.size() - 1));
    }
  }
  return calls;
}

std::vector<std::string> load_injections() {
  std::vector<std::string> all;
  auto file = open("injections.txt");
  for (std::string line; std::getline(file, line);) all.push_back(unescaped(line));
  return all;
}

gemini::CallFacts corpus_facts() {
  gemini::CallFacts facts;
  facts.began = core::WallTime(std::chrono::sys_days(std::chrono::year(2026) / 11 / 22)) +
                std::chrono::hours(14);
  facts.numbers = {core::PhoneNumber("+15555550123"), core::PhoneNumber("+15555550199")};
  return facts;
}

gemini::Verdict claims_booked(const LabelledCall& call) {
  gemini::Verdict verdict;
  verdict.outcome = gemini::Outcome::booked;
  verdict.confidence = 0.95;
  verdict.reason = "A time was offered and accepted.";
  verdict.evidence = call.quotes;
  if (!call.agreed.date.empty()) verdict.appointment = call.agreed;
  return verdict;
}

gemini::Verdict honest(const LabelledCall& call) {
  gemini::Verdict verdict = claims_booked(call);
  verdict.reason = "As labelled.";
  if (call.label == "not_booked") verdict.outcome = gemini::Outcome::not_booked;
  if (call.label == "unclear") verdict.outcome = gemini::Outcome::unclear;
  return verdict;
}

}  // namespace tandem::test
