#include "tests/simulation/corpus/clips.hpp"

#include <sstream>
#include <stdexcept>

#include "codec/g711.hpp"
#include "codec/resampler.hpp"
#include "codec/wav.hpp"

namespace tandem::corpus {

namespace {

std::vector<std::vector<std::string>> read_table(const std::string& path) {
  const auto bytes = read_bytes(path);
  std::istringstream text(std::string(bytes.begin(), bytes.end()));
  std::vector<std::vector<std::string>> rows;
  for (std::string line; std::getline(text, line);) {
    std::istringstream cells(line);
    auto& row = rows.emplace_back();
    for (std::string cell; std::getline(cells, cell, '\t');) row.push_back(cell);
  }
  return rows;
}

LineKind kind_of(const std::string& word) {
  if (word == "cut_in") return LineKind::cut_in;
  if (word == "one_word") return LineKind::one_word;
  if (word == "backchannel") return LineKind::backchannel;
  throw std::runtime_error("unknown kind of line: " + word);
}

AgentClip read_agent_clip(const std::string& path) {
  const auto file = read_bytes(path);
  const auto wav = codec::parse_wav(file);
  if (!wav) throw std::runtime_error("not a usable WAV file: " + path);
  AgentClip clip;
  clip.rate_hz = wav.sample_rate_hz;
  codec::append_mono(wav, clip.samples);
  auto resampler = codec::Resampler::create(clip.rate_hz, 8000);
  std::vector<std::int16_t> phone;
  resampler->push(clip.samples, phone);
  resampler->flush(phone);
  clip.as_heard.resize(phone.size());
  codec::ulaw_encode(phone, clip.as_heard);
  return clip;
}

}  // namespace

Clips::Clips(const std::string& root) {
  load_callers(root + "/tests/simulation/corpus/data");
  load_agent(root + "/tests/standins/data");
}

void Clips::load_callers(const std::string& folder) {
  const auto lines = read_table(folder + "/lines.tsv");
  for (const auto& voice : read_table(folder + "/voices.tsv")) {
    for (const auto& line : lines) {
      const std::string name = voice.at(0) + "/" + line.at(1);
      caller_.push_back(
          {kind_of(line.at(0)), name, line.at(2), read_ulaw(folder + "/" + name + ".ulaw")});
    }
  }
}

void Clips::load_agent(const std::string& folder) {
  for (const auto& line : read_table(folder + "/lines.tsv")) {
    if (line.at(0) != "agent") continue;
    auto clip = read_agent_clip(folder + "/agent/" + line.at(1) + ".wav");
    clip.name = line.at(1);
    clip.words = line.at(2);
    agent_.emplace(line.at(1), std::move(clip));
  }
}

std::vector<const CallerClip*> Clips::caller(LineKind kind) const {
  std::vector<const CallerClip*> found;
  for (const auto& clip : caller_) {
    if (clip.kind == kind) found.push_back(&clip);
  }
  return found;
}

}  // namespace tandem::corpus
