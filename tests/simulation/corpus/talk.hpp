// One call of the corpus: the real call::Call with the real codecs of Twilio and Hume between a
// PhoneLine and a FakeEvi, on a virtual clock. Does what net/call_runner does; decides nothing.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bridge/call/call.hpp"
#include "tests/simulation/corpus/fake_evi.hpp"
#include "tests/simulation/corpus/phone_line.hpp"

namespace tandem::corpus {

struct TalkSetup {
  std::uint64_t seed = 0;
  EviManner agent;
  EchoPath echo;
  std::span<const std::uint8_t> one_moment;
};

/// Something the call did, as it says itself: "held", "confirmed", "rejected" (barge-ins), or the
/// type of an event that it wrote down.
struct Deed {
  core::TimePoint at{};
  std::size_t sample = 0;  ///< of the line's clock
  std::string what;
};

class Talk {
 public:
  explicit Talk(const TalkSetup& setup);

  [[nodiscard]] Timeline& timeline() noexcept { return timeline_; }
  [[nodiscard]] PhoneLine& line() noexcept { return line_; }
  [[nodiscard]] FakeEvi& agent() noexcept { return agent_; }
  [[nodiscard]] const call::Call& call() const noexcept { return *call_; }

  /// The phone rings; the stream follows a second and a half later.
  void begin();
  void run_for(core::Duration time);

  [[nodiscard]] const std::vector<Deed>& deeds() const noexcept { return deeds_; }
  [[nodiscard]] std::size_t count(std::string_view what) const;
  /// The first of that kind at or after `from`.
  [[nodiscard]] const Deed* find(std::string_view what, core::TimePoint from) const;
  /// When the frame with that sample of the line's clock reached the bridge.
  [[nodiscard]] std::optional<core::TimePoint> arrival_of(std::size_t sample) const;
  /// When that sample of the line's clock passed the telephone.
  [[nodiscard]] core::TimePoint time_of(std::size_t sample) const;
  /// When the agent's verdicts reached the bridge, and how many were answered by a clear at once.
  [[nodiscard]] const std::vector<core::TimePoint>& verdicts() const noexcept { return verdicts_; }
  [[nodiscard]] std::size_t verdicts_cleared() const noexcept { return verdicts_cleared_; }
  [[nodiscard]] milliseconds network() const noexcept { return network_; }

 private:
  void open_stream();
  void carrier_says(std::string text);
  void voice_says(const std::string& text);
  void handle(const call::Input& input);
  void drain();
  void arm();
  void note(std::string what);

  void carry_out(call::Send& send);
  void carry_out(const call::OpenVoice&) { agent_.dial(); }
  void carry_out(const call::CloseLeg& close);
  void carry_out(const call::WriteDown& write);
  void carry_out(const call::Count& count);
  void carry_out(const call::HangUpCall&) { line_.hang_up(); }
  template <class Other>
  void carry_out(const Other&) {}

  Timeline timeline_{core::TimePoint(std::chrono::hours(1))};
  Random dice_;
  milliseconds network_;  // between the carrier and the bridge, each way
  PhoneLine line_;
  FakeEvi agent_;
  Pipe up_;
  Pipe down_;
  Pipe to_agent_;
  std::unique_ptr<call::Call> call_;
  core::TimePoint stream_began_{};
  std::uint64_t arming_ = 0;
  std::vector<Deed> deeds_;
  std::vector<core::TimePoint> arrivals_;
  std::vector<core::TimePoint> verdicts_;
  std::size_t verdicts_cleared_ = 0;
  bool sent_clear_ = false;
};

}  // namespace tandem::corpus
