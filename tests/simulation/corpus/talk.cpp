#include "tests/simulation/corpus/talk.hpp"

#include <algorithm>
#include <memory>

#include "bridge/twilio/media_stream.hpp"
#include "hume/provider.hpp"
#include "tests/simulation/corpus/evi_wire.hpp"

namespace tandem::corpus {

namespace {

using namespace std::chrono_literals;

const std::string carrier_call = "CA00000000000000000000000000000001";
constexpr std::string_view token = "one-time-token";
/// The shard's timer wheel.
constexpr auto timer_grid = 5ms;

std::unique_ptr<call::Call> make_call(const TalkSetup& setup, core::TimePoint now) {
  call::CallSettings settings;
  settings.id = core::CallId("00000000-0000-4000-8000-000000000001");
  settings.carrier_call_id = core::CarrierCallId(carrier_call);
  settings.from = core::PhoneNumber("+15555550101");
  settings.to = core::PhoneNumber("+15555550102");
  settings.one_moment = setup.one_moment;
  auto evi = std::make_shared<hume::EviSettings>();
  core::parse_url("https://api.hume.ai", evi->base_url);
  std::vector<std::unique_ptr<call::VoiceProvider>> voices;
  voices.push_back(std::make_unique<hume::EviProvider>(std::move(evi)));
  return std::make_unique<call::Call>(std::move(settings),
                                      std::make_unique<twilio::MediaStreamCodec>(),
                                      std::move(voices), now, core::WallTime{});
}

}  // namespace

Talk::Talk(const TalkSetup& setup)
    : dice_(setup.seed),
      network_(dice_.between(5ms, 25ms)),
      line_(timeline_, dice_.split(), setup.echo),
      agent_(timeline_, dice_.split(), line_, setup.agent),
      up_(timeline_, dice_.split(), network_),
      down_(timeline_, dice_.split(), network_),
      to_agent_(timeline_, dice_.split(), setup.agent.network),
      call_(make_call(setup, timeline_.now())) {
  line_.to_bridge = [this](std::string text) { carrier_says(std::move(text)); };
  agent_.on_open = [this] { handle(call::VoiceOpened{}); };
  agent_.on_message = [this](const std::string& text) { voice_says(text); };
  agent_.on_close = [this](std::uint16_t code) { handle(call::VoiceClosed{code, {}}); };
  agent_.on_refusal = [this](int status) { handle(call::VoiceUnreachable{status, "upgrade"}); };
}

void Talk::begin() {
  drain();
  arm();
  timeline_.after(1500ms + dice_.between(0ms, 19ms), [this] { open_stream(); });
}

void Talk::open_stream() {
  stream_began_ = timeline_.now();
  handle(call::CarrierOpened{token});
  line_.begin(carrier_call, std::string(token));
}

void Talk::run_for(core::Duration time) {
  bool is_over = false;
  timeline_.after(time, [&is_over] { is_over = true; });
  while (!is_over && timeline_.step()) {
  }
}

void Talk::carrier_says(std::string text) {
  up_.send([this, message = std::move(text)] {
    if (message.find(R"("event":"media")") < 10) arrivals_.push_back(timeline_.now());
    handle(call::CarrierText{message});
  });
}

void Talk::voice_says(const std::string& text) {
  const bool is_verdict = text == user_interruption;
  sent_clear_ = false;
  handle(call::VoiceMessage{text});
  if (!is_verdict) return;
  verdicts_.push_back(timeline_.now());
  if (sent_clear_) ++verdicts_cleared_;
}

void Talk::handle(const call::Input& input) {
  call_->handle(input, {timeline_.now(), 0, 0});
  drain();
  arm();
}

void Talk::drain() {
  call::Output output;
  while (call_->poll(output)) {
    std::visit([this](auto& what) { carry_out(what); }, output);
  }
}

void Talk::arm() {
  const auto deadline = call_->deadline();
  const auto arming = ++arming_;
  if (!deadline) return;
  const auto grid = (deadline->time_since_epoch() + timer_grid - 1ns) / timer_grid * timer_grid;
  const auto next = std::max(core::TimePoint(grid), timeline_.now() + timer_grid);
  timeline_.at(next, [this, arming] {
    if (arming == arming_) handle(call::TimerFired{});
  });
}

void Talk::note(std::string what) {
  deeds_.push_back({timeline_.now(), line_.clock(), std::move(what)});
}

void Talk::carry_out(call::Send& send) {
  if (send.leg == call::Leg::voice) {
    return to_agent_.send([this, text = std::move(send.text)] { agent_.read(text); });
  }
  if (send.text.starts_with(R"({"event":"clear")")) sent_clear_ = true;
  down_.send([this, text = std::move(send.text)] { line_.read(text); });
}

void Talk::carry_out(const call::CloseLeg& close) {
  if (close.leg == call::Leg::voice) agent_.closed_by_bridge();
}

void Talk::carry_out(const call::WriteDown& write) {
  if (const auto* event = std::get_if<core::CallEvent>(&write.record.body)) note(event->type);
  if (const auto* end = std::get_if<core::CallEnded>(&write.record.body))
    note("ended " + end->end_reason);
}

void Talk::carry_out(const call::Count& count) {
  if (count.what == call::Counted::barge_in || count.what == call::Counted::voice_freeze)
    note(count.label);
}

std::size_t Talk::count(std::string_view what) const {
  return static_cast<std::size_t>(std::count_if(
      deeds_.begin(), deeds_.end(), [&](const Deed& deed) { return deed.what == what; }));
}

const Deed* Talk::find(std::string_view what, core::TimePoint from) const {
  for (const auto& deed : deeds_) {
    if (deed.what == what && deed.at >= from) return &deed;
  }
  return nullptr;
}

std::optional<core::TimePoint> Talk::arrival_of(std::size_t sample) const {
  const auto number = sample / codec::frame_samples;
  return number < arrivals_.size() ? std::optional(arrivals_[number]) : std::nullopt;
}

core::TimePoint Talk::time_of(std::size_t sample) const {
  return stream_began_ + codec::duration_of(sample);
}

}  // namespace tandem::corpus
