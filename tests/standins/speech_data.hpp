// The recorded lines of both speakers and the scenarios, read once from the data folder (README.md,
// "Data"). Immutable after loading, except for the cache of resampled agent lines, which has its
// own lock.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "json.hpp"
#include "sound.hpp"

namespace tandem::standins {

using UlawBytes = std::vector<std::uint8_t>;

struct AgentTurn {
  std::string hears;              // a caller clip
  std::vector<std::string> says;  // agent clips, one message id each
  bool hang_up = false;
  double speed = 0;  // 0: as the chat is set
};

struct Scenario {
  std::string name;
  json::array caller_steps;
  std::vector<std::string> greeting;
  std::vector<AgentTurn> turns;
};

class SpeechData {
 public:
  explicit SpeechData(const std::string& folder);

  // All throw BadInput for an unknown name.
  const UlawBytes& caller_clip(const std::string& name) const;
  const std::string& caller_text(const std::string& name) const;
  const std::string& agent_text(const std::string& name) const;
  std::shared_ptr<const Samples> agent_clip(const std::string& name, std::uint32_t rate) const;
  // Resamples every agent line now, so that no chat waits for it.
  void warm(std::uint32_t rate) const;
  const Scenario& scenario(const std::string& name) const;

  const std::map<std::string, Scenario>& scenarios() const { return scenarios_; }
  const std::map<std::string, UlawBytes>& caller_clips() const { return caller_clips_; }
  // The scenario whose agent answers that caller clip; nullptr when none does.
  const Scenario* scenario_hearing(const std::string& clip) const;

 private:
  void load_lines(const std::string& folder);
  void load_scenarios(const std::string& folder);

  std::map<std::string, std::string> caller_texts_, agent_texts_;
  std::map<std::string, UlawBytes> caller_clips_;
  std::map<std::string, Clip> agent_clips_;
  std::map<std::string, Scenario> scenarios_;
  mutable std::mutex mutex_;
  mutable std::map<std::pair<std::string, std::uint32_t>, std::shared_ptr<const Samples>>
      resampled_;
};

// Throws BadInput when the file cannot be read.
std::string read_file(const std::string& path);
void write_file(const std::string& path, std::string_view bytes);

}  // namespace tandem::standins
