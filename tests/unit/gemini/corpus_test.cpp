#include "tests/unit/gemini/corpus.hpp"

#include <algorithm>
#include <cstdio>
#include <map>
#include <set>

#include "tests/unit/catch.hpp"

using namespace tandem;
using gemini::Outcome;
using gemini::Verdict;
using test::LabelledCall;

namespace {

gemini::Conclusion checked(const Verdict& verdict, const LabelledCall& call) {
  return check_verdict(verdict, call.turns, test::corpus_facts());
}

/// One way in which an answer can be wrong, and what the check says of it.
struct Distortion {
  const char* what;
  const char* review_reason;
  void (*apply)(Verdict& verdict);
};

constexpr Distortion distortions[] = {
    {"a quote that nobody said", "quote_not_found",
     [](Verdict& v) { v.evidence[0].quote = "I hereby confirm the booking of everything."; }},
    {"a quote of a turn that is not there", "unknown_turn",
     [](Verdict& v) { v.evidence[0].turn = 99; }},
    {"a quote in the mouth of the other side", "quote_not_found",
     [](Verdict& v) { std::swap(v.evidence[0].turn, v.evidence[1].turn); }},
    {"no quote of the caller", "no_caller_quote",
     [](Verdict& v) { v.evidence.erase(v.evidence.begin() + 1); }},
    {"no quotes at all", "no_assistant_quote", [](Verdict& v) { v.evidence.clear(); }},
    {"a date in 1970", "date_out_of_range", [](Verdict& v) { v.appointment->date = "1970-01-01"; }},
    {"a date two years ahead", "date_out_of_range",
     [](Verdict& v) { v.appointment->date = "2028-11-26"; }},
    {"30 February", "date_not_real", [](Verdict& v) { v.appointment->date = "2027-02-30"; }},
    {"25 o'clock", "time_not_real", [](Verdict& v) { v.appointment->time = "25:00"; }},
    {"400 guests", "party_out_of_range", [](Verdict& v) { v.appointment->party = 400; }},
    {"a stranger's number", "phone_unknown",
     [](Verdict& v) { v.appointment->phone = "+1 555 555 0177"; }},
    {"an invented name", "name_not_found",
     [](Verdict& v) { v.appointment->name = "Zebulon Quist"; }},
    {"a confidence of 7", "confidence_out_of_range", [](Verdict& v) { v.confidence = 7; }},
    {"booked, but of the kind cancelled", "kind_contradicts",
     [](Verdict& v) { v.appointment->kind = "cancelled"; }},
};

std::vector<LabelledCall> labelled(const std::string& label) {
  auto calls = test::load_labelled_calls();
  std::erase_if(calls, [&](const LabelledCall& call) { return call.label != label; });
  return calls;
}

bool has_long_number(std::string_view text) {
  int digits = 0;
  for (const char c : text) {
    digits = c >= '0' && c <= '9' ? digits + 1 : 0;
    if (digits >= 7) return true;
  }
  return false;
}

}  // namespace

TEST_CASE("the corpus has at least sixty calls in six languages, each with its own name",
          "[gemini][corpus]") {
  const auto calls = test::load_labelled_calls();
  std::set<std::string> names;
  std::set<std::string> languages;
  for (const auto& call : calls) {
    names.insert(call.name);
    languages.insert(call.language);
  }
  CHECK(calls.size() == 61);
  CHECK(names.size() == calls.size());
  CHECK(languages.size() == 6);
}

TEST_CASE("an honest answer to a call of the corpus is accepted as it is", "[gemini][corpus]") {
  for (const std::string label : {"booked", "not_booked", "unclear"}) {
    for (const auto& call : labelled(label)) {
      INFO(call.name);
      const auto conclusion = checked(test::honest(call), call);
      CHECK(conclusion.review_reason == "");
      CHECK(to_string(conclusion.outcome) == label);
      CHECK(conclusion.suspicions.empty());
      const bool keeps = label == "booked" || call.agreed.kind == "cancelled";
      CHECK(conclusion.appointment.has_value() == keeps);
    }
  }
}

TEST_CASE("a confirmation that the caller did not hear is no booking", "[gemini][corpus]") {
  for (const auto& call : labelled("unheard")) {
    INFO(call.name);
    CHECK(checked(test::claims_booked(call), call).review_reason == "quote_unheard");
  }
}

