#include "tests/simulation/checks/frames.hpp"

#include <fmt/format.h>

#include <cstdlib>

#include "codec/audio.hpp"
#include "tests/simulation/dialect.hpp"

namespace tandem::simulation {

namespace {
/// What may wait at most: the longest time without an agent that caller speech is kept for.
constexpr std::int64_t waiting_max = 6000 / 20 + 5;
}  // namespace

void FrameAccount::input(const call::Input& input, const Meaning& meaning, const Life& life) {
  if (std::holds_alternative<call::CarrierOpened>(input)) ++odd_messages_;  // half a frame may end
  if (meaning.kind != Meaning::Kind::caller_audio || !life.stream_has_started()) return;
  bytes_in_ += meaning.amount;
  if (meaning.amount % static_cast<std::int64_t>(codec::frame_bytes) != 0) ++odd_messages_;
}

void FrameAccount::output(const call::Output& output) {
  const auto* send = std::get_if<call::Send>(&output);
  if (send == nullptr || send->leg != call::Leg::voice) return;
  if (is_caller_audio(send->text)) ++messages_out_;
}

void FrameAccount::after_step() {
  const auto account = call_.audio_account();
  const auto waiting =
      account.caller_frames_in - account.caller_frames_sent - account.caller_frames_dropped;
  const auto told = fmt::format("in {}, sent {}, dropped {}, bytes in {}, messages {}",
                                account.caller_frames_in, account.caller_frames_sent,
                                account.caller_frames_dropped, bytes_in_, messages_out_);
  const auto fail = [&](std::string_view rule) { world_.verdict.fail(rule, told); };
  if (waiting < 0 || waiting > waiting_max) fail("caller frames in = sent + dropped + waiting");
  if (call_.has_ended() && waiting != 0) fail("at the end no caller frame is unaccounted for");
  if (account.caller_frames_sent + account.silence_frames_sent != messages_out_) {
    fail("frames counted as sent were sent");
  }
  const auto whole_in = bytes_in_ / static_cast<std::int64_t>(codec::frame_bytes);
  if (std::abs(whole_in - account.caller_frames_in) > odd_messages_) {
    fail("frames that came in were counted");
  }
}

}  // namespace tandem::simulation
