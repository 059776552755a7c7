// The log: one JSON object per line, one line per event, for people who search and machines that
// count.
//
//   {"ts":"2026-11-22T12:00:00.123456Z","level":"info","event":"call_started","call_id":"…",
//    "from":"+155******00"}
//
// Any thread may write, a media thread too: the line is put into a bounded queue under a lock that
// is held for a few moves, and one writer thread does the I/O. When the queue is full the line is
// dropped and counted; the loss is told in the log itself. Events are snake_case and past tense or
// state; they hold no personal text.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <initializer_list>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <type_traits>
#include <variant>
#include <vector>

#include "bridge/core/types.hpp"

namespace tandem::ops {

enum class LogLevel : std::uint8_t { debug, info, warn, error };
std::string_view to_string(LogLevel level) noexcept;

/// One key and value of a line. Borrows `key` and text values: make it inside the call that writes
/// it. A phone number is masked, a Secret does not compile, a duration becomes milliseconds (name
/// the key so: "gap_ms").
class Field {
 public:
  Field(std::string_view key, std::string_view value) : key_(key), value_(value) {}
  Field(std::string_view key, const char* value) : Field(key, std::string_view(value)) {}
  Field(std::string_view key, const std::string& value) : Field(key, std::string_view(value)) {}
  Field(std::string_view key, bool value) : key_(key), value_(value) {}
  Field(std::string_view key, double value) : key_(key), value_(value) {}
  template <class Integer>
  requires(std::is_integral_v<Integer> && !std::is_same_v<Integer, bool>)
      Field(std::string_view key, Integer value)
      : key_(key), value_(static_cast<std::int64_t>(value)) {}
  template <class Tag>
  Field(std::string_view key, const core::Id<Tag>& id) : Field(key, id.str()) {}
  template <class Rep, class Period>
  Field(std::string_view key, std::chrono::duration<Rep, Period> value)
      : key_(key), value_(std::chrono::duration<double, std::milli>(value).count()) {}
  Field(std::string_view key, const core::PhoneNumber& number)
      : key_(key), value_(number.masked()) {}
  Field(std::string_view key, const core::Secret& secret) = delete;

  /// Appends `"key":value`.
  void append_to(std::string& line) const;

 private:
  std::string_view key_;
  std::variant<std::string_view, std::string, std::int64_t, double, bool> value_;
};

class Log {
 public:
  static constexpr std::size_t lines_waiting_max = 8192;
  static constexpr std::size_t text_bytes_max = 1024;  ///< of one text value; the rest is cut off

  /// Writes lines of `least` and above to the descriptor, which stays the caller's.
  Log(int descriptor, LogLevel least);
  /// Writes what waits, then ends the writer thread.
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  [[nodiscard]] bool writes(LogLevel level) const noexcept { return level >= least_; }
  void write(LogLevel level, std::string_view event, std::initializer_list<Field> fields = {});

  void debug(std::string_view event, std::initializer_list<Field> fields = {}) {
    write(LogLevel::debug, event, fields);
  }
  void info(std::string_view event, std::initializer_list<Field> fields = {}) {
    write(LogLevel::info, event, fields);
  }
  void warn(std::string_view event, std::initializer_list<Field> fields = {}) {
    write(LogLevel::warn, event, fields);
  }
  void error(std::string_view event, std::initializer_list<Field> fields = {}) {
    write(LogLevel::error, event, fields);
  }

  /// Lines lost so far because the queue was full or the descriptor failed.
  [[nodiscard]] std::uint64_t lines_dropped() const noexcept { return lines_dropped_; }

 private:
  void run();
  void write_out(const std::vector<std::string>& lines);

  const int descriptor_;
  const LogLevel least_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<std::string> waiting_;
  bool stopping_ = false;
  std::atomic<std::uint64_t> lines_dropped_{0};
  std::uint64_t drops_told_ = 0;  ///< writer thread only
  std::thread writer_;
};

}  // namespace tandem::ops
