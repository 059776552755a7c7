#include "store/verdict_words.hpp"

#include <fmt/format.h>

#include "store/json_text.hpp"

namespace tandem::store {

namespace {

constexpr std::string_view reason_place = "verdicts|reason";

/// change(place, text) for everything that an AnalysisOutcome and a Verdict both hold.
template <class Judgement, class Change>
void change_words(Judgement& judgement, const Change& change) {
  for (std::size_t i = 0; i < judgement.evidence.size(); ++i) {
    change(fmt::format("verdicts|evidence:{}", i), judgement.evidence[i].quote);
  }
  change(reason_place, judgement.reason);
  if (!judgement.appointment) return;
  auto& appointment = *judgement.appointment;
  change("verdicts|appointment:when_text", appointment.when_text);
  change("verdicts|appointment:date", appointment.date);
  change("verdicts|appointment:time", appointment.time);
  change("verdicts|appointment:service", appointment.service);
  change("verdicts|appointment:name", appointment.name);
  change("verdicts|appointment:phone", appointment.phone);
}

}  // namespace

AnalysisOutcome with_sealed_words(Connection& connection, const std::string& call_id,
                                  const AnalysisOutcome& outcome) {
  CallSeals seals(connection);
  AnalysisOutcome sealed = outcome;
  if (!seals.is_on()) return sealed;
  const auto seal = [&](std::string_view place, std::string& text) {
    if (!text.empty()) text = seals.seal(call_id, place, sanitise_text(text).text);
  };
  change_words(sealed, seal);
  seal("verdicts|raw", sealed.raw);
  return sealed;
}

void open_words(CallSeals& seals, const std::string& call_id, Verdict& verdict) {
  change_words(verdict, [&](std::string_view place, std::string& text) {
    text = seals.open(call_id, place, std::move(text));
  });
}

std::string open_reason(CallSeals& seals, const std::string& call_id, std::string reason) {
  return seals.open(call_id, reason_place, std::move(reason));
}

}  // namespace tandem::store
