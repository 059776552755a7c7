// What happened in one call, as the control API reports it (README.md, "Report of a call"). Written
// by the call's thread, read by the control thread: every member locks.
#pragma once

#include <cstdint>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "json.hpp"
#include "socket.hpp"

namespace tandem::standins {

class CallLog {
 public:
  std::int64_t now_ms() const;

  void event(std::string_view what, json::object detail = {});
  // One of Twilio's debugger codes. `intended`: reported, but no violation.
  void warn(int code, std::string_view reason, bool intended = false);
  void violation(std::string_view text);
  void twiml(json::object document);
  void callback(json::object callback);

  // Opens the entry of a new stream; set() changes fields of the newest one.
  void open_stream(json::object fields);
  void set_stream(json::object fields);
  void add_mark(std::string name, std::int64_t received_ms);
  void add_clear(std::int64_t at_ms, json::value flushed_ms);
  void echo_mark(const std::string& name, std::string_view how, std::int64_t echoed_ms);

  void set(std::string_view key, json::value value);  // a top-level field
  // Both tracks of the call; a gap between streams is filled with silence by the clock.
  void append_audio(std::span<const std::uint8_t> heard, std::span<const std::uint8_t> sent);
  void align_audio();
  std::int64_t audio_ms() const;
  std::vector<std::uint8_t> heard() const;
  std::vector<std::uint8_t> sent() const;

  json::object report(bool full) const;

 private:
  mutable std::mutex mutex_;
  TimePoint begin_ = Clock::now();
  json::object fields_;
  json::array events_, twiml_, callbacks_, warnings_, violations_, streams_;
  std::vector<std::uint8_t> heard_, sent_;
  TimePoint audio_begin_{};
};

}  // namespace tandem::standins
