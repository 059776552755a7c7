// One connection to the agent: its ears (when does the caller speak, when has the caller finished),
// its mouth (sentences in chunks, ahead of real time), its end.
#pragma once

#include <string>
#include <vector>

#include "tests/simulation/agent.hpp"

namespace tandem::simulation {

class Session {
 public:
  Session(Agent& agent, Wire& wire, int number, bool is_resumed);

  /// The upgrade was answered; says hello after this long.
  void begin(milliseconds metadata_after);
  void read(std::string_view text);
  /// The connection is over.
  void end() noexcept { is_over_ = true; }
  void close(std::uint16_t code);
  void break_off() { wire_.break_off(); }
  void report_error(std::string_view code, bool closes);
  [[nodiscard]] Wire& wire() noexcept { return wire_; }
  [[nodiscard]] bool is_over() const noexcept { return is_over_; }

 private:
  struct Turn {
    int sentences_left = 0;
    bool is_goodbye = false;
    std::string verbatim;  // not empty: say this
  };

  void tell(const Said& said, Meaning meaning = {});
  void after(milliseconds delay, void (Session::*what)());
  void greet();
  void take(const Overheard& heard, std::string_view text);
  void asked(const Overheard& heard);
  void open(std::string_view memory);
  void ready();
  void listen(std::span<const std::int16_t> samples);
  void caller_speaks(milliseconds length);
  void caller_is_quiet(milliseconds length);
  void caller_finished();
  void say_caller_words(bool is_interim);
  void interrupt();
  void answer();
  void begin_answer();
  void begin_turn(Turn turn);
  void next_sentence();
  void next_chunk(std::uint64_t turn);
  void send_chunk();
  void end_turn();
  void send_random_noise();

  Agent& agent_;
  World& world_;
  Wire& wire_;
  const AgentManner& manner_;
  int number_;
  bool is_resumed_;
  std::optional<milliseconds> ready_after_;  // the opening; none: never
  bool is_ready_ = false;
  bool is_over_ = false;
  bool is_paused_ = false;

  // Ears.
  milliseconds heard_{0};   // of audio in this chat
  milliseconds speech_{0};  // of the caller's present words
  milliseconds quiet_{0};   // since the last of it
  milliseconds spoke_from_{0};
  bool caller_is_speaking_ = false;
  bool owes_answer_ = false;  // asked while the caller spoke

  std::string caller_item_;  // the id of these words

  // Mouth.
  std::string asked_by_;           // who asked for the turn that begins now
  std::uint64_t turn_number_ = 0;  // rises with every turn begun and every interruption
  bool is_talking_ = false;
  bool turn_sounds_ = false;  // audio of this turn was sent
  Turn turn_;
  int utterance_ = -1;
  std::int64_t sentence_ms_ = 0;
  std::int64_t said_ms_ = 0;
  std::int64_t chunk_index_ = 0;
  std::vector<std::int16_t> samples_;
};

}  // namespace tandem::simulation
