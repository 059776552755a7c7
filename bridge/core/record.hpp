// What a call writes down. Records leave a call in order, through one bounded queue to the spool
// thread, and end in PostgreSQL exactly once: (call_id, table, seq) is the idempotency key of
// everything a call writes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "bridge/core/types.hpp"

namespace tandem::core {

/// First record of a call: the row of `calls`.
struct CallStarted {
  CarrierCallId carrier_call_id;
  Direction direction = Direction::inbound;
  PhoneNumber from;
  PhoneNumber to;
  std::string provider;  ///< "hume", "gemini", "openai"
  std::string purpose;   ///< outbound only
  std::string node;      ///< which bridge carries it
};

/// The media stream began: the call counts as answered.
struct CallAnswered {
  CarrierStreamId carrier_stream_id;
};

/// The voice provider gave its ids (again after a resume).
struct ChatOpened {
  ChatId chat_id;
  ChatGroupId chat_group_id;
  std::string provider = {};  ///< who carries the call from here on; empty: as CallStarted said
};

/// One final message of the caller or the agent. seq counts transcript entries of the call from 0,
/// without holes.
struct TranscriptEntry {
  std::int32_t seq = 0;
  Speaker speaker = Speaker::user;
  std::string text;
  std::string event_type;  ///< the provider-neutral kind: "user_message", "assistant_message"
  std::string source = "live";
};

/// How much of an assistant entry the caller heard; follows its entry once playback ended or was
/// cut.
struct TranscriptHeard {
  std::int32_t seq = 0;  ///< of the entry meant
  std::int32_t audio_ms = 0;
  std::int32_t heard_ms = 0;  ///< 0 to audio_ms
  bool was_cut = false;       ///< heard_ms is where the caller or the end of the call cut it
};

/// Anything else worth keeping. seq counts events of the call from 0, without holes.
struct CallEvent {
  std::int32_t seq = 0;
  std::string type;  ///< "state_changed", "turn_completed", "barge_in", "voice_error", "dtmf", ...
  std::string json;  ///< a JSON object
};

/// Stages of one turn in microseconds, in order; they add up to the gap (contract, section 6). A
/// stage that did not happen is 0 and its time is part of `unexplained`.
struct TurnLatency {
  std::int32_t turn = 0;
  std::int64_t to_last_audio_sent_us = 0;  ///< caller_stopped -> voice_last_audio_sent
  std::int64_t to_text_final_us = 0;       ///< -> voice_text_final
  std::int64_t to_first_audio_us = 0;      ///< -> voice_first_audio
  std::int64_t to_carrier_us = 0;          ///< -> carrier_first_audio
  std::int64_t to_audible_us = 0;          ///< -> audible (mark-calibrated)
  std::int64_t unexplained_us = 0;
  std::int64_t gap_us = 0;  ///< caller_stopped -> audible
};

/// Percentiles of one histogram, in microseconds.
struct Percentiles {
  std::int64_t count = 0;
  std::int64_t p50_us = 0;
  std::int64_t p95_us = 0;
  std::int64_t p99_us = 0;
  std::int64_t max_us = 0;
};

/// Every caller frame and every millisecond of agent audio, accounted for.
struct AudioAccount {
  std::int64_t caller_frames_in = 0;       ///< 20 ms frames received from the carrier
  std::int64_t caller_frames_sent = 0;     ///< of those, forwarded to the voice provider
  std::int64_t caller_frames_dropped = 0;  ///< in = sent + dropped, always
  std::int64_t silence_frames_sent = 0;    ///< invented by us to fill gaps
  std::int64_t agent_ms_received = 0;      ///< after conversion to 8 kHz
  std::int64_t agent_ms_sent = 0;          ///< handed to the carrier
  std::int64_t agent_ms_cut = 0;  ///< received but dropped by barge-in, fence or end of call
};

/// Last record of a call, emitted exactly once.
struct CallEnded {
  std::string end_reason;  ///< to_string(call::EndReason)
  std::int64_t duration_ms = 0;
  std::int32_t total_messages = 0;
  std::int32_t interruptions = 0;
  double talk_ratio = 0;  ///< caller speech / (caller speech + agent speech), 0 to 1
  std::vector<TurnLatency> turns;
  Percentiles uplink_transit;    ///< carrier_in -> voice_out
  Percentiles downlink_transit;  ///< due -> carrier_out
  AudioAccount audio;
};

/// The carrier's status of the call as its callbacks tell it; may come before, during and after the
/// media.
struct CarrierStatus {
  CarrierCallId carrier_call_id;
  std::string status;  ///< the carrier's word: "queued" ... "completed"
  std::int32_t rank =
      0;  ///< states only move up: queued 0, initiated 1, ringing 2, in-progress 3, terminal 4
  std::optional<std::int32_t> duration_s;
  std::string answered_by;
};

using RecordBody = std::variant<CallStarted, CallAnswered, ChatOpened, TranscriptEntry,
                                TranscriptHeard, CallEvent, CallEnded, CarrierStatus>;

struct Record {
  CallId call_id;
  WallTime wall{};
  MediaOffset offset{0};  ///< media time of the call, 0 before the stream began
  RecordBody body;
};

}  // namespace tandem::core
