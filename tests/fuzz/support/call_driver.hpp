// Drives one real call::Call, with Twilio's codec and Hume's provider, on a virtual clock, through
// whatever an input says, and holds it to the promises of bridge/call/call.hpp. Keeps the rules of
// net/call_runner: nothing is said on a leg that is not there.
//
// An input is two bytes of settings and then parts (input.hpp), each of them one step: a letter
// (see step()), a digit for the time that passes before it, and bytes that the step uses.
#pragma once

#include <memory>
#include <string>

#include "tests/fuzz/support/legs.hpp"
#include "tests/fuzz/support/record_check.hpp"
#include "tests/fuzz/support/voice_reference.hpp"
#include "tests/fuzz/support/words.hpp"

namespace tandem::fuzz {

using namespace std::chrono_literals;

class CallDriver {
 public:
  explicit CallDriver(Bytes input)
      : reader_(input),
        first_(static_cast<unsigned>(reader_.number(1))),
        second_(static_cast<unsigned>(reader_.number(1))),
        call_(settings(), std::make_unique<twilio::MediaStreamCodec>(), voices(), now_,
              core::WallTime{1h}) {
    drain();
  }

  /// All steps, and then the end: the carrier says so, or nobody says anything any more.
  void run() {
    for (const auto& part : parts_of(reader_.rest())) {
      if (part.size() >= 2) {
        pass(delta_of(part[1]));
        step(part[0], text_of(part).substr(2));
      }
    }
    if ((first_ & 0x40U) == 0) handle(call::CarrierEnded{});
    pass(call_.settings().time_limit + 5min);
    must(call_.has_ended(), "every call ends");
    must(!call_.deadline(), "an ended call waits for nothing");
    must(records_.is_complete(), "a call has one beginning and one end");
    must(!carrier_.is_open() && voice_.state() == VoiceLeg::State::none, "both legs are closed");
  }

 private:
  static core::Duration delta_of(char digit) {
    static constexpr std::array<std::chrono::milliseconds, 10> deltas = {
        0ms, 1ms, 5ms, 20ms, 60ms, 200ms, 1s, 5s, 30s, 10min};
    return deltas[(static_cast<unsigned char>(digit) + 2U) % deltas.size()];  // '0': the first
  }

  [[nodiscard]] call::CallSettings settings() const {
    static constexpr std::array<std::chrono::seconds, 4> limits = {10s, 45s, 10s, 100s};
    static constexpr std::array<std::uint8_t, 1600> clip{};
    call::CallSettings settings;
    settings.id = core::CallId("00000000-0000-4000-8000-000000000001");
    settings.carrier_call_id = core::CarrierCallId(std::string(call_id));
    settings.account_id = account_id;
    settings.from = core::PhoneNumber("+15555550101");
    settings.time_limit = limits[first_ & 3U];
    if ((first_ & 4U) != 0) settings.direction = core::Direction::outbound;
    if ((first_ & 8U) != 0) settings.protected_greeting = 2s;
    settings.keys_reach_agent = (first_ & 16U) != 0;
    if ((first_ & 32U) != 0) settings.opt_out_digit = '9';
    if ((second_ & 1U) != 0) {
      settings.previous = {
          settings.id, core::ChatGroupId("group-0"), {{core::Speaker::user, "Hello."}}};
    }
    if ((second_ & 2U) != 0) settings.transfer_to = core::PhoneNumber("+15555550199");
    if ((second_ & 8U) != 0) settings.one_moment = clip;
    settings.answered_policy = static_cast<call::AnsweredPolicy>((second_ >> 4U) % 3U);
    if ((second_ & 64U) != 0) settings.machine_message = "Please call us back.";
    if ((second_ & 128U) != 0) settings.brief = "It is about a table for two.";
    return settings;
  }
  [[nodiscard]] std::vector<std::unique_ptr<call::VoiceProvider>> voices() const {
    std::vector<std::unique_ptr<call::VoiceProvider>> voices;
    voices.push_back(std::make_unique<hume::EviProvider>(evi_settings()));
    if ((second_ & 4U) != 0) voices.push_back(std::make_unique<hume::EviProvider>(evi_settings()));
    return voices;
  }

