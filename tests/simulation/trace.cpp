#include "tests/simulation/trace.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tandem::simulation {

namespace {

constexpr std::array<std::string_view, 8> channel_names = {
    "carrier -> bridge", "bridge -> carrier", "agent   -> bridge", "bridge -> agent  ",
    "bridge           ", "operator         ", "caller           ", "FAULT            "};
/// Long texts are audio; their head, their length and their tail tell them apart.
constexpr std::size_t hashed_bytes = 96;
constexpr std::size_t shown_bytes = 320;

std::int64_t milliseconds(core::Duration duration) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
}

}  // namespace

void Trace::mix(core::TimePoint now, Channel channel, std::string_view what) noexcept {
  const auto add = [this](std::uint64_t value) { hash_ = (hash_ ^ value) * 0x100000001B3; };
  add(static_cast<std::uint64_t>((now - start_).count()));
  add(static_cast<std::uint64_t>(channel) << 32 | what.size());
  const auto head = what.substr(0, hashed_bytes);
  const auto tail =
      what.substr(std::max(head.size(), what.size() - std::min<std::size_t>(what.size(), 32)));
  for (const auto part : {head, tail}) {
    for (const char c : part) add(static_cast<unsigned char>(c));
  }
}

void Trace::note(core::TimePoint now, Channel channel, std::string_view what) {
  mix(now, channel, what);
  if (!keeps_lines_) return;
  flush_all();
  line(now, channel, what);
}

void Trace::frame(core::TimePoint now, Channel channel, std::string_view what) {
  mix(now, channel, what);
  if (!keeps_lines_) return;
  auto& run = runs_[static_cast<std::size_t>(channel)];
  if (run.count > 0 && run.what != what) flush(channel);
  if (run.count++ == 0) {
    run.what = what;
    run.first = now;
  }
}

void Trace::flush(Channel channel) {
  auto& run = runs_[static_cast<std::size_t>(channel)];
  if (run.count == 0) return;
  line(run.first, channel,
       run.count == 1 ? run.what : fmt::format("{}  (x{})", run.what, run.count));
  run.count = 0;
}

void Trace::flush_all() {
  // In the order in which the rows began.
  for (;;) {
    auto oldest = runs_.end();
    for (auto run = runs_.begin(); run != runs_.end(); ++run) {
      if (run->count > 0 && (oldest == runs_.end() || run->first < oldest->first)) oldest = run;
    }
    if (oldest == runs_.end()) return;
    flush(static_cast<Channel>(oldest - runs_.begin()));
  }
}

void Trace::line(core::TimePoint when, Channel channel, std::string_view what) {
  const bool is_cut = what.size() > shown_bytes;
  lines_.push_back(fmt::format("{:>8} ms  {}  {}{}\n", milliseconds(when - start_),
                               channel_names[static_cast<std::size_t>(channel)],
                               what.substr(0, shown_bytes),
                               is_cut ? fmt::format("... ({} bytes)", what.size()) : ""));
}

std::vector<std::string> Trace::take_lines() {
  flush_all();
  return std::move(lines_);
}

}  // namespace tandem::simulation
