// Was the call a booking? One question to Gemini `generateContent`, asked after the call: the
// request, the reading of the answer, and the check of the answer against the transcript. Pure: who
// sends, retries and stores is the job queue's. A technical failure never becomes "not booked"; a
// verdict counts only with quotes that the transcript has.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bridge/core/http.hpp"
#include "bridge/core/result.hpp"
#include "bridge/core/types.hpp"
#include "gemini/appointment.hpp"
#include "gemini/prompt.hpp"
#include "gemini/suspicion.hpp"
#include "gemini/transcript.hpp"

namespace tandem::gemini {

struct AnalysisSettings {
  core::Url base_url;  ///< https://generativelanguage.googleapis.com/v1beta
  std::string model;   ///< "gemini-3.5-flash-lite"
  core::Secret api_key;
  bool mask_personal_data = true;
  int output_tokens_max = 1024;  ///< thinking counts too
  std::string instructions = std::string(system_prompt);
  std::string prompt_version = std::string(gemini::prompt_version);  ///< names `instructions`
};

/// POST {base_url}/models/{model}:generateContent; the key in the header `x-goog-api-key` only
/// (G11).
/// The transcript is a JSON string of its own in it, never spliced into ours (G08).
core::OutgoingRequest build_request(const AnalysisSettings& settings,
                                    std::span<const TranscriptTurn> turns,
                                    const CallFacts& facts = {});

struct AnalysisFailure;
/// The one repair of an answer that was none (G05): the question, that answer as far as there was
/// one, what is wrong with it, and the wish for another.
core::OutgoingRequest build_repair_request(const AnalysisSettings& settings,
                                           std::span<const TranscriptTurn> turns,
                                           const CallFacts& facts, const AnalysisFailure& failure);

enum class Outcome : std::uint8_t { booked, not_booked, unclear };
std::string_view to_string(Outcome outcome) noexcept;

struct Evidence {
  std::int32_t turn = 0;  ///< TranscriptTurn::seq
  std::string quote;
};

/// What the model said, schema-checked and nothing more.
struct Verdict {
  std::vector<Evidence> evidence;  ///< at most four
  std::string reason;
  Outcome outcome = Outcome::unclear;
  double confidence = 0;  ///< 0 to 1; not calibrated: for sorting, not a probability
  std::optional<Appointment> appointment;
};

struct ModelAnswer {
  Verdict verdict;
  std::string raw;            ///< the answer's text, for the record
  std::string model_version;  ///< which model answered
  std::int64_t prompt_tokens = 0;
  std::int64_t output_tokens = 0;  ///< thinking included
};

enum class FailureKind : std::uint8_t {
  transient,       ///< try again, after `retry_after` if given, else with back-off (G01, G02)
  daily_quota,     ///< try again in hours, not seconds
  permanent,       ///< an operator has to act: key, model name, region, our request (G03)
  blocked,         ///< the model will not answer this transcript: needs a person (G04)
  invalid_answer,  ///< an answer that is none: ask once more, then a person (G05)
};
std::string_view to_string(FailureKind kind) noexcept;

struct AnalysisFailure {
  FailureKind kind = FailureKind::transient;
  std::string reason;  ///< short machine word: "rate_limited", "bad_key", "finish_safety",
                       ///< "unexpected_field", ...
  std::optional<std::chrono::milliseconds> retry_after = {};
  std::string raw =
      {};  ///< invalid_answer: the answer's text as far as there was one, at most answer_bytes_max
};

/// A verdict is some 500 bytes; a text beyond this is refused unread.
inline constexpr std::size_t answer_bytes_max = 64 * 1024;

using Answer = core::Result<ModelAnswer, AnalysisFailure>;
Answer parse_response(const core::OutgoingResponse& response);

/// The text of a verdict alone, as the model writes it. The failure is the machine word of the
/// first problem.
core::Result<Verdict, std::string> parse_verdict(std::string_view json);

/// What is stored. `review_reason` empty: accepted; else a machine word, the outcome is `unclear`
/// and a person has to look (state needs_review).
struct Conclusion {
  Outcome outcome = Outcome::unclear;
  double confidence = 0;
  std::string reason;                      ///< for people: the model's sentence, or a machine word
  std::vector<Evidence> evidence;          ///< only quotes that the transcript has, unmasked
  std::optional<Appointment> appointment;  ///< only of an accepted booking or cancellation
  std::vector<Suspicion> suspicions;       ///< turns that speak to the judge
  std::string review_reason;

  [[nodiscard]] bool needs_review() const noexcept { return !review_reason.empty(); }
  /// Column booking_detected: none when unclear.
  [[nodiscard]] std::optional<bool> booking_detected() const noexcept {
    if (outcome == Outcome::unclear) return std::nullopt;
    return outcome == Outcome::booked;
  }
};

/// Holds the verdict against the transcript that the question was made from. Every quote must be
/// found word for word (spaces and case aside) in the turn it names; `booked` needs a quote of each
/// side, one of the assistant's wholly in the part that the caller heard (what is beyond is no
/// evidence and not kept), an appointment that can be (check_appointment), and a transcript without
/// suspicions.
Conclusion check_verdict(const Verdict& verdict, std::span<const TranscriptTurn> turns,
                         const CallFacts& facts = {});

/// Calls that need no model: nobody spoke to the agent. None: ask.
std::optional<Conclusion> conclude_without_model(std::span<const TranscriptTurn> turns);

/// What to store when the question failed for good.
Conclusion conclude_failed(const AnalysisFailure& failure);

/// Wait before try number `attempt` + 1 (attempts count from 0): what the server asked for, else 1
/// s doubled each time with full jitter, at most 60 s. `random` lies in [0, 1).
std::chrono::milliseconds retry_delay(const AnalysisFailure& failure, int attempt,
                                      double random) noexcept;

}  // namespace tandem::gemini
