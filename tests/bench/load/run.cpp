#include "tests/bench/load/run.hpp"

#include <fmt/format.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <deque>
#include <stdexcept>
#include <utility>

#include "tests/bench/load/voice.hpp"
#include "tests/bench/wire/frames.hpp"

namespace tandem::bench {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::int64_t frame_ns = 20'000'000;
constexpr std::int64_t chunk_ns = chunk_period_ms * 1'000'000LL;
constexpr auto tail_patience = milliseconds(2000);
constexpr auto goodbye_patience = milliseconds(300);

std::int64_t now_ns() { return Clock::now().time_since_epoch() / std::chrono::nanoseconds(1); }

struct Call {
  CarrierLeg carrier;
  VoiceLeg voice;
  std::vector<std::int64_t> media_sent_ns;
  std::vector<std::int64_t> chunks_sent_ns;
  std::int64_t audio_received = 0;  // frames, at EVI's side
  std::int64_t ulaw_received = 0;   // bytes, at Twilio's side
  std::int64_t chunks_received = 0;
  bool is_lost = false;
};

/// The times at which one direction wants to send, for all calls.
class Schedule {
 public:
  Schedule(std::int64_t begin_ns, std::int64_t period_ns, int calls, bool in_bursts)
      : begin_ns_(begin_ns), period_ns_(period_ns), calls_(calls), in_bursts_(in_bursts) {}

  [[nodiscard]] std::int64_t due(std::int64_t call, std::int64_t round) const noexcept {
    return begin_ns_ + round * period_ns_ + (in_bursts_ ? 0 : call * period_ns_ / calls_);
  }
  [[nodiscard]] std::int64_t next_due() const noexcept { return due(call_, round_); }
  [[nodiscard]] std::size_t next_call() const noexcept { return static_cast<std::size_t>(call_); }
  [[nodiscard]] std::int64_t round() const noexcept { return round_; }
  void advance() noexcept {
    if (++call_ == calls_) call_ = 0, ++round_;
  }

 private:
  std::int64_t begin_ns_;
  std::int64_t period_ns_;
  int calls_;
  bool in_bursts_;
  std::int64_t call_ = 0;
  std::int64_t round_ = 0;
};

class Load {
 public:
  explicit Load(const RunOptions& options);
  ~Load() { close(poll_); }
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  void set_up();
  void talk();
  void hang_up();
  Figures& figures() noexcept { return figures_; }

 private:
  enum class Side : std::uint32_t { carrier = 0, voice = 1 };

  void take_core();
  void watch(Connection& connection, std::size_t call, Side side);
  void poll_until(std::int64_t until_ns);
  void received(std::size_t index, Side side, std::uint32_t events);
  void take_frames(Call& call, std::size_t index, Side side);
  static void answer_close(Connection& connection, Side side);
  void take_audio(Call& call, std::size_t index, std::string_view message, std::int64_t now);
  void take_media(Call& call, std::size_t index, std::string_view message, std::int64_t now);
  void send_media(std::int64_t now);
  void send_chunk(std::int64_t now);
  void begin_window();
  void end_window();
  void wait_for_tail();
  void lose(Call& call, std::string why);
  void note(Direction& direction, std::int64_t due, std::int64_t sent, std::int64_t now);
  [[nodiscard]] bool in_window(std::int64_t due) const noexcept {
    return due >= window_begin_ && due < window_end_;
  }

