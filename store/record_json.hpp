// core::Record <-> the payload of a spool frame: one JSON object per record, pure. The wall time
// and the type travel in the frame, the rest in the payload. Text that is not UTF-8 is stored with
// U+FFFD in the place of the bad bytes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "bridge/core/record.hpp"
#include "bridge/core/result.hpp"
#include "store/spool_format.hpp"

namespace tandem::store {

/// The numbers are on disk: never change or reuse one. 16 and up are kept for records that are no
/// call's.
enum class RecordType : std::uint16_t {
  call_started = 1,
  call_answered = 2,
  chat_opened = 3,
  transcript_entry = 4,
  transcript_heard = 5,
  call_event = 6,
  call_ended = 7,
  carrier_status = 8,
};

/// "transcript_entry"; "unknown" for a number that this version does not know.
std::string_view to_string(RecordType type) noexcept;

RecordType type_of(const core::Record& record) noexcept;

/// Events that someone acts on (consent, opt_out, erasure_order, operator_hang_up) are durable,
/// per-second frame statistics are best effort, everything else is synced soon.
SyncClass sync_class_of(const core::Record& record) noexcept;

std::string encode_record(const core::Record& record);

enum class RecordJsonError : std::uint8_t {
  unknown_type,   ///< written by a newer version
  not_json,       ///< the payload does not parse
  missing_field,  ///< a field is absent or of another JSON type
  out_of_range,   ///< an enumeration or a number that does not fit
};
std::string_view to_string(RecordJsonError error) noexcept;

core::Result<core::Record, RecordJsonError> decode_record(RecordType type, core::WallTime wall,
                                                          std::string_view payload);

// The parts of CallEnded as the analytics table keeps them; the read side decodes the same text.
std::string encode_turns(const std::vector<core::TurnLatency>& turns);
std::string encode_percentiles(const core::Percentiles& percentiles);
std::string encode_audio_account(const core::AudioAccount& audio);
/// These answer with an empty value when the text is not what the encoder wrote.
std::vector<core::TurnLatency> decode_turns(std::string_view json);
core::Percentiles decode_percentiles(std::string_view json);
core::AudioAccount decode_audio_account(std::string_view json);

}  // namespace tandem::store
