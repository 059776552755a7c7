#include "speech_data.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace tandem::standins {

namespace {

template <class Map>
const typename Map::mapped_type& known(const Map& map, const std::string& name,
                                       std::string_view what) {
  const auto found = map.find(name);
  if (found == map.end()) throw BadInput(fmt::format("unknown {} '{}'", what, name));
  return found->second;
}

std::vector<std::string> names(const json::array& list) {
  std::vector<std::string> result;
  for (const json::value& name : list) result.emplace_back(name.as_string());
  return result;
}

Scenario parse_scenario(const json::object& file) {
  Scenario scenario;
  scenario.name = text_or(file, "name", "");
  scenario.caller_steps = array_or_empty(file, "caller");
  const json::object& agent = object_or_empty(file, "agent");
  scenario.greeting = names(array_or_empty(agent, "greeting"));
  for (const json::value& entry : array_or_empty(agent, "turns")) {
    const json::object& turn = entry.as_object();
    scenario.turns.push_back({text_or(turn, "hears", ""), names(array_or_empty(turn, "says")),
                              flag_or(turn, "hang_up", false), real_or(turn, "speed", 0.0)});
  }
  return scenario;
}

}  // namespace

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw BadInput(fmt::format("cannot read {}", path));
  std::ostringstream content;
  content << file.rdbuf();
  return content.str();
}

void write_file(const std::string& path, std::string_view bytes) {
  std::ofstream file(path, std::ios::binary);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (!file) throw BadInput(fmt::format("cannot write {}", path));
}

SpeechData::SpeechData(const std::string& folder) {
  load_lines(folder);
  load_scenarios(folder);
}

void SpeechData::load_lines(const std::string& folder) {
  std::istringstream lines(read_file(folder + "/lines.tsv"));
  std::string who, name, text;
  while (std::getline(lines, who, '\t') && std::getline(lines, name, '\t') &&
         std::getline(lines, text)) {
    if (who == "agent") {
      agent_texts_[name] = text;
      agent_clips_[name] = read_wav(read_file(fmt::format("{}/agent/{}.wav", folder, name)));
    } else {
      const std::string bytes = read_file(fmt::format("{}/caller/{}.ulaw", folder, name));
      caller_texts_[name] = text;
      caller_clips_[name] = UlawBytes(bytes.begin(), bytes.end());
    }
  }
}

void SpeechData::load_scenarios(const std::string& folder) {
  for (const auto& entry : std::filesystem::directory_iterator(folder + "/scenarios")) {
    if (entry.path().extension() != ".json") continue;
    Scenario scenario = parse_scenario(parse_object(read_file(entry.path().string())));
    for (const AgentTurn& turn : scenario.turns) caller_text(turn.hears);
    scenarios_[scenario.name] = std::move(scenario);
  }
}

const UlawBytes& SpeechData::caller_clip(const std::string& name) const {
  return known(caller_clips_, name, "caller clip");
}
const std::string& SpeechData::caller_text(const std::string& name) const {
  return known(caller_texts_, name, "caller clip");
}
const std::string& SpeechData::agent_text(const std::string& name) const {
  return known(agent_texts_, name, "agent clip");
}
const Scenario& SpeechData::scenario(const std::string& name) const {
  return known(scenarios_, name, "scenario");
}

std::shared_ptr<const Samples> SpeechData::agent_clip(const std::string& name,
                                                      std::uint32_t rate) const {
  const Clip& clip = known(agent_clips_, name, "agent clip");
  const std::lock_guard lock(mutex_);
  auto& cached = resampled_[{name, rate}];
  if (!cached) cached = std::make_shared<const Samples>(resample(clip.samples, clip.rate, rate));
  return cached;
}

void SpeechData::warm(std::uint32_t rate) const {
  for (const auto& [name, clip] : agent_clips_) agent_clip(name, rate);
}

const Scenario* SpeechData::scenario_hearing(const std::string& clip) const {
  for (const auto& [name, scenario] : scenarios_) {
    for (const AgentTurn& turn : scenario.turns) {
      if (turn.hears == clip) return &scenario;
    }
  }
  return nullptr;
}

}  // namespace tandem::standins