  const RunOptions& options_;
  Figures figures_;
  TlsContext tls_;
  Listener listener_;
  int poll_ = epoll_create1(EPOLL_CLOEXEC);
  std::deque<Call> calls_;
  std::int64_t window_begin_ = 0;
  std::int64_t window_end_ = 0;
  Schedule media_{0, frame_ns, 1, false};
  Schedule chunks_{0, chunk_ns, 1, false};
};

Load::Load(const RunOptions& options)
    : options_(options),
      tls_(server_tls(options.certificate, options.key)),
      listener_(options.voice_port) {
  figures_.calls = options.calls;
  take_core();
}

/// A generator that has to wait for its core measures the machine's other work.
void Load::take_core() {
  if (options_.core >= 0) {
    cpu_set_t cores;
    CPU_ZERO(&cores);
    CPU_SET(static_cast<std::size_t>(options_.core), &cores);
    sched_setaffinity(0, sizeof(cores), &cores);
  }
  const sched_param priority{1};
  figures_.is_real_time = sched_setscheduler(0, SCHED_FIFO, &priority) == 0;
  prctl(PR_SET_TIMERSLACK, 1UL);
}

void Load::watch(Connection& connection, std::size_t call, Side side) {
  connection.stop_blocking();
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = call << 1 | static_cast<std::uint64_t>(side);
  if (epoll_ctl(poll_, EPOLL_CTL_ADD, connection.fd(), &event) != 0) {
    throw std::runtime_error("epoll_ctl failed");
  }
}

/// One call after the other: so the EVI session that comes next belongs to the call that was rung
/// last.
void Load::set_up() {
  figures_.rss_before_kib = rss_kib(options_.bridge);
  const auto begin = now_ns();
  const auto rounds = (options_.warm_up + options_.window) / milliseconds(20) + 50;
  for (int number = 0; number < options_.calls; ++number) {
    const StreamTicket ticket = ring(options_.carrier, number);
    VoiceLeg voice(listener_, *tls_, number);
    CarrierLeg carrier(options_.carrier, ticket, number);
    calls_.push_back({std::move(carrier), std::move(voice), {}, {}});
    Call& call = calls_.back();
    call.media_sent_ns.reserve(static_cast<std::size_t>(rounds));
    call.chunks_sent_ns.reserve(static_cast<std::size_t>(rounds));
    watch(call.carrier.connection(), calls_.size() - 1, Side::carrier);
    watch(call.voice.connection(), calls_.size() - 1, Side::voice);
    poll_until(now_ns() + 500'000);
  }
  figures_.ramp_s = static_cast<double>(now_ns() - begin) / 1e9;
  figures_.rss_ramped_kib = rss_kib(options_.bridge);
}

void Load::talk() {
  const std::int64_t begin = now_ns() + 100'000'000;
  window_begin_ = begin + options_.warm_up / std::chrono::nanoseconds(1);
  window_end_ = window_begin_ + options_.window / std::chrono::nanoseconds(1);
  media_ = Schedule(begin, frame_ns, options_.calls, options_.in_bursts);
  // half a slot later than the caller's frames, so that the two directions do not meet
  const std::int64_t shift = options_.in_bursts ? frame_ns / 2 : frame_ns / options_.calls / 2;
  chunks_ = Schedule(begin + shift, chunk_ns, options_.calls, options_.in_bursts);
  bool has_begun = false;
  for (;;) {
    const std::int64_t due = std::min(media_.next_due(), chunks_.next_due());
    if (due >= window_end_) break;
    poll_until(due);
    if (!has_begun && due >= window_begin_) {
      has_begun = true;
      begin_window();
    }
    const std::int64_t now = now_ns();
    if (in_window(due)) figures_.lateness.add(now - due);
    due == media_.next_due() ? send_media(now) : send_chunk(now);
  }
  poll_until(window_end_);
  end_window();
  wait_for_tail();
}

void Load::send_media(std::int64_t now) {
  Call& call = calls_[media_.next_call()];
  media_.advance();
  if (call.is_lost) return;
  call.media_sent_ns.push_back(now);
  ++figures_.uplink.frames_sent;
  if (!call.carrier.send_media()) lose(call, "the bridge closed the media stream");
}

void Load::send_chunk(std::int64_t now) {
  Call& call = calls_[chunks_.next_call()];
  chunks_.advance();
  if (call.is_lost) return;
  call.chunks_sent_ns.push_back(now);
  figures_.downlink.frames_sent +=
      call.voice.chunks_sent() == 0 ? first_chunk_frames : chunk_frames;
  if (!call.voice.send_chunk()) lose(call, "the bridge closed the EVI session");
}

void Load::poll_until(std::int64_t until_ns) {
  std::array<epoll_event, 64> events;
  for (;;) {
    const std::int64_t left = std::max<std::int64_t>(0, until_ns - now_ns());
    const timespec timeout{left / 1'000'000'000, left % 1'000'000'000};
    const int count = epoll_pwait2(poll_, events.data(), events.size(), &timeout, nullptr);
    for (int i = 0; i < count; ++i) {
      const auto& event = events[static_cast<std::size_t>(i)];
      received(event.data.u64 >> 1, static_cast<Side>(event.data.u64 & 1), event.events);
      // A send must not wait for a long list of arrivals: they are reported again.
      if (now_ns() >= until_ns) return;
    }
    if (now_ns() >= until_ns) return;
  }
}

void Load::received(std::size_t index, Side side, std::uint32_t) {
  Call& call = calls_[index];
  Connection& connection =
      side == Side::carrier ? call.carrier.connection() : call.voice.connection();
  const bool is_alive = connection.receive() && (!connection.has_unsent() || connection.flush());
  take_frames(call, index, side);
  if (is_alive) return;
  epoll_ctl(poll_, EPOLL_CTL_DEL, connection.fd(), nullptr);
  lose(call, side == Side::carrier ? "the media stream broke" : "the EVI session broke");
}

void Load::take_frames(Call& call, std::size_t index, Side side) {
  const std::int64_t now = now_ns();
  Connection& connection =
      side == Side::carrier ? call.carrier.connection() : call.voice.connection();
  while (const auto frame = next_frame(connection.inbox())) {
    if (frame->opcode == Opcode::close) {
      answer_close(connection, side);
      const auto words = unmask(*frame);  // a code of two bytes, then the reason
      lose(call, "closed by the bridge: " + std::string(words.substr(words.size() < 2 ? 0 : 2)));
    } else if (frame->opcode == Opcode::text && side == Side::carrier) {
      take_media(call, index, unmask(*frame), now);
    } else if (frame->opcode == Opcode::text) {
      take_audio(call, index, unmask(*frame, classify_bytes), now);
    }
    connection.consume(frame->size);
  }
}

void Load::answer_close(Connection& connection, Side side) {
  std::string frame;
  append_close(frame, side == Side::carrier);
  connection.send(frame);
}

void Load::take_audio(Call& call, std::size_t index, std::string_view message, std::int64_t now) {
  const VoiceInput input = classify(message);
  if (input == VoiceInput::silence) ++figures_.silence_frames;
  if (input != VoiceInput::caller_audio) return;
  const std::int64_t round = call.audio_received++;
  ++figures_.uplink.messages_received;
  ++figures_.uplink.frames_received;
  if (round >= static_cast<std::int64_t>(call.media_sent_ns.size())) {
    ++figures_.frames_out_of_order;
    return;
  }
  const auto sent = call.media_sent_ns[static_cast<std::size_t>(round)];
  note(figures_.uplink, media_.due(static_cast<std::int64_t>(index), round), sent, now);
}

void Load::take_media(Call& call, std::size_t index, std::string_view message, std::int64_t now) {
  const std::size_t bytes = call.carrier.take(message);
  if (bytes == 0) return;
  ++figures_.downlink.messages_received;
  call.ulaw_received += static_cast<std::int64_t>(bytes);
  while (first_byte_of_chunk(call.chunks_received) < call.ulaw_received) {
    const std::int64_t chunk = call.chunks_received;
    if (chunk >= static_cast<std::int64_t>(call.chunks_sent_ns.size())) return;  // padding
    ++call.chunks_received;
    const auto sent = call.chunks_sent_ns[static_cast<std::size_t>(chunk)];
    note(figures_.downlink, chunks_.due(static_cast<std::int64_t>(index), chunk), sent, now);
  }
}

void Load::note(Direction& direction, std::int64_t due, std::int64_t sent, std::int64_t now) {
  if (!in_window(due)) return;
  direction.from_intended.add(now - due);
  direction.from_sent.add(now - sent);
}

void Load::begin_window() {
  figures_.silence_frames = 0;  // what the bridge invented while the calls were set up
  figures_.bridge = read_counters(options_.bridge);
  figures_.generator_cpu_ns = read_counters(getpid()).cpu_ns;
  figures_.machine_busy_ns = machine_busy_ns();
}

void Load::end_window() {
  figures_.bridge = read_counters(options_.bridge) - figures_.bridge;
  figures_.generator_cpu_ns = read_counters(getpid()).cpu_ns - figures_.generator_cpu_ns;
  figures_.machine_busy_ns = machine_busy_ns() - figures_.machine_busy_ns;
  figures_.rss_after_kib = rss_kib(options_.bridge);
  figures_.window_s = static_cast<double>(window_end_ - window_begin_) / 1e9;
  for (Call& call : calls_) {
    if (!call.is_lost && !call.voice.send_end_of_turn()) lose(call, "the bridge has gone");
  }
}

/// Until everything that was sent has arrived, or nothing more is to be expected.
void Load::wait_for_tail() {
  const std::int64_t give_up = now_ns() + tail_patience / std::chrono::nanoseconds(1);
  for (bool is_complete = false; !is_complete && now_ns() < give_up;) {
    poll_until(now_ns() + 10'000'000);
    is_complete = std::all_of(calls_.begin(), calls_.end(), [](const Call& call) {
      const auto chunks = static_cast<std::int64_t>(call.chunks_sent_ns.size());
      return call.is_lost ||
             (call.audio_received == static_cast<std::int64_t>(call.media_sent_ns.size()) &&
              call.ulaw_received >= first_byte_of_chunk(chunks));
    });
  }
  for (const Call& call : calls_) {
    const auto chunks = static_cast<std::int64_t>(call.chunks_sent_ns.size());
    figures_.downlink.frames_received +=
        std::min(call.ulaw_received, first_byte_of_chunk(chunks)) / ulaw_frame_bytes;
  }
  const auto chunk_messages = static_cast<std::int64_t>(figures_.downlink.from_sent.count());
  figures_.window_frames =
      static_cast<std::int64_t>(figures_.uplink.from_sent.count()) + chunk_messages * chunk_frames;
}

void Load::hang_up() {
  const auto lost = figures_.calls_lost;
  for (Call& call : calls_) {
    if (!call.is_lost) call.carrier.send_stop();
    call.is_lost = true;  // what the bridge closes now is not lost
  }
  poll_until(now_ns() + goodbye_patience / std::chrono::nanoseconds(1));
  figures_.calls_lost = lost;
}

void Load::lose(Call& call, std::string why) {
  if (std::exchange(call.is_lost, true)) return;
  if (figures_.calls_lost++ == 0) figures_.first_loss = std::move(why);
}

}  // namespace

Figures run(const RunOptions& options) {
  Load load(options);
  fmt::print("{}\n", R"({"event":"listening"})");
  std::fflush(stdout);
  load.set_up();
  fmt::print(R"({{"event":"talking","ramp_s":{:.3f}}})", load.figures().ramp_s);
  std::puts("");
  std::fflush(stdout);
  load.talk();
  load.hang_up();
  return std::move(load.figures());
}

}  // namespace tandem::bench
