// Caller audio on its way to Gemini Live.
#include <cmath>

#include "codec/g711.hpp"
#include "tests/unit/gemini/live_script.hpp"

using namespace tandem;
using namespace tandem::gemini::script;

namespace {

constexpr std::string_view head =
    R"({"realtimeInput":{"audio":{"mimeType":"audio/pcm;rate=16000","data":")";

std::vector<std::int16_t> samples_of(const std::string& message) {
  REQUIRE(message.starts_with(head));
  REQUIRE(message.ends_with("\"}}}"));
  const auto data = std::string_view(message).substr(head.size(), message.size() - head.size() - 4);
  std::vector<std::int16_t> samples(data.size());
  auto* bytes = reinterpret_cast<std::uint8_t*>(samples.data());
  const auto decoded = codec::base64_decode(data, {bytes, samples.size() * 2});
  REQUIRE(decoded);
  samples.resize(decoded.size / 2);
  return samples;
}

std::vector<std::uint8_t> tone(std::size_t bytes, double hertz) {
  std::vector<std::uint8_t> ulaw(bytes);
  for (std::size_t i = 0; i < bytes; ++i) {
    const double phase = 2 * 3.14159265358979 * hertz * static_cast<double>(i) / 8000;
    ulaw[i] = codec::ulaw_encode(static_cast<std::int16_t>(8000 * std::sin(phase)));
  }
  return ulaw;
}

}  // namespace

TEST_CASE("Gemini gets the caller at 16 kHz, one unbroken stream over all frames", "[gemini]") {
  auto framed = make_provider();
  auto whole = make_provider();
  const auto ulaw = tone(8000, 440);
  std::vector<std::int16_t> pieces;
  for (std::size_t at = 0; at < ulaw.size(); at += 160) {
    std::string out;
    framed.encode_audio(std::span(ulaw).subspan(at, 160), out);
    const auto part = samples_of(out);
    pieces.insert(pieces.end(), part.begin(), part.end());
  }
  std::string out;
  whole.encode_audio(ulaw, out);
  CHECK(pieces == samples_of(out));
  CHECK(pieces.size() >= 16000 - 60);
  // The tone is still the tone: it crosses zero upwards 440 times a second.
  int crossings = 0;
  for (std::size_t i = 1; i < pieces.size(); ++i) crossings += pieces[i - 1] < 0 && pieces[i] >= 0;
  CHECK(std::abs(crossings - 440) <= 2);
}

TEST_CASE("caller audio keeps its filter over a Gemini reconnect", "[gemini]") {
  auto broken = make_provider();
  auto whole = make_provider();
  const auto ulaw = tone(320, 440);
  std::string before, after, all;
  broken.open(false);
  broken.encode_audio(std::span(ulaw).first(160), before);
  broken.open(true);
  broken.encode_audio(std::span(ulaw).subspan(160), after);
  whole.encode_audio(ulaw, all);
  auto samples = samples_of(before);
  for (const auto sample : samples_of(after)) samples.push_back(sample);
  CHECK(samples == samples_of(all));
}

TEST_CASE("encoding a frame for Gemini allocates nothing once warm", "[gemini]") {
  auto provider = make_provider();
  const auto ulaw = tone(160, 300);
  std::string out;
  provider.encode_audio(ulaw, out);
  out.clear();
  provider.encode_audio(ulaw, out);
  const auto* place = out.data();
  const auto capacity = out.capacity();
  for (int i = 0; i < 50; ++i) {
    out.clear();
    provider.encode_audio(ulaw, out);
    CHECK(out.size() > 900);
  }
  CHECK(out.data() == place);
  CHECK(out.capacity() == capacity);
}

TEST_CASE("audio that is too short to give a sample is no message to Gemini", "[gemini]") {
  auto provider = make_provider();
  std::string out;
  provider.encode_audio({}, out);
  CHECK(out.empty());
  const std::vector<std::uint8_t> byte(1, 0xFF);
  provider.encode_audio(byte, out);
  CHECK(out.empty());
}
