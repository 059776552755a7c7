// Where the replies of Gemini Live begin and end, and what is audible of them.
#include "tests/unit/gemini/live_script.hpp"

using namespace tandem;
using namespace tandem::gemini::script;
using namespace std::chrono_literals;

namespace {

/// "id/index" of every piece of audio in these messages.
std::vector<std::string> pieces(gemini::LiveProvider& provider,
                                const std::vector<std::string>& texts) {
  std::vector<std::string> names;
  for (const auto& text : texts) {
    for (const auto& piece : all<call::VoiceAudio>(feed(provider, text))) {
      names.push_back(std::string(piece.utterance) + "/" + std::to_string(piece.index));
    }
  }
  return names;
}

/// Kinds of the events that are not words, as letters: a audio, e turn ended, i interrupted.
std::string kinds(const Events& events) {
  std::string letters;
  for (const auto& event : events) {
    if (std::holds_alternative<call::VoiceAudio>(event)) letters += 'a';
    if (std::holds_alternative<call::VoiceTurnEnded>(event)) letters += 'e';
    if (std::holds_alternative<call::VoiceInterrupted>(event)) letters += 'i';
  }
  return letters;
}

}  // namespace

TEST_CASE("Gemini audio is PCM of the rate it names, or of 24 kHz", "[gemini]") {
  auto provider = make_provider();
  start(provider);
  const auto heard = feed(provider, audio({7, -8, 32767, -32768}));
  const auto piece = only<call::VoiceAudio>(heard);
  CHECK(std::vector<std::int16_t>(piece.samples.begin(), piece.samples.end()) ==
        std::vector<std::int16_t>{7, -8, 32767, -32768});
  CHECK(piece.sample_rate_hz == 24000);
  CHECK(piece.index == 0);
  const auto unnamed = feed(provider, audio({1}, "audio/pcm"));
  CHECK(only<call::VoiceAudio>(unnamed).sample_rate_hz == 24000);
  const auto slow = feed(provider, audio({1}, "audio/pcm;rate=16000"));
  CHECK(only<call::VoiceAudio>(slow).sample_rate_hz == 16000);
  CHECK(only<call::VoiceAudio>(slow).index == 2);
}

TEST_CASE("all audio parts of one Gemini message are heard, thoughts are not", "[gemini]") {
  auto provider = make_provider();
  start(provider);
  const auto events = feed(
      provider, content(R"("modelTurn":{"parts":[{"text":"hm","thought":true},)" +
                        audio_part({1, 2, 3}) + "," + audio_part({4}) + "," + audio_part({5, 6}) +
                        R"(]},"outputTranscription":{"text":" how can I"})"));
  std::vector<std::int16_t> samples;
  for (const auto& piece : all<call::VoiceAudio>(events)) {
    samples.insert(samples.end(), piece.samples.begin(), piece.samples.end());
  }
  CHECK(samples == std::vector<std::int16_t>{1, 2, 3, 4, 5, 6});
  REQUIRE(all<call::VoiceAudio>(events).size() == 3);
  CHECK(all<call::VoiceAudio>(events).at(2).utterance == "gemini-1");
  CHECK(all<call::VoiceText>(events).at(0).text == "how can I");
  CHECK(all<call::VoiceText>(events).at(0).utterance == "gemini-1");
}

