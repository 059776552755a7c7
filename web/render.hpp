// What the API answers, as JSON. Field names follow the columns of schema `bridge`; null stands for
// "not known". web/dashboard/src/lib/api.ts has the same shapes, tests/browser/fixtures holds one
// example of each.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/analytics_queries.hpp"
#include "store/queries.hpp"
#include "web/json.hpp"

namespace tandem::web {

/// The one word for a call's outcome: "booked", "not_booked", "unclear"; "pending" until it is
/// judged; "needs_review", "failed" when it could not be; "none" when the call is over and there
/// was no conversation to judge.
std::string_view outcome_label(const store::CallRow& call) noexcept;

/// `leaves_out_sealed`: of a search, whether there are calls whose words it cannot find.
std::string render_calls(const store::CallPage& page,
                         std::optional<bool> leaves_out_sealed = std::nullopt);
/// One call as in that list.
std::string render_call_summary(const store::CallRow& call);
/// `latency` is what the finished call measured, nothing while it runs.
std::string render_call(const store::CallDetail& detail,
                        const std::optional<store::CallLatency>& latency);
/// One call of an export: what render_call has without what was measured.
std::string render_exported(const store::CallDetail& detail);
std::string render_transcript(std::string_view call_id,
                              const std::vector<store::TranscriptLine>& lines);
std::string render_events(std::string_view call_id, const std::vector<store::EventLine>& events);
std::string render_latency(std::string_view call_id,
                           const std::optional<store::CallLatency>& latency);
/// One turn as an object: {"turn","stages":[{"name","us"}],"unexplained_us","gap_us"}.
void write_turn(JsonWriter& json, const core::TurnLatency& turn);
std::string render_report(const store::Report& report, store::ReportBucket bucket);

}  // namespace tandem::web
