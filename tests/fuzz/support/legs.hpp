// The two sockets of a call as net/call_runner keeps them: what may be said on which leg, and when.
// They hold what Call sends against that.
#pragma once

#include <string>
#include <vector>

#include "bridge/call/call.hpp"
#include "bridge/twilio/media_stream.hpp"
#include "codec/json_text.hpp"
#include "tests/fuzz/support/input.hpp"

namespace tandem::fuzz {

class CarrierLeg {
 public:
  /// The newest socket is the leg; an earlier one is the call's no more.
  void open() {
    is_open_ = true;
    stream_id_.clear();
    codec_ = twilio::MediaStreamCodec();
    marks_.clear();
  }
  void close() noexcept { is_open_ = false; }
  [[nodiscard]] bool is_open() const noexcept { return is_open_; }
  [[nodiscard]] const std::vector<std::string>& marks() const noexcept { return marks_; }

  /// What the carrier says, before the call hears it.
  void hear(std::string_view text) {
    const auto event = codec_.decode(text);
    const auto* start = event.ok() ? std::get_if<call::CarrierStart>(&*event) : nullptr;
    if (start != nullptr && stream_id_.empty()) stream_id_ = start->stream_id.str();
  }
  void check(std::string_view sent) {
    must(is_open_, "nothing is sent to a carrier that is not there");
    must(!stream_id_.empty(), "nothing is sent before start");
    must(sent.find(stream_id_) != sent.npos, "what is sent names the stream");
    must(codec::is_valid_utf8(sent), "what is sent is UTF-8");
    static constexpr std::string_view before_name = R"("mark":{"name":")";
    const auto at = sent.find(before_name);
    if (at == sent.npos) return;
    const auto name = sent.substr(at + before_name.size());
    marks_.emplace_back(name.substr(0, name.find('"')));
  }

 private:
  bool is_open_ = false;
  std::string stream_id_;  ///< empty: no start on this socket yet
  twilio::MediaStreamCodec codec_;
  std::vector<std::string> marks_;  ///< names of all marks sent on this socket
};

class VoiceLeg {
 public:
  enum class State : std::uint8_t { none, opening, open };

  [[nodiscard]] State state() const noexcept { return state_; }
  void become(State state) noexcept { state_ = state; }
  void dial() {
    must(state_ == State::none, "one voice leg at a time");
    state_ = State::opening;
  }
  void check(std::string_view sent) const {
    must(state_ == State::open, "nothing is sent to an agent that is not there");
    must(codec::is_valid_utf8(sent), "what is sent is UTF-8");
  }

 private:
  State state_ = State::none;
};

}  // namespace tandem::fuzz
