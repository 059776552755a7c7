#include "bridge/placed_calls.hpp"

namespace tandem {

namespace {

/// A survey that began before a claim was committed does not show it, and one that the database did
/// not answer shows nothing.
constexpr int surveys_missed_max = 3;

}  // namespace

void PlacedCalls::add(const core::CallId& id, PlacedCall call) {
  calls_[id] = Known{std::move(call)};
}

void PlacedCalls::update(const store::DialSurvey& survey) {
  for (auto& [id, known] : calls_) ++known.surveys_missed;
  for (const auto& open : survey.calls) {
    Known& known = calls_[open.standing.id];
    known.surveys_missed = 0;
    known.call.purpose = open.purpose;
    known.call.message = open.message;
    if (!open.standing.carrier_call_id.empty())
      known.call.carrier_call_id = open.standing.carrier_call_id;
    if (known.call.answered_by.empty()) known.call.answered_by = open.answered_by;
    known.call.is_unwanted = open.standing.is_on_list || survey.facts.is_stopped;
  }
  std::erase_if(calls_,
                [](const auto& item) { return item.second.surveys_missed > surveys_missed_max; });
}

PlacedCall* PlacedCalls::find(const core::CallId& id) {
  const auto found = calls_.find(id);
  return found == calls_.end() ? nullptr : &found->second.call;
}

PlacedCalls::Verdict PlacedCalls::judge(const core::CallId& id,
                                        const core::CarrierCallId& carrier_call_id) {
  PlacedCall* call = find(id);
  if (call == nullptr) return Verdict::not_known;
  if (!call->carrier_call_id.empty() && call->carrier_call_id != carrier_call_id)
    return Verdict::other_call;
  call->carrier_call_id = carrier_call_id;
  return call->is_unwanted ? Verdict::unwanted : Verdict::expected;
}

}  // namespace tandem
