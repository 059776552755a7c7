#include "tests/simulation/session.hpp"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "codec/audio.hpp"

namespace tandem::simulation {

namespace {

using namespace std::chrono_literals;
using SaidKind = Said::Kind;
using Means = Meaning::Kind;

constexpr int loud_sample = 1200;  // an echo of the agent is quieter, mostly
constexpr auto shortest_words = 180ms;
constexpr auto answered_words = 450ms;
constexpr auto between_interims = 300ms;
constexpr auto latest_words = 600ms;  // of the caller, after they ended
constexpr auto time_to_close = 300ms;
constexpr auto quickest_answer = 450ms;  // a language model, then a voice
constexpr std::int64_t stale_chunks_max = 6;

bool is_loud(std::span<const std::int16_t> samples) {
  return std::any_of(samples.begin(), samples.end(),
                     [](std::int16_t sample) { return std::abs(int{sample}) >= loud_sample; });
}

}  // namespace

Session::Session(Agent& agent, Wire& wire, int number, bool is_resumed)
    : agent_(agent),
      world_(agent.world_),
      wire_(wire),
      manner_(agent.world_.scenario.agent),
      number_(number),
      is_resumed_(is_resumed) {}

void Session::after(milliseconds delay, void (Session::*what)()) {
  world_.timeline.after(delay, [this, what] {
    if (!is_over_) (this->*what)();
  });
}

void Session::tell(const Said& said, Meaning meaning) {
  if (is_over_ || agent_.is_frozen()) return;
  auto text = std::visit([&](auto& dialect) { return dialect.write(said); }, agent_.dialect_);
  if (!text.empty()) wire_.say(std::move(text), meaning);
}

void Session::begin(milliseconds metadata_after) {
  if (!world_.habits.waits_for_opening) return after(metadata_after, &Session::ready);
  ready_after_ = metadata_after;
}

void Session::open(std::string_view memory) {
  is_resumed_ = !memory.empty();
  if (ready_after_) after(*ready_after_, &Session::ready);
}

void Session::ready() {
  if (agent_.is_frozen()) return after(between_interims, &Session::ready);  // nothing comes before
  is_ready_ = true;
  tell({.kind = SaidKind::ready, .id = fmt::format("chat-{}", number_), .text = "group-1"},
       {Means::voice_metadata});
  if (!world_.habits.greets_by_itself) return;
  const bool greets = is_resumed_ ? manner_.greets_again : manner_.greets;
  if (greets) after(milliseconds(agent_.dice_.between(0, 200)), &Session::greet);
}

void Session::greet() { begin_turn({1, false, {}}); }

void Session::read(std::string_view text) {
  if (is_over_) return;
  const Overheard heard =
      std::visit([&](auto& dialect) { return dialect.read(text); }, agent_.dialect_);
  heard.id.empty() ? take(heard, text) : asked(heard);
}

void Session::take(const Overheard& heard, std::string_view text) {
  using enum Overheard::Kind;
  switch (heard.kind) {
    case unreadable:
      return world_.verdict.fail("the agent can read what it is sent", std::string(text));
    case opening:
      is_paused_ = heard.is_paused;
      return open(heard.text);
    case audio:
      agent_.hear_frame(*this, heard.samples);
      return listen(heard.samples);
    case typed:
      tell({.kind = SaidKind::caller_text, .text = heard.text, .is_typed = true});
      return after(std::max(manner_.thinking, quickest_answer), &Session::answer);
    case nudge:
      return after(std::max(manner_.thinking, quickest_answer), &Session::answer);
    case greet:
      return after(manner_.thinking, &Session::greet);
    case say:
      return begin_turn({1, false, heard.text});
    case context:
      return tell({.kind = SaidKind::settings_echo});
    case pause:
      is_paused_ = true;
      ++turn_number_;
      is_talking_ = false;
      return;
    case resume:
      is_paused_ = false;
      return;
    case tool_answer:
      return after(manner_.thinking, &Session::answer);
    case cancel:
      if (is_talking_) interrupt();
      return;
    case item:
    case noted:
      return;
  }
}

/// Messages whose answer names them.
void Session::asked(const Overheard& heard) {
  using Kind = Overheard::Kind;
  if (heard.kind == Kind::item) {
    return tell({.kind = SaidKind::item_echo, .id = heard.id, .text = heard.text});
  }
  if (is_talking_ || !is_ready_) return tell({.kind = SaidKind::turn_refused, .id = heard.id});
  asked_by_ = heard.id;
  if (heard.kind == Kind::greet) greet();
  if (heard.kind == Kind::nudge) begin_answer();
  if (heard.kind == Kind::say) begin_turn({1, false, heard.text});
}

void Session::close(std::uint16_t code) {
  is_over_ = true;
  wire_.close_by_party(code, "closed by the agent");
}

void Session::report_error(std::string_view code, bool closes) {
  tell({.kind = SaidKind::error, .text = std::string(code)});
  if (closes) close(1000);
}

// Ears.

void Session::listen(std::span<const std::int16_t> samples) {
  if (!is_ready_) return;
  const auto length = milliseconds(samples.size() * 1000 / codec::phone_rate_hz);
  heard_ += length;
  if (is_loud(samples)) {
    caller_speaks(length);
  } else if (caller_is_speaking_) {
    caller_is_quiet(length);
  }
}

void Session::caller_speaks(milliseconds length) {
  if (!caller_is_speaking_) {
    caller_is_speaking_ = true;
    spoke_from_ = heard_ - length;
    speech_ = 0ms;
  }
  const auto before = speech_;
  quiet_ = 0ms;
  speech_ += length;
  const auto passes = [&](milliseconds mark) { return before < mark && speech_ >= mark; };
  const bool is_reported = world_.habits.reports_speech;
  if (is_reported && passes(shortest_words)) {
    caller_item_ = fmt::format("caller-{}-{}", number_, spoke_from_.count());
    tell({.kind = SaidKind::speech_began, .id = caller_item_, .begin_ms = spoke_from_.count()});
  }
  const auto patience = is_reported ? milliseconds(shortest_words) : manner_.min_interruption;
  if (is_talking_ && !is_paused_ && passes(patience)) interrupt();
  if (speech_ >= shortest_words && speech_ / between_interims != before / between_interims) {
    say_caller_words(true);
  }
}

void Session::caller_is_quiet(milliseconds length) {
  quiet_ += length;
  if (quiet_ >= manner_.end_of_turn) caller_finished();
}

void Session::caller_finished() {
  caller_is_speaking_ = false;
  if (speech_ < shortest_words && owes_answer_) return answer();
  if (speech_ < shortest_words) return;
  tell({.kind = SaidKind::speech_ended, .id = caller_item_, .end_ms = heard_.count()});
  tell({.kind = SaidKind::committed, .id = caller_item_});
  say_caller_words(false);
  const bool answers_all = manner_.answers_backchannels || world_.habits.reports_speech;
  if (speech_ < answered_words && !answers_all && !owes_answer_) return;
  if (is_paused_ || is_talking_) return;
  if (manner_.calls_tools && agent_.dice_.chance(0.5)) {
    tell({.kind = SaidKind::turn_begins});
    return tell({.kind = SaidKind::tool_call, .id = fmt::format("tool-{}", heard_.count())});
  }
  after(manner_.thinking, &Session::answer);
}

void Session::say_caller_words(bool is_interim) {
  std::string words = "mhm";
  for (auto said = 450ms; said < speech_; said += 300ms) words += " word";
  if (agent_.caller_refuses_ && !is_interim) words = "Please stop calling me.";
  const Said said{.kind = SaidKind::caller_text,
                  .id = caller_item_,
                  .text = std::move(words),
                  .is_interim = is_interim,
                  .begin_ms = spoke_from_.count(),
                  .end_ms = heard_.count()};
  if (is_interim || !world_.habits.writes_late) return tell(said);
  world_.timeline.after(agent_.dice_.between(0ms, latest_words), [this, said] { tell(said); });
}

void Session::interrupt() {
  // Where a turn has made no sound yet, nothing that was heard is taken back.
  const bool is_void = !world_.habits.counts_turns || turn_sounds_;
  tell({.kind = SaidKind::interrupted}, {is_void ? Means::interruption : Means::other});
  is_talking_ = false;
  ++turn_number_;
  const bool has_more = utterance_ >= 0 && said_ms_ < sentence_ms_;
  if (manner_.stale_audio_follows && has_more && is_void) {
    for (std::int64_t i = 0; i < stale_chunks_max && said_ms_ < sentence_ms_; ++i) send_chunk();
  }
  if (world_.habits.counts_turns) tell({.kind = SaidKind::turn_ended});
}

// Mouth.

void Session::answer() {
  owes_answer_ = caller_is_speaking_;
  if (is_paused_ || caller_is_speaking_) return;
  if (is_talking_ && world_.habits.reports_speech) return;  // it was asked for an answer meanwhile
  begin_answer();
}

void Session::begin_answer() {
  const bool says_goodbye = ++agent_.answers_given_ > manner_.answers_before_goodbye;
  begin_turn({says_goodbye ? 1 : static_cast<int>(agent_.dice_.between(1, manner_.sentences_max)),
              says_goodbye,
              {}});
}

void Session::begin_turn(Turn turn) {
  const auto asked_by = std::exchange(asked_by_, {});
  if ((is_paused_ && asked_by.empty()) || !is_ready_) return;
  if (is_talking_ && world_.habits.counts_turns) interrupt();
  if (is_talking_) tell({.kind = SaidKind::turn_ended});
  turn_ = std::move(turn);
  if (world_.habits.counts_turns) turn_.sentences_left = 1;
  turn_sounds_ = false;
  tell({.kind = SaidKind::turn_begins, .asked_by = asked_by});
  is_talking_ = true;
  ++turn_number_;
  next_sentence();
}

void Session::next_sentence() {
  const auto turn = turn_number_;
  --turn_.sentences_left;
  auto& utterance = agent_.new_utterance(utterance_, turn_.is_goodbye);
  if (!turn_.verbatim.empty()) utterance.text = turn_.verbatim;
  sentence_ms_ = agent_.dice_.between(milliseconds(300), manner_.sentence_max).count();
  said_ms_ = chunk_index_ = 0;
  const Said words{.kind = SaidKind::agent_text, .id = utterance.id, .text = utterance.text};
  if (manner_.audio_before_text) send_chunk();
  tell(words, {Means::agent_text, 0, utterance_});
  send_random_noise();
  next_chunk(turn);
}

void Session::next_chunk(std::uint64_t turn) {
  if (is_over_ || turn != turn_number_) return;
  if (said_ms_ < sentence_ms_) {
    send_chunk();
    world_.timeline.after(manner_.chunk / manner_.speed, [this, turn] { next_chunk(turn); });
    return;
  }
  const auto& utterance = world_.ledger.utterances[static_cast<std::size_t>(utterance_)];
  tell({.kind = SaidKind::scores, .id = utterance.id});
  tell({.kind = SaidKind::sentence_ended, .id = utterance.id, .text = utterance.text});
  if (turn_.sentences_left > 0) return next_sentence();
  end_turn();
}

void Session::send_chunk() {
  const auto& rates = world_.scenario.rates;
  auto& dice = agent_.dice_;
  auto& utterance = world_.ledger.utterances[static_cast<std::size_t>(utterance_)];
  const auto length = std::min(sentence_ms_ - said_ms_, std::int64_t{manner_.chunk.count()});
  Said audio{.kind = SaidKind::audio, .id = utterance.id};
  audio.rate_hz = dice.chance(rates.voice_other_rate) ? 16'000 : manner_.rate_hz;
  const auto per_ms = audio.rate_hz / 1000;
  samples_.clear();
  for (auto at = said_ms_; at < said_ms_ + length;) {
    const auto until = std::min(said_ms_ + length, (at / phase_ms + 1) * phase_ms);
    samples_.insert(samples_.end(), static_cast<std::size_t>((until - at) * per_ms),
                    sample_of(utterance.colour, at / phase_ms));
    at = until;
  }
  audio.samples = samples_;
  audio.index = chunk_index_++;
  if (dice.chance(rates.voice_index_gap)) ++chunk_index_;
  said_ms_ += length;
  Meaning meaning{Means::agent_audio, length * 8, utterance_};
  if (dice.chance(rates.voice_bad_base64)) audio.kind = SaidKind::audio_bad_base64;
  if (dice.chance(rates.voice_bad_wav)) audio.kind = SaidKind::audio_bad_file;
  if (audio.kind != SaidKind::audio) {
    meaning.kind = Means::damaged;
    world_.ledger.note(Cause::voice_frozen);  // an answer that nobody can play is none
  }
  const bool is_mute = world_.now() < agent_.mute_until_;
  if (is_mute || agent_.is_frozen()) utterance.is_damaged = true;
  turn_sounds_ |= !is_mute && !agent_.is_frozen() && audio.kind == SaidKind::audio;
  if (!is_mute) tell(audio, meaning);
}

void Session::end_turn() {
  is_talking_ = false;
  if (turn_.is_goodbye) {
    world_.ledger.note(Cause::agent_hung_up);
    tell({.kind = SaidKind::hang_up}, {Means::agent_hang_up});
  }
  if (world_.now() >= agent_.endless_until_) tell({.kind = SaidKind::turn_ended});
  if (!turn_.is_goodbye || !manner_.closes_after_goodbye) return;
  world_.timeline.after(time_to_close, [this] {
    if (!is_over_) close(1000);
  });
}

void Session::send_random_noise() {
  const auto& rates = world_.scenario.rates;
  if (agent_.dice_.chance(rates.voice_unknown)) tell({.kind = SaidKind::unknown});
  if (agent_.dice_.chance(rates.voice_unreadable)) {
    tell({.kind = SaidKind::unreadable, .index = agent_.dice_.between(0, 5)}, {Means::damaged});
  }
}

}  // namespace tandem::simulation