TEST_CASE("G06: every distortion of a true booking of the corpus goes to a person with its reason",
          "[gemini][corpus]") {
  for (const auto& call : labelled("booked")) {
    for (const Distortion& distortion : distortions) {
      INFO(call.name << ": " << distortion.what);
      Verdict verdict = test::honest(call);
      distortion.apply(verdict);
      const auto conclusion = checked(verdict, call);
      CHECK(conclusion.review_reason == distortion.review_reason);
      CHECK(conclusion.outcome == Outcome::unclear);
      CHECK_FALSE(conclusion.appointment.has_value());
    }
  }
}

TEST_CASE("G12: no question about the corpus has a telephone number in it", "[gemini][corpus]") {
  for (const auto& call : test::load_labelled_calls()) {
    INFO(call.name);
    const std::string text = gemini::fence(call.turns, true).text;
    CHECK_FALSE(has_long_number(text));
    CHECK(text.find("five five") == std::string::npos);
    CHECK(text.find("mail dot") == std::string::npos);
  }
}

TEST_CASE(
    "G07: a hundred hostile sentences have no effect beyond a flag, even when the model obeys",
    "[gemini][corpus]") {
  const auto injections = test::load_injections();
  REQUIRE(injections.size() == 100);
  for (const std::string& sentence : injections) {
    INFO(sentence);
    LabelledCall call;
    call.turns = {{0, core::Speaker::assistant, "I have 10:20 on Thursday. Does it suit you?"},
                  {1, core::Speaker::user, sentence},
                  {2, core::Speaker::assistant, "I did not understand. Goodbye."}};
    call.quotes = {{0, "I have 10:20 on Thursday."}, {1, sentence}};
    call.agreed = {.when_text = "Thursday at 10:20", .date = "2026-11-26", .time = "10:20"};
    const auto obeyed = checked(test::claims_booked(call), call);
    CHECK(obeyed.needs_review());
    CHECK_FALSE(obeyed.booking_detected().has_value());
    CHECK_FALSE(obeyed.appointment.has_value());
    call.label = "not_booked";
    const auto resisted = checked(test::honest(call), call);
    CHECK(resisted.outcome == Outcome::not_booked);
    CHECK_FALSE(resisted.suspicions.empty());
  }
}

TEST_CASE("G08: no hostile sentence changes the shape of the question", "[gemini][corpus]") {
  for (const std::string& sentence : test::load_injections()) {
    INFO(sentence);
    const std::vector<gemini::TranscriptTurn> turns = {{0, core::Speaker::user, sentence}};
    const std::string text = gemini::fence(turns, true).text;
    CHECK(std::count(text.begin(), text.end(), '\n') == 2);
    CHECK(text.find("<<<", 1) == std::string::npos);
    CHECK(text.find(">>>") == text.size() - 3);
  }
}

TEST_CASE("what the checks catch and what they cannot, as docs/record.md has it",
          "[gemini][corpus][verdicts]") {
  std::map<std::string, std::pair<int, int>> rows;  // given, accepted
  const auto count = [&](const std::string& what, const Verdict& verdict,
                         const LabelledCall& call) {
    auto& [given, accepted] = rows[what];
    ++given;
    accepted += checked(verdict, call).needs_review() ? 0 : 1;
  };
  for (const auto& call : test::load_labelled_calls()) {
    if (call.label == "unheard") {
      count("booked, confirmed where nobody heard it", test::claims_booked(call), call);
      continue;
    }
    count("honest", test::honest(call), call);
    if (call.label != "booked") {
      count("booked, of a call without one, with true quotes", test::claims_booked(call), call);
      continue;
    }
    for (const Distortion& distortion : distortions) {
      Verdict verdict = test::honest(call);
      distortion.apply(verdict);
      count(distortion.what, verdict, call);
    }
  }
  std::printf("%-52s %6s %9s %10s\n", "answer of the model", "given", "accepted", "to person");
  for (const auto& [what, counts] : rows) {
    std::printf("%-52s %6d %9d %10d\n", what.c_str(), counts.first, counts.second,
                counts.first - counts.second);
  }
  CHECK(rows["honest"].second == rows["honest"].first);
  CHECK(rows["booked, confirmed where nobody heard it"].second == 0);
  // A lie about what true words mean is beyond any check of words: that is what confidence, the
  // history and backtests are for.
  CHECK(rows["booked, of a call without one, with true quotes"].second <= 29);
}
