#include "bridge/ops/log.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <sstream>
#include <thread>
#include <vector>

#include "tests/unit/catch.hpp"

namespace tandem::ops {

namespace {

/// A pipe and a thread that collects what a log writes into it, from begin_reading() on.
class Pipe {
 public:
  Pipe() { REQUIRE(::pipe2(ends_.data(), O_CLOEXEC) == 0); }
  ~Pipe() {
    if (reader_.joinable()) read_all();
    ::close(ends_[0]);
  }
  [[nodiscard]] int writer() const { return ends_[1]; }

  void begin_reading() {
    reader_ = std::thread([this] {
      std::array<char, 65536> block{};
      for (ssize_t got = 0; (got = ::read(ends_[0], block.data(), block.size())) > 0;) {
        text_.append(block.data(), static_cast<std::size_t>(got));
      }
    });
  }
  /// Closes the writing end and returns everything. The log must be gone.
  std::string read_all() {
    if (!reader_.joinable()) begin_reading();
    ::close(ends_[1]);
    reader_.join();
    return text_;
  }

 private:
  std::array<int, 2> ends_{-1, -1};
  std::thread reader_;
  std::string text_;
};

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

}  // namespace

TEST_CASE("a log line is one JSON object with time, level, event and typed fields") {
  Pipe pipe;
  {
    Log log(pipe.writer(), LogLevel::info);
    log.info("call_started", {{"call_id", core::CallId("c-1")},
                              {"frames", 50},
                              {"late", true},
                              {"gap_ms", std::chrono::microseconds(1500)},
                              {"ratio", 0.5}});
  }
  const std::string line = pipe.read_all();
  CHECK(line.starts_with("{\"ts\":\"20"));
  CHECK(
      line.ends_with("Z\",\"level\":\"info\",\"event\":\"call_started\",\"call_id\":\"c-1\","
                     "\"frames\":50,\"late\":true,\"gap_ms\":1.5,\"ratio\":0.5}\n"));
}

TEST_CASE("lines below the chosen level are not written") {
  Pipe pipe;
  {
    Log log(pipe.writer(), LogLevel::warn);
    log.debug("a");
    log.info("b");
    log.warn("c");
    log.error("d");
  }
  CHECK(lines_of(pipe.read_all()).size() == 2);
}

TEST_CASE("a phone number in a log line is masked") {
  Pipe pipe;
  {
    Log log(pipe.writer(), LogLevel::info);
    log.info("call_started", {{"from", core::PhoneNumber("+14155550123")}});
  }
  const std::string line = pipe.read_all();
  CHECK(line.find("+14155550123") == std::string::npos);
  CHECK(line.find("\"from\":\"+141******23\"") != std::string::npos);
}

TEST_CASE("a secret cannot be a log field") {
  STATIC_REQUIRE_FALSE(std::is_constructible_v<Field, std::string_view, core::Secret>);
  STATIC_REQUIRE_FALSE(std::is_constructible_v<Field, std::string_view, const core::Secret&>);
  STATIC_REQUIRE(std::is_constructible_v<Field, std::string_view, std::string>);
}

TEST_CASE("an overlong text value is cut off") {
  Pipe pipe;
  {
    Log log(pipe.writer(), LogLevel::info);
    log.info("x", {{"text", std::string(100'000, 'a')}});
  }
  CHECK(pipe.read_all().size() < Log::text_bytes_max + 200);
}

TEST_CASE("numbers that JSON lacks are written as null") {
  std::string line;
  Field("ratio", 0.0 / std::stod("0")).append_to(line);
  CHECK(line == R"("ratio":null)");
}

TEST_CASE("a log whose reader has stopped drops and counts instead of blocking the writer") {
  Pipe pipe;
  const std::size_t lines = 3 * Log::lines_waiting_max;
  std::uint64_t dropped = 0;
  {
    Log log(pipe.writer(), LogLevel::info);
    // A pipe takes 64 KiB, the queue its bound, and as many may be on their way: the rest is lost.
    for (std::size_t i = 0; i < lines; ++i) log.info("flood", {{"i", i}});
    dropped = log.lines_dropped();
    CHECK(dropped > 0);
    pipe.begin_reading();
  }
  std::uint64_t told = 0;
  std::uint64_t arrived = 0;
  for (const std::string& line : lines_of(pipe.read_all())) {
    const auto at = line.find("\"count\":");
    if (at == std::string::npos)
      ++arrived;
    else
      told += std::stoull(line.substr(at + 8));
  }
  CHECK(told == dropped);
  CHECK(arrived + dropped == lines);
}

TEST_CASE("lines of many threads arrive whole") {
  Pipe pipe;
  pipe.begin_reading();
  {
    Log log(pipe.writer(), LogLevel::info);
    std::vector<std::thread> writers;
    for (int t = 0; t < 4; ++t) {
      writers.emplace_back([&log, t] {
        for (int i = 0; i < 500; ++i) log.info("line", {{"thread", t}, {"i", i}});
      });
    }
    for (auto& writer : writers) writer.join();
  }
  const auto lines = lines_of(pipe.read_all());
  CHECK(lines.size() == 2000);
  for (const auto& line : lines) {
    if (!line.starts_with("{\"ts\":") || !line.ends_with("}")) FAIL(line);
  }
}

}  // namespace tandem::ops