TEST_CASE("E17: Gemini audio that cannot be read is a defect and nothing more", "[gemini]") {
  auto provider = make_provider();
  start(provider);
  const auto defect = [&](const std::string& mime, const std::string& data) {
    return only<call::VoiceDefect>(
               feed(provider, content(R"("modelTurn":{"parts":[{"inlineData":{"mimeType":")" +
                                      mime + R"(","data":")" + data + "\"}}]}")))
        .why;
  };
  CHECK(defect("audio/pcm;rate=24000", "AAA") == "base64");
  CHECK(defect("audio/pcm;rate=24000", "A!A=") == "base64");
  CHECK(defect("audio/pcm;rate=24000", "AA==") == "pcm_odd_bytes");
  CHECK(defect("audio/mpeg", "AAA=") == "pcm_rate");
  CHECK(defect("audio/pcm;rate=12", "AAA=") == "pcm_rate");
  CHECK(defect("audio/pcm;rate=x", "AAA=") == "pcm_rate");
  CHECK(feed(provider, audio({})).empty());
  // A bad part between good ones costs only itself.
  const auto events =
      feed(provider, content(R"("modelTurn":{"parts":[)" + audio_part({1}) +
                             R"(,{"inlineData":{"data":"AAA="}},)" + audio_part({2}) + "]}"));
  CHECK(kinds(events) == "aa");
}

