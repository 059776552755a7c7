// Counting and cutting: how many samples come out, when, and that they do not depend on the chunks.
// What they sound like is measured in resampler_response_test and resampler_soxr_test.
#include "codec/resampler.hpp"

#include <algorithm>
#include <utility>

#include "codec/audio.hpp"
#include "tests/unit/catch.hpp"
#include "tests/unit/codec/kernels.hpp"
#include "tests/unit/codec/signal.hpp"

using namespace tandem::codec;
using test::Samples;

namespace {

static_assert(sizeof(Resampler) < 2048, "per direction of a call; the coefficients are shared");

constexpr std::pair<int, int> fir_conversions[] = {
    {48'000, 8000}, {24'000, 8000}, {16'000, 8000}, {8000, 16'000}};

// One utterance, given in chunks of `chunk` samples, with its tail.
Samples convert(Resampler& resampler, std::span<const std::int16_t> input, std::size_t chunk) {
  Samples out;
  while (!input.empty()) {
    const auto head = input.first(std::min(chunk, input.size()));
    resampler.push(head, out);
    input = input.subspan(head.size());
  }
  resampler.flush(out);
  return out;
}

std::size_t fir_count(std::size_t input, int from, int to) {
  const auto out = input * static_cast<std::size_t>(to);
  const auto rate = static_cast<std::size_t>(from);
  return (out + rate - 1) / rate;
}

std::size_t soxr_count(std::size_t input, int from, int to) {
  const auto out = input * static_cast<std::size_t>(to);
  return (2 * out + static_cast<std::size_t>(from)) / (2 * static_cast<std::size_t>(from));
}

}  // namespace