  void step(char kind, std::string_view bytes) {
    if (std::string_view("oscmkbxf").find(kind) != std::string_view::npos)
      return carrier_step(kind, bytes);
    if (std::string_view("OrvaXu").find(kind) != std::string_view::npos)
      return voice_step(kind, bytes);
    switch (kind) {
      case 'e':
        return handle(call::CarrierEnded{});
      case 't':
        return handle(call::TimerFired{});
      case 'w':
        voice_outbox_bytes_ = 1024 * byte_of(bytes, 0);
        carrier_outbox_bytes_ = 1024 * byte_of(bytes, 1);
        return;
      default:
        return operator_step(kind, bytes);
    }
  }

  void carrier_step(char kind, std::string_view bytes) {
    if (kind == 'o') return open_carrier(bytes.empty() ? token : bytes);
    if (!carrier_.is_open()) return;
    switch (kind) {
      case 's':
        return carrier_says(start_message(++stream_, bytes.empty() ? token : bytes));
      case 'c':
        return carrier_says(bytes);
      case 'm':
        return speak(1 + byte_of(bytes, 0) % 50, static_cast<std::uint8_t>(byte_of(bytes, 1)));
      case 'k':
        if (carrier_.marks().empty()) return;
        return carrier_says(
            mark_message(stream_, carrier_.marks()[byte_of(bytes, 0) % carrier_.marks().size()]));
      case 'b':
        return handle(call::CarrierBinary{});
      case 'x':
        carrier_.close();
        return handle(call::CarrierClosed{static_cast<std::uint16_t>(1000 + byte_of(bytes, 0))});
      default:
        return handle(call::CarrierFull{});
    }
  }
  /// The runner itself closes a socket that comes too late.
  void open_carrier(std::string_view with_token) {
    carrier_.open();
    handle(call::CarrierOpened{with_token});
    if (call_.has_ended()) carrier_.close();
  }
  void speak(unsigned frames, std::uint8_t value) {
    for (unsigned i = 0; i < frames && carrier_.is_open(); ++i) {
      pass(20ms);
      carrier_says(media_message(stream_, ++frames_, value));
    }
  }
  void carrier_says(std::string_view text) {
    if (!carrier_.is_open()) return;
    carrier_.hear(text);
    handle(call::CarrierText{text});
  }

