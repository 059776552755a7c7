// The recorded voices: callers of this folder (data/make) and the agent of the stand-ins
// (tests/standins/data/make). Read once, never changed.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "tests/simulation/corpus/sound.hpp"

namespace tandem::corpus {

enum class LineKind : std::uint8_t { cut_in, one_word, backchannel };

struct CallerClip {
  LineKind kind = LineKind::cut_in;
  std::string name;  ///< PERSON/LINE
  std::string words;
  Sound sound;
};

struct AgentClip {
  std::string name;
  std::string words;
  int rate_hz = 0;
  std::vector<std::int16_t> samples;   ///< as the agent sends them
  std::vector<std::uint8_t> as_heard;  ///< mu-law, as the playout of the call makes them
};

class Clips {
 public:
  /// `root`: the project's. Throws std::runtime_error when a file is missing or unreadable.
  explicit Clips(const std::string& root);

  [[nodiscard]] const std::vector<CallerClip>& caller() const noexcept { return caller_; }
  [[nodiscard]] std::vector<const CallerClip*> caller(LineKind kind) const;
  /// Throws std::out_of_range for an unknown name.
  [[nodiscard]] const AgentClip& agent(const std::string& name) const { return agent_.at(name); }
  [[nodiscard]] const std::map<std::string, AgentClip>& agent() const noexcept { return agent_; }

 private:
  void load_callers(const std::string& folder);
  void load_agent(const std::string& folder);

  std::vector<CallerClip> caller_;
  std::map<std::string, AgentClip> agent_;
};

}  // namespace tandem::corpus
