// The model's answer, read as strictly as the schema that it was given.
#include <simdjson.h>

#include <algorithm>
#include <iterator>
#include <limits>

#include "gemini/analysis.hpp"
#include "gemini/prompt.hpp"

namespace tandem::gemini {

namespace {

namespace dom = simdjson::dom;

using Problem = std::string_view;
constexpr Problem fine = {};

struct Key {
  std::string_view name;
  bool required = false;
};

/// No key but these, each once, the required ones present.
template <std::size_t count>
Problem check_keys(dom::object object, const Key (&keys)[count]) {
  unsigned seen = 0;
  for (const dom::key_value_pair member : object) {
    unsigned bit = 1;
    for (const Key& key : keys) {
      if (key.name == member.key) break;
      bit <<= 1;
    }
    if (bit == 1U << count) return "unexpected_field";
    if ((seen & bit) != 0) return "duplicate_field";
    seen |= bit;
  }
  for (std::size_t i = 0; i < count; ++i) {
    if (keys[i].required && (seen & 1U << i) == 0) return "missing_field";
  }
  return fine;
}

constexpr Key verdict_keys[] = {
    {"evidence", true}, {"reason", true}, {"outcome", true}, {"confidence", true}, {"appointment"}};
constexpr Key evidence_keys[] = {{"turn", true}, {"quote", true}};
constexpr Key appointment_keys[] = {{"when_text"}, {"date"}, {"time"},  {"party"},
                                    {"service"},   {"name"}, {"phone"}, {"kind"}};

Problem read_text(dom::object object, std::string_view key, std::string& out) {
  std::string_view value;
  if (object[key].get(value) != simdjson::SUCCESS) return "wrong_type";
  out = value;
  return fine;
}

Problem read_optional_text(dom::object object, std::string_view key, std::string& out) {
  dom::element element;
  if (object[key].get(element) != simdjson::SUCCESS || element.is_null()) return fine;
  return read_text(object, key, out);
}

Problem read_evidence_item(dom::element element, Evidence& item) {
  dom::object object;
  if (element.get(object) != simdjson::SUCCESS) return "wrong_type";
  if (const Problem problem = check_keys(object, evidence_keys); !problem.empty()) return problem;
  std::int64_t turn = 0;
  if (object["turn"].get(turn) != simdjson::SUCCESS) return "wrong_type";
  if (turn < 0 || turn > std::numeric_limits<std::int32_t>::max()) return "turn_out_of_range";
  item.turn = static_cast<std::int32_t>(turn);
  return read_text(object, "quote", item.quote);
}

Problem read_evidence(dom::object object, std::vector<Evidence>& evidence) {
  dom::array items;
  if (object["evidence"].get(items) != simdjson::SUCCESS) return "wrong_type";
  if (items.size() > evidence_max) return "too_much_evidence";
  for (const dom::element element : items) {
    const Problem problem = read_evidence_item(element, evidence.emplace_back());
    if (!problem.empty()) return problem;
  }
  return fine;
}

Problem read_outcome(dom::object object, Outcome& outcome) {
  std::string_view word;
  if (object["outcome"].get(word) != simdjson::SUCCESS) return "wrong_type";
  for (const Outcome known : {Outcome::booked, Outcome::not_booked, Outcome::unclear}) {
    if (to_string(known) != word) continue;
    outcome = known;
    return fine;
  }
  return "unknown_outcome";
}

Problem read_confidence(dom::object object, double& confidence) {
  if (object["confidence"].get(confidence) != simdjson::SUCCESS) return "wrong_type";
  return confidence >= 0 && confidence <= 1 ? fine : "confidence_out_of_range";
}

Problem read_party(dom::object object, std::optional<std::int64_t>& party) {
  dom::element element;
  if (object["party"].get(element) != simdjson::SUCCESS || element.is_null()) return fine;
  std::int64_t persons = 0;
  if (element.get(persons) != simdjson::SUCCESS) return "wrong_type";
  party = persons;
  return fine;
}

bool is_known_kind(std::string_view kind) noexcept {
  return kind.empty() || std::find(std::begin(appointment_kinds), std::end(appointment_kinds),
                                   kind) != std::end(appointment_kinds);
}

Problem read_appointment(dom::object object, std::optional<Appointment>& appointment) {
  dom::element element;
  if (object["appointment"].get(element) != simdjson::SUCCESS || element.is_null()) return fine;
  dom::object parts;
  if (element.get(parts) != simdjson::SUCCESS) return "wrong_type";
  if (const Problem problem = check_keys(parts, appointment_keys); !problem.empty()) return problem;
  appointment.emplace();
  for (const auto& [key, out] :
       {std::pair{"when_text", &appointment->when_text}, std::pair{"date", &appointment->date},
        std::pair{"time", &appointment->time}, std::pair{"service", &appointment->service},
        std::pair{"name", &appointment->name}, std::pair{"phone", &appointment->phone},
        std::pair{"kind", &appointment->kind}}) {
    if (const Problem problem = read_optional_text(parts, key, *out); !problem.empty())
      return problem;
  }
  if (const Problem problem = read_party(parts, appointment->party); !problem.empty())
    return problem;
  return is_known_kind(appointment->kind) ? fine : Problem("unknown_kind");
}

Problem read_verdict(dom::object object, Verdict& verdict) {
  Problem problem = check_keys(object, verdict_keys);
  if (problem.empty()) problem = read_evidence(object, verdict.evidence);
  if (problem.empty()) problem = read_text(object, "reason", verdict.reason);
  if (problem.empty()) problem = read_outcome(object, verdict.outcome);
  if (problem.empty()) problem = read_confidence(object, verdict.confidence);
  if (problem.empty()) problem = read_appointment(object, verdict.appointment);
  return problem;
}

}  // namespace

core::Result<Verdict, std::string> parse_verdict(std::string_view json) {
  dom::parser parser;
  dom::element root;
  if (json.find_first_not_of(" \t\r\n") == json.npos) return core::Failure{std::string("no_text")};
  if (parser.parse(json.data(), json.size()).get(root) != simdjson::SUCCESS) {
    const bool fenced = json.substr(json.find_first_not_of(" \t\r\n")).starts_with("```");
    return core::Failure{std::string(fenced ? "fenced_json" : "not_json")};
  }
  dom::object object;
  if (root.get(object) != simdjson::SUCCESS) return core::Failure{std::string("not_an_object")};
  Verdict verdict;
  const Problem problem = read_verdict(object, verdict);
  if (!problem.empty()) return core::Failure{std::string(problem)};
  return verdict;
}

}  // namespace tandem::gemini
