#include "tests/simulation/corpus/cut_ins.hpp"

#include <algorithm>
#include <array>

#include "tests/simulation/corpus/noises.hpp"

namespace tandem::corpus {

namespace {

using namespace std::chrono_literals;

constexpr std::array<milliseconds, 5> positions = {700ms, 2600ms, 5200ms, 8400ms, 11500ms};
constexpr std::array<double, 2> speeds = {1.15, 3.0};
/// ITU-T P.56 active levels: a nominal talker is some 26 dB below overload.
constexpr float loud_talker = -18;
constexpr float nominal_talker = -26;
constexpr float quiet_talker = -34;

/// Fills the corpus kind by kind; every case takes the next position, speed and seed.
class Author {
 public:
  explicit Author(const Clips& clips) : clips_(clips) {}

  void sentences();
  void hard_sentences();
  void short_words();
  void sudden_noises();
  void long_noises();
  void echoes();
  std::vector<CutIn> take() { return std::move(corpus_); }

 private:
  CutIn& add(CutInKind kind) {
    auto& one = corpus_.emplace_back();
    one.kind = kind;
    one.seed = corpus_.size();
    one.position = positions[corpus_.size() % positions.size()] + dice_.between(0ms, 600ms);
    one.agent_speed = speeds[(corpus_.size() / positions.size()) % speeds.size()];
    return one;
  }
  CutIn& add_words(CutInKind kind, const CallerClip& clip, float dbfs) {
    auto& one = add(kind);
    one.caller = {with_active_level(clip.sound, dbfs), &clip};
    return one;
  }
  void add_sound(CutInKind kind, Sound sound, float dbfs) {
    add(kind).caller = {with_active_level(std::move(sound), dbfs), nullptr};
  }
  float level(int low, int high) { return static_cast<float>(dice_.between(low, high)); }
  /// Several people talk in the next room: all callers at once, over each other.
  Sound murmur(milliseconds length);

  const Clips& clips_;
  Random dice_{2026};
  std::vector<CutIn> corpus_;
};

Sound Author::murmur(milliseconds length) {
  const auto clips = clips_.caller(LineKind::cut_in);
  const auto samples = static_cast<std::size_t>(length.count()) * samples_per_ms;
  Sound sound(samples);
  for (int talker = 0; talker < 6; ++talker) {
    for (std::size_t at = 0; at < samples;) {
      const auto& clip = *clips[dice_.next() % clips.size()];
      mix(sound, with_active_level(clip.sound, nominal_talker), at);
      at += clip.sound.size() + static_cast<std::size_t>(dice_.between(0, 2000));
    }
  }
  sound.resize(samples);
  return sound;
}

void Author::sentences() {
  for (int round = 0; round < 2; ++round) {
    for (const auto* clip : clips_.caller(LineKind::cut_in)) {
      add_words(CutInKind::sentence_loud, *clip, loud_talker);
      add_words(CutInKind::sentence, *clip, nominal_talker);
      add_words(CutInKind::sentence_quiet, *clip, quiet_talker);
    }
  }
}

void Author::hard_sentences() {
  for (const auto* clip : clips_.caller(LineKind::cut_in)) {
    auto& noisy = add_words(CutInKind::sentence_in_noise, *clip, nominal_talker);
    const float noise = nominal_talker - level(10, 20);
    noisy.background =
        with_active_level(noisy.seed % 2 == 0 ? murmur(20s) : street(dice_, 20s), noise);
    auto& echoing = add_words(CutInKind::sentence_over_echo, *clip, nominal_talker);
    echoing.echo = {level(18, 25), milliseconds(dice_.between(80, 400))};
  }
}

void Author::short_words() {
  for (int round = 0; round < 3; ++round) {
    for (const auto* clip : clips_.caller(LineKind::one_word)) {
      add_words(CutInKind::one_word, *clip, level(-30, -20));
    }
    for (const auto* clip : clips_.caller(LineKind::backchannel)) {
      add_words(CutInKind::backchannel, *clip, level(-32, -22));
    }
  }
}

void Author::sudden_noises() {
  for (int i = 0; i < 40; ++i) {
    add_sound(CutInKind::cough, i % 4 == 3 ? throat_clearing(dice_) : cough(dice_),
              level(-30, -16));
    add_sound(CutInKind::bump, i % 5 == 4 ? beep(dice_) : bump(dice_), level(-32, -14));
  }
}

void Author::long_noises() {
  for (int i = 0; i < 20; ++i) {
    add_sound(CutInKind::typing, typing(dice_, 3s), level(-36, -26));
    add_sound(CutInKind::distant_talk, murmur(4s), level(-42, -32));
    auto& steady = add(CutInKind::steady_noise);
    const std::array<Sound, 3> rooms = {hum(dice_, 20s), street(dice_, 20s), murmur(20s)};
    steady.background =
        with_active_level(rooms[static_cast<std::size_t>(i) % rooms.size()], level(-48, -36));
  }
}

void Author::echoes() {
  constexpr std::array<std::pair<CutInKind, float>, 4> losses = {{{CutInKind::echo_30, 30.0F},
                                                                  {CutInKind::echo_20, 20.0F},
                                                                  {CutInKind::echo_15, 15.0F},
                                                                  {CutInKind::echo_10, 10.0F}}};
  for (int round = 0; round < 4; ++round) {
    for (const auto& [kind, loss_db] : losses) {
      for (const auto delay : {80ms, 200ms, 400ms}) add(kind).echo = {loss_db, delay};
    }
  }
}

struct Name {
  CutInKind kind;
  std::string_view text;
};
constexpr std::array<Name, cut_in_kinds> names = {{
    {CutInKind::sentence_loud, "sentence, loud (-18 dBFS)"},
    {CutInKind::sentence, "sentence, ordinary (-26 dBFS)"},
    {CutInKind::sentence_quiet, "sentence, quiet (-34 dBFS)"},
    {CutInKind::sentence_in_noise, "sentence, noise 10 to 20 dB below"},
    {CutInKind::sentence_over_echo, "sentence, echo of 18 to 25 dB"},
    {CutInKind::one_word, "\"Stop.\" \"Wait.\" \"No.\""},
    {CutInKind::backchannel, "\"uh-huh\", \"yeah\", \"I see\""},
    {CutInKind::cough, "cough, throat clearing"},
    {CutInKind::bump, "door, cup, beep"},
    {CutInKind::typing, "keyboard, 3 s"},
    {CutInKind::distant_talk, "people talk behind, 4 s"},
    {CutInKind::steady_noise, "steady noise all along"},
    {CutInKind::echo_30, "own echo, -30 dB"},
    {CutInKind::echo_20, "own echo, -20 dB"},
    {CutInKind::echo_15, "own echo, -15 dB"},
    {CutInKind::echo_10, "own echo, -10 dB"},
}};

}  // namespace

std::string_view to_string(CutInKind kind) noexcept {
  return names[static_cast<std::size_t>(kind)].text;
}

bool is_real(CutInKind kind) noexcept { return kind <= CutInKind::one_word; }
bool is_echo(CutInKind kind) noexcept { return kind >= CutInKind::echo_30; }

std::vector<CutIn> cut_in_corpus(const Clips& clips) {
  Author author(clips);
  author.sentences();
  author.hard_sentences();
  author.short_words();
  author.sudden_noises();
  author.long_noises();
  author.echoes();
  return author.take();
}

}  // namespace tandem::corpus
