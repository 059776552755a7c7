// The hand scan of audio_output against the general decoder: same answer, or none.
#include <random>
#include <string>
#include <vector>

#include "hume/messages.hpp"
#include "tests/unit/catch.hpp"

using namespace tandem;

namespace {

const std::string base =
    R"({"type":"audio_output","custom_session_id":null,"id":"utt-1","index":12,"data":"UklGRg=="})";

bool is_base64_text(std::string_view data) {
  for (const char c : data) {
    const bool ok = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                    c == '+' || c == '/' || c == '=';
    if (!ok) return false;
  }
  return true;
}

/// True when the scan took the text; checks that the general decoder then says the same.
bool scan_agrees(const std::string& text) {
  const auto scanned = hume::scan_audio_output(text);
  if (!scanned) return false;
  const std::string id(scanned->id);
  const std::string data(scanned->data);
  const auto decoded = hume::decode_document(text);
  INFO(text);
  if (!decoded.ok()) {
    // The one freedom: bytes that no JSON string may hold are left to the base64 decoder.
    CHECK_FALSE(is_base64_text(data));
    return true;
  }
  const auto* audio = std::get_if<hume::AudioOutput>(&*decoded);
  REQUIRE(audio != nullptr);
  CHECK(audio->id == id);
  CHECK(audio->index == scanned->index);
  CHECK(audio->data == data);
  return true;
}

}  // namespace

TEST_CASE("the audio scan takes every order and spacing of a flat audio_output", "[hume]") {
  for (const std::string& text : {
           base,
           std::string(
               R"( { "data" : "QUJD" , "index" : 0 , "id" : "a" , "type" : "audio_output" } )"),
           std::string(
               "{\n\t\"type\":\"audio_output\",\r\n\"id\":\"\",\"index\":-4,\"data\":\"\"}"),
           std::string(R"({"is_final_chunk":true,"n":-0,"s":"x","z":false,)"
                       R"("type":"audio_output","id":"a","index":0,"data":"QQ=="})"),
       }) {
    INFO(text);
    CHECK(scan_agrees(text));
  }
}

TEST_CASE("the audio scan leaves everything unusual to the general decoder", "[hume]") {
  const char* const texts[] = {
      R"({"type":"user_message","id":"a","index":0,"data":"QQ=="})",
      R"({"type":"audio_output","id":"a","index":0,"data":"QQ==\/"})",
      R"({"type":"audio_output","id":"a\u0041","index":0,"data":"QQ=="})",
      R"({"type":"audio_output","id":"ä","index":0,"data":"QQ=="})",
      R"({"t\u0079pe":"audio_output","id":"a","index":0,"data":"QQ=="})",
      R"({"type":"audio_output","id":"a","index":0,"data":"QQ==","data":"QUJD"})",
      R"({"type":"audio_output","id":"a","id":"b","index":0,"data":"QQ=="})",
      R"({"type":"audio_output","id":"a","index":0,"index":1,"data":"QQ=="})",
      R"({"type":"audio_output","id":"a","index":0,"models":{"data":"x"},"data":"QQ=="})",
      R"({"type":"audio_output","id":"a","index":0,"list":[1],"data":"QQ=="})",
      R"({"type":"audio_output","id":"a","index":0.0,"data":"QQ=="})",
      R"({"type":"audio_output","id":"a","index":1e2,"data":"QQ=="})",
      R"({"type":"audio_output","id":"a","index":01,"data":"QQ=="})",
      R"({"type":"audio_output","id":"a","index":1234567890123456789,"data":"QQ=="})",
      R"({"type":"audio_output","id":"a","index":null,"data":"QQ=="})",
      R"({"type":"audio_output","id":"a","index":0,"data":null})",
      R"({"type":"audio_output","id":"a","index":0})",
      R"({"type":"audio_output","id":"a","index":0,"data":"QQ=="} x)",
      R"({"type":"audio_output","id":"a","index":0,"data":"QQ==",})",
      R"({"type":"audio_output","id":"a","index":0,"data":"QQ==")",
      R"({"type":"audio_output","id":"a","index":0,"data":"QQ==)",
      R"({"type":"audio_output","id":"a","index":0 "data":"QQ=="})",
      R"({"type":"audio_output","x":truex,"id":"a","index":0,"data":"QQ=="})",
      "{}",
      "",
      "{",
  };
  for (const char* text : texts) {
    INFO(text);
    CHECK_FALSE(hume::scan_audio_output(text).has_value());
  }
}

TEST_CASE("escaped slashes in audio data are decoded by the general decoder", "[hume]") {
  const auto decoded =
      hume::decode_server_message(R"({"type":"audio_output","id":"a","index":0,"data":"A\/8="})");
  REQUIRE(decoded.ok());
  CHECK(std::get<hume::AudioOutput>(*decoded).data == "A/8=");
}

TEST_CASE("the audio scan never disagrees with the general decoder on damaged messages", "[hume]") {
  std::mt19937 random(20261122);
  const std::string letters = "{}[]\",:\\ 0123456789-+.eEnulltrueabc=/\t\x01\xC3\xA4";
  int taken = 0;
  for (int round = 0; round < 60'000; ++round) {
    std::string text = base;
    for (auto edits = 1 + random() % 3; edits > 0; --edits) {
      const std::size_t at = random() % text.size();
      const char letter = letters[random() % letters.size()];
      switch (random() % 4) {
        case 0:
          text[at] = letter;
          break;
        case 1:
          text.insert(at, 1, letter);
          break;
        case 2:
          text.erase(at, 1 + random() % 4);
          break;
        default:
          text.insert(at, text.substr(random() % text.size(), random() % 24));
          break;
      }
      if (text.empty()) text = base;
    }
    taken += scan_agrees(text) ? 1 : 0;
  }
  CHECK(taken > 3000);
}

TEST_CASE("the audio scan reads no byte behind the text", "[hume]") {
  // Every prefix in a buffer of exactly its size: AddressSanitizer builds see a read past the end.
  for (std::size_t size = 0; size < base.size(); ++size) {
    const std::vector<char> exact(base.begin(), base.begin() + static_cast<std::ptrdiff_t>(size));
    CHECK_FALSE(hume::scan_audio_output({exact.data(), exact.size()}).has_value());
  }
}
