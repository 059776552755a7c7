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

// Uplink (caller -> agent). Caller audio is live: never queue more than this, drop and count.
inline constexpr auto uplink_backlog_max = 500ms;    // voice leg open but slow
inline constexpr auto uplink_held_max = 2s;          // voice leg not ready yet
inline constexpr auto invented_silence_max = 200ms;  // T14: per jump of the media timestamp
inline constexpr auto silence_after = 60ms;          // no frame for this long: silence by clock

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
static_assert(carrier_message_bytes_max < voice_message_bytes_max);

}  // namespace tandem::limits
