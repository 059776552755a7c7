#include "bridge/ops/log.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cmath>
#include <iterator>

#include "bridge/clock.hpp"
#include "codec/json_text.hpp"

namespace tandem::ops {

namespace {

std::string line_of(LogLevel level, std::string_view event, std::initializer_list<Field> fields) {
  const auto wall = wall_now();
  std::string line;
  line.reserve(256);
  fmt::format_to(std::back_inserter(line), R"({{"ts":"{}","level":"{}","event":)",
                 core::to_rfc3339(wall), to_string(level));
  codec::append_json_string(line, event);
  for (const Field& field : fields) {
    line += ',';
    field.append_to(line);
  }
  line += "}\n";
  return line;
}

/// False when the descriptor takes no more.
bool write_all(int descriptor, std::string_view bytes) noexcept {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0 && errno == EAGAIN) {  // somebody made our stderr non-blocking
      pollfd ready{descriptor, POLLOUT, 0};
      ::poll(&ready, 1, -1);
      continue;
    }
    if (written <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace

std::string_view to_string(LogLevel level) noexcept {
  switch (level) {
    case LogLevel::debug:
      return "debug";
    case LogLevel::info:
      return "info";
    case LogLevel::warn:
      return "warn";
    case LogLevel::error:
      return "error";
  }
  return "error";
}

void Field::append_to(std::string& line) const {
  codec::append_json_string(line, key_);
  line += ':';
  if (const auto* text = std::get_if<std::string_view>(&value_)) {
    codec::append_json_string(line, text->substr(0, Log::text_bytes_max));
  } else if (const auto* masked = std::get_if<std::string>(&value_)) {
    codec::append_json_string(line, *masked);
  } else if (const auto* integer = std::get_if<std::int64_t>(&value_)) {
    fmt::format_to(std::back_inserter(line), "{}", *integer);
  } else if (const auto* real = std::get_if<double>(&value_)) {
    // JSON knows neither NaN nor infinity
    if (std::isfinite(*real))
      fmt::format_to(std::back_inserter(line), "{:.6g}", *real);
    else
      line += "null";
  } else {
    line += std::get<bool>(value_) ? "true" : "false";
  }
}

Log::Log(int descriptor, LogLevel least) : descriptor_(descriptor), least_(least) {
  waiting_.reserve(lines_waiting_max);
  writer_ = std::thread([this] { run(); });
}

Log::~Log() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  writer_.join();
}

void Log::write(LogLevel level, std::string_view event, std::initializer_list<Field> fields) {
  if (!writes(level)) return;
  std::string line = line_of(level, event, fields);
  bool was_empty = false;
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.size() >= lines_waiting_max) {
      ++lines_dropped_;
      return;
    }
    was_empty = waiting_.empty();
    waiting_.push_back(std::move(line));
  }
  if (was_empty) wake_.notify_one();  // otherwise the writer is awake or about to be
}

void Log::run() {
  std::vector<std::string> lines;
  lines.reserve(lines_waiting_max);
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
      if (waiting_.empty()) return;
      lines.swap(waiting_);
    }
    write_out(lines);
    lines.clear();
  }
}

void Log::write_out(const std::vector<std::string>& lines) {
  for (const std::string& line : lines) {
    if (!write_all(descriptor_, line)) ++lines_dropped_;
  }
  const std::uint64_t lost = lines_dropped_;
  if (lost == drops_told_) return;
  const std::string notice =
      line_of(LogLevel::error, "log_lines_dropped", {Field("count", lost - drops_told_)});
  if (write_all(descriptor_, notice)) drops_told_ = lost;
}

}  // namespace tandem::ops
