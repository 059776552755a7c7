// The small parts of a record's JSON that are read on their own.
#pragma once

#include "store/record_json.hpp"
#include "tests/fuzz/support/input.hpp"

namespace tandem::fuzz {

/// Whatever the text is, what is made of it survives another round.
inline bool parts_survive(std::string_view json) {
  const auto turns = store::encode_turns(store::decode_turns(json));
  const auto percentiles = store::encode_percentiles(store::decode_percentiles(json));
  const auto audio = store::encode_audio_account(store::decode_audio_account(json));
  return store::encode_turns(store::decode_turns(turns)) == turns &&
         store::encode_percentiles(store::decode_percentiles(percentiles)) == percentiles &&
         store::encode_audio_account(store::decode_audio_account(audio)) == audio;
}

}  // namespace tandem::fuzz
