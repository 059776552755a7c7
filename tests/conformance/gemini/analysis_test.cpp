// generateContent: our request against the vendor-checked one, and every answer and error example
// read.
#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "gemini/analysis.hpp"
#include "gemini/prompt.hpp"
#include "tests/conformance/vectors.hpp"
#include "tests/unit/catch.hpp"

using namespace tandem;
using gemini::FailureKind;
using gemini::Outcome;
namespace dom = simdjson::dom;

namespace {

const std::vector<gemini::TranscriptTurn> booked_call = {
    {0, core::Speaker::assistant, "Bramble Lane Dental, this is an AI assistant. How can I help?"},
    {1, core::Speaker::user, "Hi, I'd like to book a check-up for Thursday."},
    {2, core::Speaker::assistant, "I have 10:20 or 14:40 on Thursday. Which suits you?"},
    {3, core::Speaker::user, "Twenty past ten, please. It's for Dana Whitlock."},
    {4, core::Speaker::assistant, "You're booked for Thursday at 10:20, Dana. See you then."},
    {5, core::Speaker::user, "Great, bye."},
};

gemini::AnalysisSettings settings_for(const std::string& model) {
  gemini::AnalysisSettings settings;
  REQUIRE(core::parse_url("https://generativelanguage.googleapis.com/v1beta", settings.base_url));
  settings.model = model;
  settings.api_key = core::Secret("EXAMPLE-KEY");
  return settings;
}

/// The answers by name, as the network would hand them over.
std::map<std::string, core::OutgoingResponse> answers(std::string_view list) {
  const auto file = conformance::load_vectors("gemini/responses.json");
  dom::parser parser;
  const dom::element root = parser.parse(file);
  std::map<std::string, core::OutgoingResponse> all;
  for (const auto example : root[list].get_array()) {
    core::OutgoingResponse response;
    response.status = static_cast<int>(std::int64_t(example["status"]));
    response.body = simdjson::minify(dom::element(example["body"]));
    all[std::string(std::string_view(example["name"]))] = response;
  }
  return all;
}

std::string vector_body(std::string_view pointer) {
  const auto file = conformance::load_vectors("gemini/requests.json");
  dom::parser parser;
  return simdjson::minify(dom::element(dom::element(parser.parse(file)).at_pointer(pointer)));
}

}  // namespace

TEST_CASE("our Gemini request equals the SDK-checked one but for the wording of the instruction",
          "[gemini][conformance]") {
  const auto request = build_request(settings_for("gemini-3.5-flash-lite"), booked_call);
  CHECK(request.method == "POST");
  CHECK(request.url.host == "generativelanguage.googleapis.com");
  CHECK(request.url.target == "/v1beta/models/gemini-3.5-flash-lite:generateContent");
  dom::parser ours_parser;
  dom::parser theirs_parser;
  const std::string text = vector_body("/requests/1/body");
  const dom::element ours = ours_parser.parse(request.body);
  const dom::element theirs = theirs_parser.parse(text);
  CHECK(conformance::json_equal(ours["contents"], theirs["contents"]));
  CHECK(conformance::json_equal(ours["generationConfig"], theirs["generationConfig"]));
  CHECK(dom::object(ours).size() == dom::object(theirs).size());
  CHECK(dom::array(ours["systemInstruction"]["parts"]).size() == 1);
  const std::string_view instruction = ours.at_pointer("/systemInstruction/parts/0/text");
  const std::string_view example = theirs.at_pointer("/systemInstruction/parts/0/text");
  CHECK(instruction == gemini::system_prompt);
  CHECK(instruction.substr(0, 300) == example.substr(0, 300));
}

TEST_CASE("a Gemini 2 model gets a thinking budget instead of a level", "[gemini][conformance]") {
  const auto request = build_request(settings_for("gemini-2.5-flash-lite"), booked_call);
  dom::parser ours_parser;
  dom::parser theirs_parser;
  const std::string text = vector_body("/requests/0/body/generationConfig");
  const dom::element config = dom::element(ours_parser.parse(request.body))["generationConfig"];
  const dom::element theirs = theirs_parser.parse(text);
  CHECK(conformance::json_equal(config["thinkingConfig"], theirs["thinkingConfig"]));
  CHECK(conformance::json_equal(config["temperature"], theirs["temperature"]));
}