TEST_CASE("a Gemini message of two megabytes is heard whole", "[gemini]") {
  auto provider = make_provider();
  start(provider);
  const std::vector<std::int16_t> long_speech(800'000, 123);
  const auto events = feed(provider, audio(long_speech));
  const auto piece = only<call::VoiceAudio>(events);
  CHECK(piece.samples.size() == long_speech.size());
  CHECK(piece.samples.back() == 123);
}

TEST_CASE("every reply of Gemini has an id of its own and counts its pieces from 0", "[gemini]") {
  auto provider = make_provider();
  start(provider);
  const std::vector<std::string> turns = {audio(), audio(),     generated, turn_over,  //
                                          audio(), interrupted, turn_over,             //
                                          audio(), turn_over,                          //
                                          audio()};
  CHECK(pieces(provider, turns) == std::vector<std::string>{"gemini-1/0", "gemini-1/1",
                                                            "gemini-2/0", "gemini-3/0",
                                                            "gemini-4/0"});
  start(provider, true);  // ids go on: the call knows them all
  CHECK(pieces(provider, {audio()}) == std::vector<std::string>{"gemini-5/0"});
  CHECK(kinds(feed_all(provider, turns)) == "aaeaiaea");
}

TEST_CASE("Gemini audio between generationComplete and turnComplete is heard", "[gemini]") {
  auto provider = make_provider();
  start(provider);
  const std::vector<std::string> turns = {audio(), generated, audio(), turn_over, audio()};
  CHECK(pieces(provider, turns) ==
        std::vector<std::string>{"gemini-1/0", "gemini-2/0", "gemini-3/0"});
  feed(provider, turn_over);
  CHECK(kinds(feed_all(provider, turns)) == "aaea");
}

TEST_CASE("an interrupted Gemini turn is void, late chunks included, until it is over",
          "[gemini]") {
  auto provider = make_provider();
  start(provider);
  CHECK(kinds(feed_all(provider, {audio(), interrupted})) == "ai");
  CHECK(kinds(feed_all(provider, {audio(), agent("late words"), interrupted})).empty());
  CHECK(kinds(feed(provider, generated)).empty());
  CHECK(kinds(feed(provider, turn_over)).empty());
  CHECK(kinds(feed(provider, audio())) == "a");
}

TEST_CASE("a Gemini turn ends with its generation, or once the words that caused it are known",
          "[gemini]") {
  auto provider = make_provider();
  start(provider);
  std::string out;
  provider.encode_greeting(out);
  CHECK(kinds(feed_all(provider, {audio(), agent("Good day."), generated})) == "ae");
  CHECK(kinds(feed(provider, turn_over)).empty());
  // Late words of the caller come before the end of the turn: nobody cuts in here.
  CHECK(kinds(feed_all(provider, {audio(), agent("At ten."), generated, caller("When is it?")})) ==
        "a");
  pass_time(provider, 1s);
  const auto events = feed(provider, "{}");
  CHECK(finals(events).size() == 2);
  CHECK(std::holds_alternative<call::VoiceTurnEnded>(events.back()));
  CHECK(kinds(feed(provider, turn_over)).empty());
}

TEST_CASE("an interruption during the playback tail of a Gemini turn counts", "[gemini]") {
  auto provider = make_provider();
  start(provider);
  CHECK(kinds(feed_all(provider, {audio(), generated, interrupted, turn_over, audio()})) == "aia");
}

TEST_CASE("a Gemini interruption before any sound is none, and the answer is heard", "[gemini]") {
  auto provider = make_provider();
  start(provider);
  CHECK(kinds(feed_all(provider, {interrupted, turn_over, audio(), turn_over})) == "ae");
  // ... and after the turn before is over.
  CHECK(kinds(feed_all(provider, {turn_over, interrupted, turn_over, audio()})) == "a");
  // Everything in one message.
  auto other = make_provider();
  start(other);
  CHECK(kinds(feed(other, content(R"("interrupted":true,"turnComplete":true)"))).empty());
  CHECK(kinds(feed(other, audio())) == "a");
}

TEST_CASE("a Gemini turn that was only written is cut without an interruption", "[gemini]") {
  auto provider = make_provider();
  start(provider);
  CHECK(kinds(feed_all(provider, {agent("Good"), interrupted, audio(), turn_over})).empty());
  CHECK(kinds(feed(provider, audio())) == "a");
}

TEST_CASE("a Gemini turn whose end is lost swallows no later answer", "[gemini]") {
  auto provider = make_provider();
  start(provider);
  feed_all(provider, {audio(), interrupted});
  pass_time(provider, 1s);
  CHECK(feed(provider, audio()).empty());
  pass_time(provider, 3s);
  CHECK(kinds(feed(provider, audio())) == "a");
}

TEST_CASE("a Gemini turn without generationComplete ends with turnComplete", "[gemini]") {
  auto provider = make_provider();
  start(provider);
  CHECK(kinds(feed_all(provider, {audio(), turn_over})) == "ae");
  CHECK(kinds(feed(provider, turn_over)).empty());
  const std::string waits =
      content(R"("turnComplete":true,"turnCompleteReason":"NEED_MORE_INPUT")");
  CHECK(kinds(feed(provider, waits)) == "e");  // the model chose to listen on
}

TEST_CASE("a Gemini turn that was rejected is a warning with the reason", "[gemini]") {
  auto provider = make_provider();
  start(provider);
  const auto error = only<call::VoiceError>(
      feed(provider, content(R"("turnComplete":true,"turnCompleteReason":"RESPONSE_REJECTED")")));
  CHECK(error.severity == call::VoiceSeverity::warning);
  CHECK(error.slug == "response_rejected");
}

TEST_CASE("a paused Gemini is not heard, and does not finish its sentence after", "[gemini]") {
  auto provider = make_provider();
  start(provider);
  std::string out;
  feed_all(provider, {agent("One moment"), audio()});
  provider.encode_pause(true, out);
  const auto words = feed_all(provider, {audio(), agent(" please")});
  CHECK(kinds(words).empty());
  CHECK(finals(words) == std::vector<std::string>{"assistant: One moment"});
  pass_time(provider, 10s);
  CHECK(kinds(feed(provider, audio())).empty());
  provider.encode_pause(false, out);
  CHECK(kinds(feed_all(provider, {audio(), turn_over})).empty());
  CHECK(kinds(feed(provider, audio())) == "a");
}

TEST_CASE("a paused Gemini hears silence instead of the caller", "[gemini]") {
  auto loud = make_provider();
  auto quiet = make_provider();
  std::string out;
  quiet.encode_pause(true, out);
  CHECK(out.empty());
  const std::vector<std::uint8_t> tone(160, 0x10);
  const std::vector<std::uint8_t> silence(160, 0xFF);
  const auto audio_of = [](gemini::LiveProvider& provider, const std::vector<std::uint8_t>& ulaw) {
    return encoded([&](auto& text) { provider.encode_audio(ulaw, text); });
  };
  auto silent = make_provider();
  CHECK(audio_of(quiet, tone) == audio_of(silent, silence));
  CHECK(audio_of(loud, tone) != audio_of(silent, silence));
}
