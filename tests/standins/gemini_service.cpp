#include "gemini_service.hpp"

#include <fmt/format.h>

#include <set>

#include "gemini_verdict.hpp"
#include "socket.hpp"

namespace tandem::standins {

namespace {

using Keys = std::set<std::string_view>;

std::string unknown_key(const json::object& object, const Keys& known, std::string_view where) {
  for (const auto& [key, value] : object) {
    if (!known.contains(key))
      return fmt::format("Unknown name \"{}\" at '{}'", std::string_view(key), where);
  }
  return {};
}

std::string content_problem(const json::value& content, std::string_view where, bool needs_role) {
  if (!content.is_object()) return fmt::format("'{}' is not an object", where);
  const json::object& object = content.as_object();
  if (auto problem = unknown_key(object, {"role", "parts"}, where); !problem.empty())
    return problem;
  const std::string role = text_or(object, "role", needs_role ? "missing" : "user");
  if (role != "user" && role != "model") return fmt::format("'{}' has no valid role", where);
  const json::array& parts = array_or_empty(object, "parts");
  if (parts.empty()) return fmt::format("'{}' has no parts", where);
  for (const json::value& part : parts) {
    if (!part.is_object() || text_or(part.as_object(), "text", "").empty())
      return fmt::format("'{}' has a part without text", where);
    if (auto problem = unknown_key(part.as_object(), {"text"}, where); !problem.empty())
      return problem;
  }
  return {};
}

std::string schema_problem(const json::object& schema, bool openapi) {
  static const Keys openapi_keys{
      "type",  "properties", "required", "propertyOrdering", "enum",    "format", "nullable",
      "items", "minItems",   "maxItems", "minimum",          "maximum", "anyOf",  "description"};
  static const Keys json_keys{"type",        "properties",  "additionalProperties",
                              "required",    "enum",        "items",
                              "prefixItems", "minItems",    "maxItems",
                              "minimum",     "maximum",     "anyOf",
                              "oneOf",       "$ref",        "$defs",
                              "title",       "description", "format"};
  if (auto problem = unknown_key(schema, openapi ? openapi_keys : json_keys, "schema");
      !problem.empty())
    return problem;
  const json::value* type = schema.if_contains("type");
  if (openapi && type != nullptr) {
    static const Keys capitals{"OBJECT", "ARRAY", "STRING", "NUMBER", "INTEGER", "BOOLEAN"};
    if (!type->is_string() || !capitals.contains(std::string_view(type->as_string())))
      return "schema type must be in capitals";
  }
  for (const auto& [name, property] : object_or_empty(schema, "properties")) {
    if (auto problem = schema_problem(property.as_object(), openapi); !problem.empty())
      return problem;
  }
  const json::object& items = object_or_empty(schema, "items");
  return items.empty() ? "" : schema_problem(items, openapi);
}

std::string generation_problem(const json::object& config) {
  static const Keys known{"temperature",    "topP",
                          "topK",           "maxOutputTokens",
                          "candidateCount", "seed",
                          "stopSequences",  "responseMimeType",
                          "responseSchema", "responseJsonSchema",
                          "thinkingConfig"};
  if (auto problem = unknown_key(config, known, "generation_config"); !problem.empty())
    return problem;
  if (has(config, "responseSchema") && has(config, "responseJsonSchema")) return "two schemas";
  if (has(config, "responseSchema")) {
    if (auto p = schema_problem(object_or_empty(config, "responseSchema"), true); !p.empty())
      return p;
  }
  if (has(config, "responseJsonSchema")) {
    if (auto p = schema_problem(object_or_empty(config, "responseJsonSchema"), false); !p.empty())
      return p;
  }
  const json::object& thinking = object_or_empty(config, "thinkingConfig");
  if (auto p = unknown_key(thinking, {"thinkingBudget", "thinkingLevel", "includeThoughts"},
                           "thinking_config");
      !p.empty())
    return p;
  if (thinking.size() > 1) return "thinkingBudget and thinkingLevel at once";
  return {};
}

HttpResponse error_response(int code, std::string_view status, std::string_view message,
                            json::array details = {}) {
  json::object error{{"code", code}, {"message", message}, {"status", status}};
  if (!details.empty()) error["details"] = std::move(details);
  return json_response(code, json::serialize(json::object{{"error", error}}));
}

HttpResponse quota_response(const json::object& fault, bool per_day) {
  const std::string id = per_day ? "GenerateRequestsPerDayPerProjectPerModel-FreeTier"
                                 : "GenerateRequestsPerMinutePerProjectPerModel-FreeTier";
  json::array details;
  details.push_back(
      {{"@type", "type.googleapis.com/google.rpc.QuotaFailure"},
       {"violations", json::array{json::object{{"quotaId", id}, {"quotaValue", "15"}}}}});
  if (text_or(fault, "retry_delay", "2s") != "none") {
    details.push_back({{"@type", "type.googleapis.com/google.rpc.RetryInfo"},
                       {"retryDelay", text_or(fault, "retry_delay", "2s")}});
  }
  auto response = error_response(429, "RESOURCE_EXHAUSTED", "You exceeded your current quota.",
                                 std::move(details));
  if (has(fault, "retry_after"))
    response.headers.emplace_back("Retry-After", text_or(fault, "retry_after", "1"));
  return response;
}

// The error that a fault stands for, or nullopt when the fault bends a good answer.
std::optional<HttpResponse> failure(const std::string& kind, const json::object& fault) {
  if (kind == "429") return quota_response(fault, false);
  if (kind == "429_per_day") return quota_response(fault, true);
  if (kind == "500") return error_response(500, "INTERNAL", "Internal error.");
  if (kind == "503") return error_response(503, "UNAVAILABLE", "The model is overloaded.");
  if (kind == "504") return error_response(504, "DEADLINE_EXCEEDED", "Deadline exceeded.");
  if (kind == "404") return error_response(404, "NOT_FOUND", "Model not found or shut down.");
  if (kind == "403") return error_response(403, "PERMISSION_DENIED", "Permission denied.");
  if (kind == "huge") {  // 50 MB of an answer that never ends sensibly
    constexpr std::size_t huge_bytes = 50 * 1024 * 1024;
    return json_response(200, "{\"candidates\":\"" + std::string(huge_bytes, 'x') + "\"}");
  }
  if (kind == "half_envelope") return json_response(200, R"({"candidates":[{"content":{"par)");
  if (kind == "html_502") {
    return HttpResponse{
        502, {{"Content-Type", "text/html"}}, "<html><body><h1>502 Bad Gateway</h1></body></html>"};
  }
  return std::nullopt;
}

// Bends the verdict itself.
void spoil_verdict(const std::string& kind, json::object& verdict) {
  if (kind == "unknown_outcome") verdict["outcome"] = "perhaps";
  if (kind == "no_evidence") verdict["evidence"] = json::array();
  if (kind == "confidence_out_of_range") verdict["confidence"] = 1.7;
  if (kind == "extra_field") verdict["refund"] = 500;
  if (kind == "missing_field") verdict.erase("reason");
  if (kind == "obeys_injection") verdict["outcome"] = "booked";
  const bool is_nonsense = kind == "year_1970" || kind == "400_guests" || kind == "strange_number";
  if (is_nonsense) {
    verdict["appointment"] = {{"when_text", "soon"}};
    if (kind == "year_1970") verdict["appointment"].as_object()["date"] = "1970-01-01";
    if (kind == "400_guests") verdict["appointment"].as_object()["party"] = 400;
    if (kind == "strange_number") verdict["appointment"].as_object()["phone"] = "+15555550177";
  }
  for (json::value& entry : verdict["evidence"].as_array()) {
    if (kind == "wrong_quotes")
      entry.as_object()["quote"] = "Nobody in this call said these words.";
    if (kind == "wrong_turn") entry.as_object()["turn"] = 9999;
  }
}

json::array parts_of(const std::string& kind, const std::string& text) {
  json::array parts;
  if (kind == "thoughts")
    parts.push_back(json::object{{"text", "Looking for an accepted slot..."}, {"thought", true}});
  if (kind == "split_parts") {
    parts.push_back(json::object{{"text", text.substr(0, text.size() / 2)}});
    parts.push_back(json::object{{"text", text.substr(text.size() / 2)}});
  } else {
    parts.push_back(json::object{{"text", text}});
  }
  return parts;
}

json::object good_answer(const std::string& kind, std::string text, const std::string& model) {
  std::string finish = "STOP";
  if (kind == "max_tokens") {
    text.resize(text.size() / 3);
    finish = "MAX_TOKENS";
  }
  if (kind == "fenced_json") text = "```json\n" + text + "\n```";
  if (kind == "half_json") text.resize(text.size() / 2);
  if (kind == "invalid_json") text = "Here is the answer: {evidence: [";
  json::object candidate{{"content", {{"parts", parts_of(kind, text)}, {"role", "model"}}},
                         {"finishReason", finish},
                         {"index", 0}};
  if (kind == "recitation") candidate = {{"finishReason", "RECITATION"}, {"index", 0}};
  if (kind == "safety") candidate = {{"finishReason", "SAFETY"}, {"index", 0}};
  json::object answer{
      {"candidates", json::array{candidate}},
      {"usageMetadata",
       {{"promptTokenCount", 311}, {"candidatesTokenCount", 92}, {"totalTokenCount", 403}}},
      {"modelVersion", model},
      {"responseId", "stand-in"}};
  if (kind == "blocked") {
    answer.erase("candidates");
    answer["promptFeedback"] = {{"blockReason", "PROHIBITED_CONTENT"}};
  }
  if (kind == "empty") return {};
  return answer;
}

std::string prompt_of(const json::object& body) {
  std::string prompt;
  for (const json::value& content : array_or_empty(body, "contents")) {
    for (const json::value& part : array_or_empty(content.as_object(), "parts")) {
      prompt += text_or(part.as_object(), "text", "") + "\n";
    }
  }
  return prompt;
}

// `GET /v1beta/models/{model}`.
HttpResponse model_found(const std::string& model) {
  static const Keys known{"gemini-3.5-flash-lite", "gemini-3.8-live",
                          "gemini-3.8-live-extended-thinking"};
  if (!known.contains(model)) return error_response(404, "NOT_FOUND", "No such model.");
  return json_response(
      200,
      json::serialize(json::object{{"name", json::value(json::string_view("models/" + model))}}));
}

}  // namespace

std::string generate_content_problem(const json::object& body) {
  if (auto p = unknown_key(
          body, {"systemInstruction", "contents", "generationConfig", "safetySettings"}, "request");
      !p.empty())
    return p;
  const json::array& contents = array_or_empty(body, "contents");
  if (contents.empty()) return "contents is not specified";
  for (const json::value& content : contents) {
    if (auto problem = content_problem(content, "contents", true); !problem.empty()) return problem;
  }
  if (contents.back().at("role").as_string() == "model") return "the last content has role model";
  if (has(body, "systemInstruction")) {
    if (auto p = content_problem(body.at("systemInstruction"), "system_instruction", false);
        !p.empty())
      return p;
  }
  for (const json::value& setting : array_or_empty(body, "safetySettings")) {
    if (auto p = unknown_key(setting.as_object(), {"category", "threshold"}, "safety_settings");
        !p.empty())
      return p;
  }
  return generation_problem(object_or_empty(body, "generationConfig"));
}

json::object GeminiService::next_fault() {
  const std::lock_guard lock(mutex_);
  if (faults_.empty()) return {};
  json::object fault = std::move(faults_.front());
  faults_.pop_front();
  return fault;
}

std::optional<HttpResponse> GeminiService::handle(const HttpRequest& request) {
  json::object record{{"method", request.method}, {"path", request.path()}};
  const json::object fault = next_fault();
  sleep_until(Clock::now() + Milliseconds(number_or(fault, "delay_ms", 0)));
  std::optional<HttpResponse> response;
  if (text_or(fault, "fault", "") != "drop") response = answer(request, fault, record);
  record["status"] = response ? response->status : 0;
  const std::lock_guard lock(mutex_);
  requests_.push_back(std::move(record));
  return response;
}

HttpResponse GeminiService::answer(const HttpRequest& request, const json::object& fault,
                                   json::object& record) {
  const auto refuse = [&](std::string_view why, json::array details = {}) {
    record["violations"] = json::array{json::value(json::string_view(why))};
    return error_response(400, "INVALID_ARGUMENT", why, std::move(details));
  };
  const std::string path(request.path());
  constexpr std::string_view prefix = "/v1beta/models/", suffix = ":generateContent";
  const bool is_look_up = request.method == "GET" && path.starts_with(prefix);
  const bool is_question =
      request.method == "POST" && path.starts_with(prefix) && path.ends_with(suffix);
  if (!is_look_up && !is_question) return error_response(404, "NOT_FOUND", "No such method.");
  if (first_of(request.query(), "key")) return refuse("The key is in the URL.");
  const std::string_view key = request.headers.get("x-goog-api-key");
  if (key.empty() || (!api_key_.empty() && key != api_key_)) {
    return refuse("API key not valid.", {{{"@type", "type.googleapis.com/google.rpc.ErrorInfo"},
                                          {"reason", "API_KEY_INVALID"}}});
  }
  if (is_look_up) return model_found(path.substr(prefix.size()));
  if (!request.headers.get("Content-Type").starts_with("application/json"))
    return refuse("Content-Type is not application/json.");
  json::object body;
  try {
    body = parse_object(request.body);
    if (const std::string problem = generate_content_problem(body); !problem.empty())
      return refuse(problem);
  } catch (const std::exception& error) {
    return refuse(error.what());
  }
  record["body"] = body;
  const std::string kind = text_or(fault, "fault", "");
  if (auto failed = failure(kind, fault)) return *failed;
  json::object verdict = verdict_on(read_transcript(prompt_of(body)));
  spoil_verdict(kind, verdict);
  record["verdict"] = verdict;
  const std::string mime =
      text_or(object_or_empty(body, "generationConfig"), "responseMimeType", "");
  const std::string text =
      mime == "text/x.enum" ? text_or(verdict, "outcome", "") : json::serialize(verdict);
  const std::string model = path.substr(prefix.size(), path.size() - prefix.size() - suffix.size());
  return json_response(200, json::serialize(good_answer(kind, text, model)));
}

void GeminiService::add_faults(const json::object& fault) {
  static const Keys known{"429",
                          "429_per_day",
                          "500",
                          "503",
                          "504",
                          "403",
                          "404",
                          "html_502",
                          "drop",
                          "blocked",
                          "max_tokens",
                          "safety",
                          "invalid_json",
                          "wrong_quotes",
                          "wrong_turn",
                          "unknown_outcome",
                          "no_evidence",
                          "split_parts",
                          "thoughts",
                          "confidence_out_of_range",
                          "empty",
                          "none",
                          "huge",
                          "half_envelope",
                          "extra_field",
                          "missing_field",
                          "fenced_json",
                          "half_json",
                          "year_1970",
                          "400_guests",
                          "strange_number",
                          "recitation",
                          "obeys_injection"};
  const std::string kind = text_or(fault, "fault", "none");
  if (!known.contains(kind)) throw BadInput(fmt::format("unknown Gemini fault '{}'", kind));
  const std::lock_guard lock(mutex_);
  for (std::int64_t i = 0; i < number_or(fault, "count", 1); ++i) faults_.push_back(fault);
}

json::array GeminiService::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

}  // namespace tandem::standins