  void voice_step(char kind, std::string_view bytes) {
    using State = VoiceLeg::State;
    const bool is_opening = kind == 'O' || kind == 'r' || kind == 'u';
    if (voice_.state() != (is_opening ? State::opening : State::open)) return;
    if (kind == 'u' || kind == 'X') voice_.become(State::none);
    if (kind == 'O' || kind == 'r') voice_.become(State::open);
    switch (kind) {
      case 'u':
        return handle(call::VoiceUnreachable{static_cast<int>(4 * byte_of(bytes, 0)), "connect"});
      case 'X':
        return handle(call::VoiceClosed{static_cast<std::uint16_t>(1000 + byte_of(bytes, 0)), {}});
      case 'v':
        return handle(call::VoiceMessage{bytes});
      case 'a':
        return agent_speaks(bytes);
      default:
        handle(call::VoiceOpened{});
        if (kind == 'r' && voice_.state() == State::open)
          handle(call::VoiceMessage{chat_message(++chats_)});
    }
  }
  /// Length in frames, utterance, rate; the pieces of all utterances are counted through.
  void agent_speaks(std::string_view bytes) {
    static constexpr std::array<std::uint32_t, 4> rates = {48'000, 24'000, 8000, 22'050};
    const char utterance = bytes.size() > 1 ? bytes[1] : 'a';
    if (utterance != utterance_) index_ = 0;
    utterance_ = utterance;
    handle(call::VoiceMessage{audio_message(utterance, index_++, rates[byte_of(bytes, 2) % 4],
                                            1 + byte_of(bytes, 0) % 100)});
  }

  void operator_step(char kind, std::string_view bytes) {
    switch (kind) {
      case 'h':
        return handle(call::OperatorHangUp{});
      case 'y':
        return handle(call::OperatorSay{std::string(bytes)});
      case 'n':
        return handle(call::OperatorContext{std::string(bytes)});
      case 'p':
        return handle(call::OperatorPause{bytes.empty()});
      case 'T':
        return handle(
            call::OperatorTransfer{core::PhoneNumber("+15555550198"), std::string(bytes)});
      case 'l':
        return handle(call::OperatorListen{static_cast<int>(byte_of(bytes, 0)) - 1,
                                           std::string(bytes), !bytes.empty()});
      case 'A':
        return handle(call::CarrierAnswered{static_cast<call::AnsweredBy>(byte_of(bytes, 0) % 4U)});
      case 'Q':
        return handle(call::OptedOutElsewhere{});
      case 'S':
        return handle(call::ShutDown{});
      default:
        return;
    }
  }

  /// Virtual time passes; what is due on the way happens, late by the granularity of the wheel.
  void pass(core::Duration duration) {
    const auto until = now_ + duration;
    const auto late = (first_ & 0x80U) != 0 ? 5ms : 0ms;
    for (auto due = call_.deadline(); due && *due <= until; due = call_.deadline()) {
      now_ = std::max(now_, *due + late);
      if (now_ - second_began_ >= 1s) {
        second_began_ = now_;
        fired_ = 0;
      }
      must(++fired_ <= 1000, "a deadline that has passed does not come again and again");
      handle(call::TimerFired{});
    }
    now_ = std::max(now_, until);
  }

  void handle(const call::Input& input) {
    const bool had_ended = call_.has_ended();
    call_.handle(input, {now_, voice_outbox_bytes_, carrier_outbox_bytes_});
    const auto outputs = drain();
    must(!had_ended || outputs == 0, "an ended call says nothing");
    must(call_.has_ended() || call_.deadline(), "a call waits for something until it ends");
  }
  std::size_t drain() {
    call::Output output;
    std::size_t outputs = 0;
    for (; call_.poll(output); ++outputs)
      std::visit([this](auto& action) { carry_out(action); }, output);
    return outputs;
  }

  template <class Action>
  void carry_out(Action&) {}
  void carry_out(call::Send& send) {
    if (send.leg == call::Leg::carrier) {
      carrier_.check(send.text);
    } else {
      voice_.check(send.text);
    }
    call_.note_written(send.leg, send.due, now_);
    call_.recycle(std::move(send.text));
  }
  void carry_out(call::Listen& heard) {
    must(!heard.ulaw.empty() && heard.offset.count() > -1000, "what is heard has a time");
    call_.recycle(std::move(heard.ulaw));
  }
  void carry_out(call::OpenVoice&) { voice_.dial(); }
  void carry_out(call::CloseLeg& close) {
    if (close.leg == call::Leg::carrier) return carrier_.close();
    voice_.become(VoiceLeg::State::none);
  }
  void carry_out(call::WriteDown& write) { records_.add(write.record); }

  static unsigned byte_of(std::string_view bytes, std::size_t at) {
    return at < bytes.size() ? static_cast<unsigned char>(bytes[at]) : 0U;
  }

  Reader reader_;
  unsigned first_;   ///< settings, see settings(); bit 6: silence instead of an end; bit 7: late
  unsigned second_;  ///< more settings
  core::TimePoint now_{1h};
  core::TimePoint second_began_{1h};
  int fired_ = 0;  ///< deadlines in the second that began then
  call::Call call_;
  CarrierLeg carrier_;
  VoiceLeg voice_;
  RecordCheck records_;
  std::size_t voice_outbox_bytes_ = 0;
  std::size_t carrier_outbox_bytes_ = 0;
  unsigned stream_ = 0;
  unsigned chats_ = 0;
  std::int64_t frames_ = 0;
  char utterance_ = 0;
  std::int64_t index_ = 0;
};

}  // namespace tandem::fuzz