TEST_CASE("the Gemini answers that stopped properly give the verdict that the SDK reads",
          "[gemini][conformance]") {
  const auto all = answers("responses");
  CHECK(all.size() == 8);
  const std::map<std::string, Outcome> expected = {
      {"stop_booked", Outcome::booked},
      {"stop_text_split_over_parts", Outcome::not_booked},
      {"stop_with_thought_part", Outcome::unclear}};
  for (const auto& [name, outcome] : expected) {
    INFO(name);
    const auto answer = gemini::parse_response(all.at(name));
    REQUIRE(answer.ok());
    CHECK(answer->verdict.outcome == outcome);
    CHECK(answer->raw.starts_with("{\"evidence\":"));
    CHECK(answer->model_version.starts_with("gemini-"));
    CHECK(answer->prompt_tokens > 290);
  }
  const auto booked = gemini::parse_response(all.at("stop_booked"));
  CHECK(booked->verdict.confidence == Approx(0.97));
  REQUIRE(booked->verdict.evidence.size() == 2);
  CHECK(booked->verdict.evidence[1].turn == 4);
  CHECK(booked->verdict.appointment->name == "Dana Whitlock");
  CHECK(booked->output_tokens == 92);
  CHECK(gemini::parse_response(all.at("stop_with_thought_part"))->output_tokens == 44 + 37);
  const auto conclusion = check_verdict(booked->verdict, booked_call);
  CHECK(conclusion.outcome == Outcome::booked);
  CHECK_FALSE(conclusion.needs_review());
}

TEST_CASE("G04: every other Gemini answer example is a failure with its reason, never a verdict",
          "[gemini][conformance]") {
  const auto all = answers("responses");
  const std::map<std::string, std::pair<FailureKind, std::string>> expected = {
      {"max_tokens_truncated", {FailureKind::blocked, "finish_max_tokens"}},
      {"max_tokens_no_text", {FailureKind::blocked, "finish_max_tokens"}},
      {"candidate_blocked", {FailureKind::blocked, "finish_safety"}},
      {"prompt_blocked", {FailureKind::blocked, "prompt_prohibited_content"}},
      {"malformed_response", {FailureKind::blocked, "finish_malformed_response"}},
  };
  for (const auto& [name, failure] : expected) {
    INFO(name);
    const auto answer = gemini::parse_response(all.at(name));
    REQUIRE_FALSE(answer.ok());
    CHECK(to_string(answer.error().kind) == to_string(failure.first));
    CHECK(answer.error().reason == failure.second);
  }
}

TEST_CASE("G01 G02 G03: every Gemini error example has its class", "[gemini][conformance]") {
  const auto all = answers("errors");
  CHECK(all.size() == 9);
  const std::map<std::string, std::pair<FailureKind, std::string>> expected = {
      {"429_quota", {FailureKind::transient, "rate_limited"}},
      {"429_without_details", {FailureKind::transient, "rate_limited"}},
      {"400_bad_key", {FailureKind::permanent, "bad_key"}},
      {"400_bad_field", {FailureKind::permanent, "bad_request"}},
      {"403_denied", {FailureKind::permanent, "permission_denied"}},
      {"404_model", {FailureKind::permanent, "model_not_found"}},
      {"500_internal", {FailureKind::transient, "internal"}},
      {"503_overloaded", {FailureKind::transient, "overloaded"}},
      {"504_deadline", {FailureKind::transient, "deadline_exceeded"}},
  };
  for (const auto& [name, failure] : expected) {
    INFO(name);
    const auto answer = gemini::parse_response(all.at(name));
    REQUIRE_FALSE(answer.ok());
    CHECK(to_string(answer.error().kind) == to_string(failure.first));
    CHECK(answer.error().reason == failure.second);
    CHECK(answer.error().retry_after.has_value() == (name == "429_quota"));
  }
  CHECK(gemini::parse_response(all.at("429_quota")).error().retry_after ==
        std::chrono::seconds(38));
}

TEST_CASE("every Gemini verdict example passes the schema check", "[gemini][conformance]") {
  const auto file = conformance::load_vectors("gemini/verdicts.json");
  dom::parser parser;
  const dom::element root = parser.parse(file);
  int seen = 0;
  for (const auto example : root["verdicts"].get_array()) {
    const auto verdict = gemini::parse_verdict(simdjson::minify(dom::element(example["value"])));
    REQUIRE(verdict.ok());
    CHECK(to_string(verdict->outcome) == std::string_view(example["name"]));
    ++seen;
  }
  CHECK(seen == 3);
}
