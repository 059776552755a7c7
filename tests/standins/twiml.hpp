// TwiML as Twilio reads it: XML checked strictly (error 12100), then verbs and attributes by name,
// case sensitive (12200). Pure; twilio_call runs the result.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "encoding.hpp"

namespace tandem::standins {

struct TwimlElement {
  std::string name;
  Fields attributes;
  std::string text;  // character data, entities resolved, blanks at both ends removed
  std::vector<TwimlElement> children;

  std::string attribute(std::string_view key, std::string_view fallback = {}) const {
    return first_of(attributes, key).value_or(std::string(fallback));
  }
};

struct TwimlDocument {
  int error = 0;  // 0, or Twilio's code: 11750 too large, 12100 not XML or no <Response>
  std::string reason;
  std::vector<TwimlElement> verbs;
  std::vector<std::string>
      warnings;  // 12200: unknown verbs, nouns and attributes, which Twilio skips
};

TwimlDocument parse_twiml(std::string_view body);

}  // namespace tandem::standins
