#include "codec/wav.hpp"

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>

#include "codec/audio.hpp"
#include "tests/unit/catch.hpp"

using namespace tandem::codec;

namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes operator+(Bytes left, const Bytes& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

Bytes text(std::string_view characters) { return {characters.begin(), characters.end()}; }

Bytes number(std::uint32_t value, std::size_t width) {
  Bytes bytes;
  for (; width > 0; --width, value >>= 8) bytes.push_back(static_cast<std::uint8_t>(value));
  return bytes;
}

constexpr std::uint32_t honest = 0x1234567;  // "write the length that is true"

Bytes chunk(std::string_view id, const Bytes& content, std::uint32_t claimed = honest) {
  const auto size = claimed == honest ? static_cast<std::uint32_t>(content.size()) : claimed;
  Bytes bytes = text(id) + number(size, 4) + content;
  if (content.size() % 2 != 0) bytes.push_back(0);
  return bytes;
}

Bytes format(std::uint32_t tag = 1, std::uint32_t channels = 1, std::uint32_t rate = 48'000,
             std::uint32_t bits = 16) {
  return number(tag, 2) + number(channels, 2) + number(rate, 4) +
         number(rate * channels * bits / 8, 4) + number(channels * bits / 8, 2) + number(bits, 2);
}

Bytes extensible(std::uint8_t subtype, std::uint8_t last_byte = 0x71) {
  return format(0xFFFE) + number(22, 2) + number(16, 2) + number(4, 4) + number(subtype, 4) +
         Bytes{0x00, 0x00, 0x10, 0x00, 0x80, 0x00, 0x00, 0xAA, 0x00, 0x38, 0x9B, last_byte};
}

Bytes riff(const Bytes& chunks, std::string_view form = "WAVE", std::string_view magic = "RIFF") {
  const auto size = static_cast<std::uint32_t>(chunks.size() + 4);
  return text(magic) + number(size, 4) + text(form) + chunks;
}

const Bytes four_samples = number(1, 2) + number(2, 2) + number(0xFFFF, 2) + number(0x8000, 2);

Bytes good_file() { return riff(chunk("fmt ", format()) + chunk("data", four_samples)); }

// The file in a heap block of exactly its size (ASan sees a byte too many), and what came of it.
struct Read {
  Wav wav;
  std::vector<std::int16_t> mono;
  bool data_is_inside = false;
};

Read read(const Bytes& file) {
  const auto block = std::make_unique<std::uint8_t[]>(file.size());
  std::ranges::copy(file, block.get());
  Read result;
  result.wav = parse_wav({block.get(), file.size()});
  append_mono(result.wav, result.mono);
  const auto data = result.wav.data;
  result.data_is_inside = data.empty() || (data.data() >= block.get() &&
                                           data.data() + data.size() <= block.get() + file.size());
  return result;
}

struct Row {
  std::string name;
  Bytes file;
  WavError error = WavError::none;
  std::size_t samples = 0;        // mono samples that must come out
  bool length_was_wrong = false;  // what the parser must notice
};

Bytes cut(Bytes file, std::size_t size) {
  file.resize(size);
  return file;
}

std::vector<Row> refused_files() {
  using enum WavError;
  const Bytes fmt = chunk("fmt ", format());
  const Bytes data = chunk("data", four_samples);
  const auto with = [&](const Bytes& other) { return riff(chunk("fmt ", other) + data); };
  return {
      {"empty message", {}, too_short},
      {"one byte", {'R'}, too_short},
      {"eleven bytes", cut(good_file(), 11), too_short},
      {"text instead of audio", text("{\"error\":\"no audio\"}"), not_riff},
      {"big-endian RIFX", riff(fmt + data, "WAVE", "RIFX"), not_riff},
      {"64-bit RF64", riff(fmt + data, "WAVE", "RF64"), not_riff},
      {"an Ogg page", text("OggS") + Bytes(40), not_riff},
      {"twelve zeros", Bytes(12), not_riff},
      {"AVI form", riff(fmt + data, "AVI "), not_wave},
      {"lower-case form", riff(fmt + data, "wave"), not_wave},
      {"header only", riff({}), no_format},
      {"no fmt chunk", riff(data), no_format},
      {"fmt in upper case", riff(chunk("FMT ", format()) + data), no_format},
      {"half a chunk header", riff(text("fmt ") + number(16, 2)), no_format},
      {"first chunk claims 4 GB", riff(chunk("LIST", Bytes(8), 0xFFFFFFFF) + fmt + data),
       no_format},
      {"first chunk claims 2 GB", riff(chunk("LIST", Bytes(8), 0x7FFFFFFF) + fmt + data),
       no_format},
      {"fmt of no bytes", with({}), short_format},
      {"fmt of 14 bytes", with(cut(format(), 14)), short_format},
      {"fmt cut off by the end", cut(good_file(), 30), short_format},
      {"extensible without extension", with(format(0xFFFE)), short_format},
      {"extensible of 38 bytes", with(cut(extensible(1), 38)), short_format},
      {"tag 0", with(format(0)), unsupported_encoding},
      {"IEEE float", with(format(3, 1, 48'000, 32)), unsupported_encoding},
      {"A-law", with(format(6, 1, 8000, 8)), unsupported_encoding},
      {"mu-law", with(format(7, 1, 8000, 8)), unsupported_encoding},
      {"MP3 in WAV", with(format(0x55)), unsupported_encoding},
      {"extensible float", with(extensible(3)), unsupported_encoding},
      {"extensible of unknown kind", with(extensible(1, 0x72)), unsupported_encoding},
      {"0 bits", with(format(1, 1, 48'000, 0)), unsupported_bits},
      {"8 bits", with(format(1, 1, 48'000, 8)), unsupported_bits},
      {"24 bits", with(format(1, 1, 48'000, 24)), unsupported_bits},
      {"32 bits", with(format(1, 1, 48'000, 32)), unsupported_bits},
      {"no channel", with(format(1, 0)), unsupported_channels},
      {"six channels", with(format(1, 6)), unsupported_channels},
      {"65535 channels", with(format(1, 0xFFFF)), unsupported_channels},
      {"0 Hz", with(format(1, 1, 0)), unsupported_rate},
      {"3999 Hz", with(format(1, 1, 3999)), unsupported_rate},
      {"192001 Hz", with(format(1, 1, 192'001)), unsupported_rate},
      {"4 GHz", with(format(1, 1, 0xFFFFFFFF)), unsupported_rate},
      {"no data chunk", riff(fmt), no_data},
      {"fmt twice, no data", riff(fmt + fmt), no_data},
      {"data header cut off", riff(fmt + text("data") + number(8, 3)), no_data},
      {"only unknown chunks behind fmt", riff(fmt + chunk("LIST", Bytes(30))), no_data},
      {"lying LIST swallows data", riff(fmt + chunk("LIST", {}, 1000) + data), no_data},
  };
}

std::vector<Row> accepted_files() {
  using enum WavError;
  const Bytes fmt = chunk("fmt ", format());
  const Bytes data = chunk("data", four_samples);
  const Bytes stereo = chunk("fmt ", format(1, 2));
  const auto claiming = [&](std::uint32_t size) { return chunk("data", four_samples, size); };
  return {
      {"plain", good_file(), none, 4},
      {"fmt of 18 bytes", riff(chunk("fmt ", format() + number(0, 2)) + data), none, 4},
      {"extensible PCM", riff(chunk("fmt ", extensible(1)) + data), none, 4},
      {"LIST before fmt", riff(chunk("LIST", Bytes(26)) + fmt + data), none, 4},
      {"odd chunk with padding", riff(fmt + chunk("note", Bytes(7)) + data), none, 4},
      {"empty chunks", riff(chunk("junk", {}) + chunk("junk", {}) + fmt + data), none, 4},
      {"data before fmt", riff(data + fmt), none, 4},
      {"chunk behind data", riff(fmt + data + chunk("LIST", Bytes(10))), none, 4},
      {"second data ignored", riff(fmt + data + data), none, 4},
      {"RIFF length 0", text("RIFF") + number(0, 4) + text("WAVE") + fmt + data, none, 4},
      {"RIFF length 4 GB", text("RIFF") + number(0xFFFFFFFF, 4) + text("WAVE") + fmt + data, none,
       4},
      {"data length 0 (streamed)", riff(fmt + claiming(0)), none, 4, true},
      {"data length 0xFFFFFFFF (streamed)", riff(fmt + claiming(0xFFFFFFFF)), none, 4, true},
      {"data length 0x7FFFFFFF", riff(fmt + claiming(0x7FFFFFFF)), none, 4, true},
      {"data length one too many", riff(fmt + claiming(9)), none, 4, true},
      {"data length too small", riff(fmt + claiming(6)), none, 3},
      {"data ends in half a sample", riff(fmt + claiming(7)), none, 3},
      {"cut in the middle of a sample", cut(good_file(), 49), none, 2, true},
      {"cut right behind the data header", cut(good_file(), 44), none, 0, true},
      {"no sample at all", riff(fmt + chunk("data", {})), none, 0},
      {"one byte of data", riff(fmt + chunk("data", {0x55})), none, 0},
      {"stereo", riff(stereo + data), none, 2},
      {"stereo, half a frame left", riff(stereo + claiming(6)), none, 1},
      {"block align lies",
       riff(chunk("fmt ", cut(format(), 12) + number(77, 2) + number(16, 2)) + data), none, 4},
      {"fmt twice, the first counts", riff(fmt + chunk("fmt ", format(3)) + data), none, 4},
  };
}

}  // namespace

TEST_CASE("E16: what cannot be played is refused by name, without a byte read past the end") {
  for (const Row& row : refused_files()) {
    CAPTURE(row.name);
    const Read result = read(row.file);
    CHECK(to_string(result.wav.error) == to_string(row.error));
    CHECK(result.wav.data.empty());
    CHECK(result.mono.empty());
  }
}

TEST_CASE("E16: what is only odd is played as far as it is there") {
  for (const Row& row : accepted_files()) {
    CAPTURE(row.name);
    const Read result = read(row.file);
    CHECK(to_string(result.wav.error) == "none");
    CHECK(result.wav.sample_rate_hz == 48'000);
    CHECK(result.mono.size() == row.samples);
    CHECK(result.wav.length_was_wrong == row.length_was_wrong);
    CHECK(result.data_is_inside);
  }
}

TEST_CASE("the hostile files are more than forty") {
  CHECK(refused_files().size() + accepted_files().size() >= 60);
}

TEST_CASE("E16: every truncation and every changed byte stays inside the file") {
  const Bytes rich = riff(chunk("LIST", Bytes(5)) + chunk("fmt ", extensible(1)) +
                          chunk("data", four_samples + four_samples) + chunk("tail", Bytes(3)));
  for (const Bytes& file : {good_file(), rich}) {
    for (std::size_t size = 0; size <= file.size(); ++size) {
      REQUIRE(read(cut(file, size)).data_is_inside);
    }
    for (std::size_t at = 0; at < file.size(); ++at) {
      for (const int byte : {0x00, 0x01, 0x7F, 0x80, 0xFE, 0xFF}) {
        Bytes changed = file;
        changed[at] = static_cast<std::uint8_t>(byte);
        const Read result = read(changed);
        REQUIRE(result.data_is_inside);
        REQUIRE(result.mono.size() * 2 <= file.size());
      }
    }
  }
}

TEST_CASE("every rate that a provider was seen to send is read from the header") {
  for (const std::uint32_t rate : {8000U, 16'000U, 22'050U, 24'000U, 44'100U, 48'000U, 96'000U}) {
    const Read result = read(riff(chunk("fmt ", format(1, 1, rate)) + chunk("data", four_samples)));
    CHECK(result.wav);
    CHECK(result.wav.sample_rate_hz == static_cast<int>(rate));
  }
}

TEST_CASE("mono samples come out as they lie in the file, behind what was there") {
  const Bytes file = good_file();
  std::vector<std::int16_t> out{7};
  append_mono(parse_wav(file), out);
  CHECK(out == std::vector<std::int16_t>{7, 1, 2, -1, -32768});
}

TEST_CASE("stereo is averaged without overflow") {
  const Bytes frames = number(100, 2) + number(200, 2) + number(0x7FFF, 2) + number(0x7FFF, 2) +
                       number(0x8000, 2) + number(0x8000, 2) + number(0x7FFF, 2) +
                       number(0x8001, 2);
  const Read result = read(riff(chunk("fmt ", format(1, 2)) + chunk("data", frames)));
  CHECK(result.wav.channels == 2);
  CHECK(result.mono == std::vector<std::int16_t>{150, 32767, -32768, 0});
}

TEST_CASE("each reason for refusing a WAV has its own label") {
  std::vector<std::string_view> labels;
  for (int error = 0; error <= static_cast<int>(WavError::no_data); ++error) {
    labels.push_back(to_string(static_cast<WavError>(error)));
  }
  std::ranges::sort(labels);
  CHECK(std::ranges::adjacent_find(labels) == labels.end());
  CHECK(std::ranges::count(labels, "unknown") == 0);
}
