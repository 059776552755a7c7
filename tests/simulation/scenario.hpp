// One run as data: who behaves how, what breaks when. Drawn whole from the seed before anything
// happens, so that a failing seed can be read before its trace is.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "bridge/call/call_io.hpp"
#include "bridge/call/playout.hpp"
#include "tests/simulation/random.hpp"
#include "tests/simulation/wire.hpp"

namespace tandem::simulation {

using std::chrono::milliseconds;

/// How the media stream comes to be.
enum class Opening : std::uint8_t {
  ordinary,
  never,         ///< the webhook was answered, no socket came
  no_start,      ///< T05
  wrong_token,   ///< T10
  wrong_call,    ///< T11
  other_format,  ///< not mu-law 8 kHz mono
  media_first,   ///< T06
  gone_early,    ///< T30: the caller hangs up before or during the stream's first moments
};

struct CallerStep {
  enum class Kind : std::uint8_t {
    answer,       ///< waits until the agent was heard and is quiet, then speaks
    barge_in,     ///< speaks into what the agent says
    cough,        ///< a noise of less than 200 ms while the agent speaks
    backchannel,  ///< "mhm" while the agent speaks
    wait,         ///< says nothing
    key,          ///< presses a key
    hang_up,
  };
  Kind kind = Kind::answer;
  milliseconds length{0};
  milliseconds after{0};  ///< of agent speech heard, before it begins
  char key = '1';
};

struct AgentManner {
  bool greets = true;
  bool greets_again = false;           ///< also when a chat is resumed
  milliseconds min_interruption{400};  ///< of caller speech, before the agent stops for it
  milliseconds end_of_turn{600};       ///< of caller silence, before it answers
  milliseconds thinking{500};
  int sentences_max = 2;
  milliseconds sentence_max{2500};
  milliseconds chunk{400};
  int speed = 5;  ///< times faster than real time
  int rate_hz = 24'000;
  int answers_before_goodbye = 99;
  bool closes_after_goodbye = true;
  bool answers_backchannels = false;
  bool calls_tools = false;
  bool stale_audio_follows = false;  ///< E19: goes on sending what was interrupted
  bool audio_before_text = false;
};

/// What becomes of one attempt to reach the agent.
struct Dial {
  milliseconds takes{80};
  int refused_with = -1;  ///< HTTP status, 0: no connection; -1: it works
  bool never_answers = false;
  milliseconds metadata_after{30};
  bool no_metadata = false;
};

enum class Fault : std::uint8_t {
  carrier_breaks,
  carrier_closes,  ///< regularly, but without a stop before
  carrier_silent,  ///< T13: half open
  carrier_takeover,
  carrier_unread,  ///< T19: reads nothing for a while
  carrier_late,    ///< what it says arrives late, then all at once
  carrier_flood,   ///< T18
  carrier_binary,  ///< T03
  carrier_second_start,
  carrier_bad_messages,  ///< T01: six in a row
  carrier_says_ended,    ///< a status callback out of the blue
  caller_leaves,
  caller_leaves_mutely,  ///< stop, but the socket stays open (T16)
  voice_breaks,
  voice_closes,   ///< with `code`
  voice_error,    ///< with `code` as index of the list of errors
  voice_frozen,   ///< E13: says nothing at all for `lasting`
  voice_mute,     ///< E12: words, but no audio
  voice_endless,  ///< audio, but the turn never ends
  voice_unread,   ///< E20
  voice_late,
  operator_hangs_up,
  operator_says,
  operator_whispers,
  operator_pauses,
  operator_resumes,
  operator_transfers,
  shut_down,
  // Drawn on their own, so that what was drawn before they existed stays as it was.
  operator_listens,
  carrier_answers,     ///< its detection's verdict; `code` is an AnsweredBy
  opts_out_elsewhere,  ///< O05
  caller_refuses,      ///< from now on the caller's words are the wish not to be called again
};
std::string_view to_string(Fault fault) noexcept;

struct TimedFault {
  milliseconds at{0};
  Fault what = Fault::carrier_breaks;
  milliseconds lasting{0};
  std::uint16_t code = 1006;
};

/// Of each message; all 0 in a well-behaved run.
struct Rates {
  double caller_doubled = 0;
  double caller_missing = 0;
  double caller_leap = 0;  ///< of the media clock (T15)
  double caller_unreadable = 0;
  double caller_bad_base64 = 0;
  double caller_odd_size = 0;
  double mark_lost = 0;
  double mark_doubled = 0;
  double mark_late = 0;
  double voice_unreadable = 0;
  double voice_bad_base64 = 0;
  double voice_bad_wav = 0;
  double voice_index_gap = 0;
  double voice_other_rate = 0;  ///< E18: inside an utterance
  double voice_unknown = 0;     ///< a message type of next year
};

struct Scenario {
  std::uint64_t seed = 0;
  milliseconds time_limit{40'000};
  milliseconds protected_greeting{0};
  bool can_transfer = false;
  bool keys_reach_agent = false;
  bool has_one_moment = true;
  char opt_out_digit = 0;
  call::AnsweredPolicy answered_policy = call::AnsweredPolicy::talk;
  call::PlayoutSettings playout;

  WireShape carrier_shape;
  WireShape voice_shape;
  Opening opening = Opening::ordinary;
  milliseconds stream_after{600};  ///< the webhook's answer
  std::vector<CallerStep> caller;
  double echo = 0;  ///< how much of what the caller hears comes back
  AgentManner agent;
  std::vector<Dial> dials;  ///< the first attempts; all later ones work
  std::vector<TimedFault> faults;
  Rates rates;

  milliseconds stream_returns_after{-1};  ///< a broken stream is opened anew; negative: never
  bool end_is_reported = true;            ///< the status callback arrives
  milliseconds rest_takes{200};
  int rest_failures = 0;  ///< of the first tries to hang up; 99: all

  /// Nothing breaks and nobody misbehaves: the strictest checks apply.
  [[nodiscard]] bool is_calm() const noexcept;
};

Scenario draw_scenario(std::uint64_t seed);
/// A short conversation with everything in it that can fail once: for the nth-failure runs.
Scenario standard_conversation();
/// One line for people.
std::string describe(const Scenario& scenario);

}  // namespace tandem::simulation
