// Gemini's generateContent as a listening party (ai.google.dev "generateContent"): key, strict
// body, verdict, errors on demand.
#pragma once

#include <deque>
#include <mutex>
#include <optional>
#include <string>

#include "http.hpp"
#include "json.hpp"

namespace tandem::standins {

class GeminiService {
 public:
  explicit GeminiService(std::string api_key) : api_key_(std::move(api_key)) {}

  // nullopt: drop the connection.
  std::optional<HttpResponse> handle(const HttpRequest& request);

  void add_faults(const json::object& fault);
  json::array requests() const;

 private:
  HttpResponse answer(const HttpRequest& request, const json::object& fault, json::object& record);
  json::object next_fault();

  const std::string api_key_;
  mutable std::mutex mutex_;
  std::deque<json::object> faults_;
  json::array requests_;
};

// Empty, or the first thing that Google would refuse in a generateContent body.
std::string generate_content_problem(const json::object& body);

}  // namespace tandem::standins