TEST_CASE("samples are bit-identical for every chunking from 1 to 4800, and their count is exact") {
  for (const auto& [from, to] : fir_conversions) {
    CAPTURE(from, to);
    auto resampler = Resampler::create(from, to).value();
    const Samples input = test::noise(9607, 1, 32'767);
    const Samples expected = convert(resampler, input, input.size());
    REQUIRE(expected.size() == fir_count(input.size(), from, to));
    for (std::size_t chunk = 1; chunk <= 4800; ++chunk) {
      REQUIRE(convert(resampler, input, chunk) == expected);
    }
  }
}

TEST_CASE("by soxr too, samples are bit-identical for every chunking and their count is exact") {
  for (const int from : {44'100, 22'050}) {
    auto resampler = Resampler::create(from, 8000).value();
    const Samples input = test::noise(6007, 1, 20'000);
    const Samples expected = convert(resampler, input, input.size());
    REQUIRE(expected.size() == soxr_count(input.size(), from, 8000));
    for (std::size_t chunk = 1; chunk <= 4800; ++chunk) {
      CAPTURE(from, chunk);
      REQUIRE(convert(resampler, input, chunk) == expected);
    }
  }
}

TEST_CASE("utterances of every length have the exact count, also the shortest") {
  for (const auto& [from, to] : fir_conversions) {
    auto resampler = Resampler::create(from, to).value();
    const Samples input = test::noise(700, 2);
    for (std::size_t length = 0; length <= input.size(); ++length) {
      const auto out = convert(resampler, std::span(input).first(length), 97);
      REQUIRE(out.size() == fir_count(length, from, to));
    }
  }
  for (const int from : {44'100, 22'050, 11'025, 12'000, 32'000, 96'000}) {
    auto resampler = Resampler::create(from, 8000).value();
    const Samples input = test::noise(9000, 2);
    for (std::size_t length = 0; length <= input.size(); length += 317) {
      CAPTURE(from, length);
      const auto out = convert(resampler, std::span(input).first(length), 1000);
      REQUIRE(out.size() == soxr_count(length, from, 8000));
    }
  }
}

TEST_CASE("the delay is at most 4 ms and is what an impulse really waits") {
  for (const auto& [from, to] : fir_conversions) {
    auto resampler = Resampler::create(from, to).value();
    CHECK(resampler.delay() <= std::chrono::milliseconds{4});
    const std::size_t at = 4800;  // a moment that exists at both rates
    Samples input(3 * at, 0);
    input[at] = 32'000;
    Samples out;
    Samples heights;
    std::vector<std::size_t> fed;
    for (std::size_t i = 0; i < input.size(); ++i) {
      out.clear();
      resampler.push(std::span(input).subspan(i, 1), out);
      heights.insert(heights.end(), out.begin(), out.end());
      fed.insert(fed.end(), out.size(), i);
    }
    const auto peak = static_cast<std::size_t>(std::ranges::max_element(heights) - heights.begin());
    CHECK(peak * static_cast<std::size_t>(from) == at * static_cast<std::size_t>(to));
    CHECK(duration_of(fed[peak] - at, from) == resampler.delay());
  }
}

TEST_CASE("in steady flow exactly delay() of audio is held back") {
  for (const auto& [from, to] : fir_conversions) {
    auto resampler = Resampler::create(from, to).value();
    const auto chunk = static_cast<std::size_t>(from) / 50;
    Samples out;
    for (std::size_t chunks = 1; chunks < 50; ++chunks) {
      resampler.push(Samples(chunk), out);
      const auto held = duration_of(chunks * chunk, from) - duration_of(out.size(), to);
      REQUIRE(held == resampler.delay());
    }
  }
}

TEST_CASE("nothing is lost at either end of an utterance") {
  // A burst in the first 2 ms and one in the last 2 ms: both must come out where they were.
  for (const int from : {48'000, 24'000, 16'000, 44'100, 22'050}) {
    auto resampler = Resampler::create(from, 8000).value();
    const auto burst = test::sine(1000, from, static_cast<std::size_t>(from) / 500, -6);
    Samples input(static_cast<std::size_t>(from) / 2);
    std::ranges::copy(burst, input.begin());
    std::ranges::copy(burst, input.end() - static_cast<std::ptrdiff_t>(burst.size()));
    const auto out = convert(resampler, input, static_cast<std::size_t>(from) / 50);
    CAPTURE(from);
    REQUIRE(out.size() == 4000);
    // 1 kHz at 8 kHz is eight samples long and peaks at the third.
    for (const std::size_t begin : {std::size_t{0}, std::size_t{3984}}) {
      CHECK(out[begin + 2] > 14'000);
      CHECK(out[begin + 6] < -14'000);
      CHECK(out[begin + 10] > 14'000);
      CHECK(out[begin + 14] < -14'000);
    }
    CHECK(test::steady_level(out, 200) < -60);
  }
}

TEST_CASE("after flush and after reset the next utterance sounds as from a new resampler") {
  for (const int from : {48'000, 16'000, 44'100}) {
    const Samples first = test::noise(5000, 3);
    const Samples second = test::noise(7000, 4);
    auto fresh = Resampler::create(from, 8000).value();
    const Samples expected = convert(fresh, second, 960);
    auto flushed = Resampler::create(from, 8000).value();
    convert(flushed, first, 333);
    CHECK(convert(flushed, second, 960) == expected);
    auto cleared = Resampler::create(from, 8000).value();
    Samples dropped;
    cleared.push(first, dropped);
    cleared.reset();
    CHECK(convert(cleared, second, 960) == expected);
  }
}

TEST_CASE("flush without an utterance gives nothing") {
  for (const int from : {48'000, 44'100, 8000}) {
    auto resampler = Resampler::create(from, 8000).value();
    Samples out;
    resampler.flush(out);
    resampler.push({}, out);
    resampler.flush(out);
    CHECK(out.empty());
    convert(resampler, test::noise(500, 1), 100);
    resampler.flush(out);
    CHECK(out.empty());
  }
}

TEST_CASE("equal rates pass the samples through at once") {
  auto resampler = Resampler::create(8000, 8000).value();
  const Samples input = test::noise(160, 1);
  Samples out;
  resampler.push(input, out);
  CHECK(out == input);
  CHECK(resampler.delay() == std::chrono::nanoseconds{0});
}

TEST_CASE("output is appended, and a vector that has its capacity is not moved") {
  auto resampler = Resampler::create(48'000, 8000).value();
  Samples out;
  out.reserve(400);
  out.push_back(42);
  const auto* before = out.data();
  for (int i = 0; i < 100; ++i) {
    out.resize(1);
    resampler.push(test::noise(960, 1), out);
    resampler.flush(out);
    REQUIRE(out.size() == 161);
    REQUIRE(out[0] == 42);
    REQUIRE(out.data() == before);
  }
}

TEST_CASE("a moved resampler goes on where it was") {
  for (const int from : {48'000, 44'100}) {
    const Samples input = test::noise(4000, 9);
    auto whole = Resampler::create(from, 8000).value();
    const Samples expected = convert(whole, input, 1000);
    auto source = Resampler::create(from, 8000).value();
    Samples out;
    source.push(std::span(input).first(1234), out);
    Resampler moved = std::move(source);
    moved.push(std::span(input).subspan(1234), out);
    moved.flush(out);
    CHECK(out == expected);
  }
}

TEST_CASE("every kernel gives the same samples") {
  for (const auto& [from, to] : fir_conversions) {
    const Samples input = test::noise(5000, 6, 32'767);
    auto reference = Resampler::create(from, to, Kernel::portable).value();
    const Samples expected = convert(reference, input, 960);
    for (const Kernel kernel : test::kernels()) {
      auto resampler = Resampler::create(from, to, kernel).value();
      CHECK(convert(resampler, input, 777) == expected);
    }
  }
}

TEST_CASE("rates that no audio has are refused") {
  for (const int rate : {-8000, 0, 1, 3999, 192'001, 2'000'000'000}) {
    CHECK_FALSE(Resampler::create(rate, 8000));
    CHECK_FALSE(Resampler::create(8000, rate));
  }
  CHECK(Resampler::create(4000, 8000));
  CHECK(Resampler::create(192'000, 8000));
}
