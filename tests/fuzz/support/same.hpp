// Equality of what two decoders of the same message answer; the views inside are compared by
// content.
#pragma once

#include <algorithm>

#include "bridge/twilio/media_stream.hpp"
#include "hume/messages.hpp"
#include "tests/fuzz/support/input.hpp"

namespace tandem::fuzz {

inline bool same(const call::CarrierIgnored&, const call::CarrierIgnored&) { return true; }
inline bool same(const call::CarrierConnected&, const call::CarrierConnected&) { return true; }
inline bool same(const call::CarrierStop&, const call::CarrierStop&) { return true; }
inline bool same(const call::CarrierStart& a, const call::CarrierStart& b) {
  return a.stream_id == b.stream_id && a.call_id == b.call_id && a.account_id == b.account_id &&
         a.token == b.token && a.media_is_ulaw_8k_mono == b.media_is_ulaw_8k_mono;
}
inline bool same(const call::CarrierMedia& a, const call::CarrierMedia& b) {
  return std::ranges::equal(a.ulaw, b.ulaw) && a.timestamp_ms == b.timestamp_ms &&
         a.sequence == b.sequence;
}
inline bool same(const call::CarrierMark& a, const call::CarrierMark& b) {
  return a.name == b.name;
}
inline bool same(const call::CarrierDtmf& a, const call::CarrierDtmf& b) {
  return a.digit == b.digit;
}

inline bool same(const twilio::MediaStreamCodec::Decoded& a,
                 const twilio::MediaStreamCodec::Decoded& b) {
  if (!a.ok() || !b.ok()) {
    return !a.ok() && !b.ok() && a.error().error == b.error().error &&
           a.error().offset == b.error().offset;
  }
  return std::visit(
      [&b](const auto& event) {
        const auto* other = std::get_if<std::decay_t<decltype(event)>>(&*b);
        return other != nullptr && same(event, *other);
      },
      *a);
}

/// What scan_audio_output() accepts, the general decoder decodes to the same, unless `data` holds
/// bytes that no JSON string may hold.
inline bool scan_agrees(std::string_view text) {
  const auto scanned = hume::scan_audio_output(text);
  if (!scanned) return true;
  const auto is_odd = [](char c) { return static_cast<unsigned char>(c) - 0x20U >= 0x60U; };
  if (std::ranges::any_of(scanned->data, is_odd)) return true;
  const auto document = hume::decode_document(text);
  const auto* audio = document.ok() ? std::get_if<hume::AudioOutput>(&*document) : nullptr;
  return audio != nullptr && audio->id == scanned->id && audio->index == scanned->index &&
         audio->data == scanned->data;
}

}  // namespace tandem::fuzz
