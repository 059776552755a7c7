#include "store/verdict_parts.hpp"

#include <simdjson.h>

#include <string>
#include <utility>

namespace tandem::store {

namespace {

/// Objects of the form {"seq": number, `text_name`: text}.
template <class Item>
std::vector<Item> parse_lines(std::string_view json, std::string_view text_name) {
  simdjson::dom::parser parser;
  simdjson::dom::array array;
  std::vector<Item> items;
  if (parser.parse(json.data(), json.size()).get(array) != simdjson::SUCCESS) return items;
  for (const auto item : array) {
    std::int64_t seq = 0;
    std::string_view text;
    if (item["seq"].get(seq) == simdjson::SUCCESS &&
        item[text_name].get(text) == simdjson::SUCCESS) {
      items.push_back({static_cast<std::int32_t>(seq), std::string(text)});
    }
  }
  return items;
}

}  // namespace

std::vector<Evidence> parse_evidence(std::string_view json) {
  return parse_lines<Evidence>(json, "quote");
}

std::vector<SuspiciousLine> parse_suspicions(std::string_view json) {
  return parse_lines<SuspiciousLine>(json, "what");
}

std::optional<AgreedAppointment> parse_appointment(std::string_view json) {
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  if (parser.parse(json.data(), json.size()).get(object) != simdjson::SUCCESS) return std::nullopt;
  AgreedAppointment appointment;
  for (const auto& [name, member] :
       {std::pair{"when_text", &AgreedAppointment::when_text},
        std::pair{"date", &AgreedAppointment::date}, std::pair{"time", &AgreedAppointment::time},
        std::pair{"service", &AgreedAppointment::service},
        std::pair{"name", &AgreedAppointment::name}, std::pair{"phone", &AgreedAppointment::phone},
        std::pair{"kind", &AgreedAppointment::kind}}) {
    std::string_view text;
    if (object[name].get(text) == simdjson::SUCCESS) appointment.*member = text;
  }
  std::int64_t party = 0;
  if (object["party"].get(party) == simdjson::SUCCESS) appointment.party = party;
  return appointment;
}

}  // namespace tandem::store
