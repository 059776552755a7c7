// The driver of the real call in a simulated world: does what net/call_runner does, with virtual
// time and Wires in place of the clock and sockets. Makes no decision about the call.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bridge/call/call.hpp"
#include "tests/simulation/world.hpp"

namespace tandem::simulation {

class Checks;

/// One attempt to reach the agent and, when it worked, the connection. Belongs to the bridge;
/// superseded ones finish in the background.
struct VoiceLeg {
  int number = 0;
  Wire* wire = nullptr;       ///< null while dialling and when it could not be reached
  bool is_cancelled = false;  ///< the bridge wants it no more
  call::VoiceEndpoint endpoint;
};

class Bridge {
 public:
  Bridge(World& world, std::unique_ptr<call::Call> call);
  ~Bridge();
  Bridge(const Bridge&) = delete;
  Bridge& operator=(const Bridge&) = delete;

  // What the bridge asks of the parties.
  std::function<void(VoiceLeg&)> on_dial;
  std::function<void()> on_hang_up;

  /// Carries out what the new call wants first.
  void start();
  /// A media socket of the carrier; its `start` must carry `token`. The newest one wins.
  void attach(Wire& wire, std::string_view token);
  void dialled(VoiceLeg& leg, Wire& wire);
  void unreachable(VoiceLeg& leg, int status, std::string_view stage);
  void command(const call::Input& input);

  [[nodiscard]] bool has_ended() const noexcept { return call_->has_ended(); }
  [[nodiscard]] const call::Call& call() const noexcept { return *call_; }
  [[nodiscard]] Checks& checks() noexcept { return *checks_; }
  /// Voice legs that were opened and that nobody has closed or lost.
  [[nodiscard]] int open_voice_legs() const;
  [[nodiscard]] bool carrier_is_open() const;
  [[nodiscard]] const Wire* voice_wire() const {
    return voice_ == nullptr ? nullptr : voice_->wire;
  }

 private:
  void carrier_says(Wire& wire, std::string_view text, const Meaning& meaning);
  void carrier_closed(Wire& wire, std::uint16_t code);
  void voice_says(VoiceLeg& leg, std::string_view text, const Meaning& meaning);
  void voice_closed(VoiceLeg& leg, std::uint16_t code, std::string_view reason);
  void handle(const call::Input& input, const Meaning& meaning = {});
  void feed(const call::Input& input, const call::Moment& moment, const Meaning& meaning);
  void drain();
  void arm();

  void carry_out(call::Send& send);
  void carry_out(call::DropUnsent&);
  void carry_out(call::OpenVoice& open);
  void carry_out(call::CloseLeg& close);
  void carry_out(call::HangUpCall&);
  void carry_out(call::TransferCall& transfer);
  void carry_out(call::WriteDown& write);
  void carry_out(call::Count& count);
  void carry_out(call::Measure&) {}
  void carry_out(call::VoiceReport&) {}
  void carry_out(call::Listen& heard) { call_->recycle(std::move(heard.ulaw)); }
  void note_send(const call::Send& send);

  World& world_;
  std::unique_ptr<call::Call> call_;
  std::unique_ptr<Checks> checks_;
  Wire* carrier_ = nullptr;
  std::vector<std::unique_ptr<VoiceLeg>> voice_legs_;
  VoiceLeg* voice_ = nullptr;
  bool carrier_is_full_ = false;
  std::optional<core::TimePoint> armed_;
  std::uint64_t arming_ = 0;
};

}  // namespace tandem::simulation
