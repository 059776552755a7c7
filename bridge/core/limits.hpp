// Every bound of the product in one place, with its reason. Sizes are bytes unless the name says
// otherwise.
#pragma once

#include <chrono>
#include <cstddef>

namespace tandem::limits {

using namespace std::chrono_literals;

// Wire sizes. Carrier messages are about 400 bytes; voice chunks are complete WAV files of up to
// seconds.
inline constexpr std::size_t carrier_message_bytes_max = 64 * 1024;      // T04
inline constexpr std::size_t voice_message_bytes_max = 4 * 1024 * 1024;  // E14
inline constexpr std::size_t http_header_bytes_max = 8 * 1024;
inline constexpr std::size_t http_body_bytes_max = 64 * 1024;
inline constexpr std::size_t outgoing_answer_bytes_max = 4 * 1024 * 1024;
inline constexpr std::size_t unauthenticated_sockets_max = 256;  // T12

// Carrier leg.
inline constexpr auto start_timeout = 5s;  // T05: no `start` after the upgrade
// T13: a live stream sends a frame every 20 ms, yet some lines send nothing while the caller is
// silent (docs/decisions/0004): only a pause no conversation has ends the call.
inline constexpr auto carrier_silence_timeout = 30s;
inline constexpr int bad_messages_max = 5;  // T01: in bad_messages_window, then close 1008
inline constexpr auto bad_messages_window = 10s;
inline constexpr auto unclaimed_call_timeout = 60s;  // webhook answered, no stream came
// The media socket broke without a `stop`: the carrier asks what to do and may open another one.
inline constexpr auto reattach_timeout = 5s;
inline constexpr int reattach_max = 4;  // per call, takeovers included
// T18: a live stream sends 50 frames a second; a carrier that catches up after a stall sends more.
inline constexpr int caller_frames_per_second_max = 150;
inline constexpr int caller_frames_burst_max = 450;
// T19: one second of mu-law as JSON that the carrier does not read; then it is congested.
inline constexpr std::size_t carrier_congested_bytes = 12 * 1024;
inline constexpr auto carrier_congested_max = 10s;

// A machine answered the call that we placed (O06).
inline constexpr auto machine_message_max = 60s;       // from the verdict to the hang-up
inline constexpr auto machine_message_patience = 10s;  // for the agent's next word of it
inline constexpr int person_turns = 2;  // a talk with so many turns has a person in it

// Levels of both tracks: one value per step, written once per window.
inline constexpr auto level_step = 250ms;
inline constexpr auto level_window = 30s;

// Uplink (caller -> agent). Caller audio is live: never queue more than this, drop and count.
inline constexpr auto uplink_backlog_max = 500ms;         // voice leg open but slow
inline constexpr auto uplink_held_max = 6s;               // voice leg not ready, or lost
inline constexpr auto uplink_kept_around_speech = 200ms;  // of what was held, beside speech
inline constexpr auto invented_silence_max = 200ms;       // T14: per jump of the media timestamp
inline constexpr auto silence_after = 60ms;  // no frame for this long: silence by clock

// Barge-in: the agent has this long to say that the caller cut in (EVI listens for 800 ms first),
// or until the caller has been quiet for that long; then its words go on.
inline constexpr auto barge_in_verdict_max = 1300ms;
inline constexpr auto barge_in_quiet_release = 450ms;
// Less than this left to play is not worth holding.
inline constexpr auto hold_unplayed_min = 100ms;

// Barge-in by words, where the agent has finished generating and gives no verdict of its own.
inline constexpr auto cut_in_unplayed_min = 400ms;
inline constexpr auto cut_in_speech_min = 600ms;

// Downlink (agent -> caller).
inline constexpr auto playout_queue_max = 60s;  // E15
inline constexpr auto closing_timeout = 10s;    // the goodbye, then the line ends whatever happens
// T19: about ten seconds of audio that the carrier does not read; then the call is dead.
inline constexpr std::size_t carrier_outbox_bytes_max = 112 * 1024;
inline constexpr auto goodbye_margin = 300ms;  // between the last word heard and the hang-up
inline constexpr auto hang_up_timeout =
    3s;  // the carrier's API has this long, then the socket closes

// Dead air. An answer is owed after that much speech of the caller; E12: the steps of the ladder.
inline constexpr auto speech_that_wants_answer = 800ms;
inline constexpr auto breath_max = 3s;
inline constexpr auto line_dead_after = 2s;
inline constexpr auto freeze_nudge_after = 4s;
inline constexpr auto freeze_resume_after = 8s;
inline constexpr auto freeze_give_up_after = 15s;
// Without an agent for this long, the caller hears "one moment, please".
inline constexpr auto one_moment_after = 1500ms;
// After a resume the agent may greet again; unasked words that begin within are not played.
inline constexpr auto second_greeting_window = 3s;
// No agent answers a nudge sooner than this after its session is ready; what comes is a greeting.
inline constexpr auto nudge_answer_min = 400ms;
inline constexpr std::size_t history_lines_max = 60;
inline constexpr int defects_written_max = 20;  // per call; more of them are only counted
inline constexpr std::size_t tool_calls_remembered = 16;
// E20: the provider does not read what we send; then the session is replaced.
inline constexpr auto voice_stalled_max = 5s;
// Before the provider's own cap, and after waiting this long for a silence, the session is replaced
// although somebody speaks.
inline constexpr auto roll_over_margin = 15s;
inline constexpr auto roll_over_patience = 60s;
// ... and this long before the moment that the provider named.
inline constexpr auto going_away_margin = 5s;
// An agent that announced the end says nothing more for this long: then it has said its farewell.
inline constexpr auto last_words_timeout = 2s;
inline constexpr std::size_t whisper_bytes_max = 400;

// Voice leg.
inline constexpr auto voice_attempt_timeout =
    8s;                                       // E04: name, TCP, TLS, upgrade and readiness together
inline constexpr int voice_attempts_max = 4;  // in a row, until the session is ready
inline constexpr int voice_losses_max = 5;  // sessions of one call that became ready and were lost
// About 250 ms of caller audio may wait in the voice leg's outbox; what is more waits in the
// uplink, where it can be dropped and counted. The outbox takes more: control messages are never
// refused.
inline constexpr std::size_t uplink_outbox_bytes_max = 6 * 1024;
inline constexpr std::size_t voice_outbox_bytes_max = 256 * 1024;

// Records waiting for the spool thread. One call makes about one a second.
inline constexpr std::size_t record_queue_max = 65'536;

static_assert(uplink_backlog_max < uplink_held_max);
static_assert(start_timeout < unclaimed_call_timeout);
static_assert(freeze_nudge_after < freeze_resume_after);
static_assert(freeze_resume_after < freeze_give_up_after);
static_assert(carrier_message_bytes_max < voice_message_bytes_max);

}  // namespace tandem::limits
