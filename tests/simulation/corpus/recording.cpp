#include "tests/simulation/corpus/recording.hpp"

#include <algorithm>
#include <set>

#include "codec/g711.hpp"

namespace tandem::corpus {

namespace {

constexpr std::size_t different_bytes_min = 10;

template <class Byte>
std::uint64_t hash_of(std::span<const Byte> bytes) noexcept {
  std::uint64_t hash = 0xCBF29CE484222325;
  for (const auto byte : bytes) hash = (hash ^ static_cast<std::uint64_t>(byte)) * 0x100000001B3;
  return hash;
}

template <class Byte>
bool tells_enough(std::span<const Byte> bytes) {
  return std::set<Byte>(bytes.begin(), bytes.end()).size() >= different_bytes_min;
}

/// How much of the clip from `position` on is heard from here on without a break.
std::size_t common_length(std::span<const std::int16_t> heard, const AgentClip& clip,
                          std::size_t position) noexcept {
  const auto most = std::min(heard.size(), clip.as_heard.size() - position);
  std::size_t length = 0;
  while (length < most && heard[length] == clip.as_heard[position + length]) ++length;
  return length;
}

}  // namespace

ClipIndex::ClipIndex(const Clips& clips) {
  for (const auto& [name, clip] : clips.agent()) {
    const std::span<const std::uint8_t> bytes(clip.as_heard);
    for (std::size_t at = 0; at + piece <= bytes.size(); ++at) {
      const auto part = bytes.subspan(at, piece);
      if (tells_enough(part)) places_.try_emplace(hash_of(part), Place{&clip, at});
    }
  }
}

const ClipIndex::Place* ClipIndex::find(std::span<const std::int16_t> heard) const {
  const auto found = places_.find(hash_of(heard.first(piece)));
  return found == places_.end() ? nullptr : &found->second;
}

void Recording::play(std::span<const std::uint8_t> ulaw, std::size_t length) {
  heard_.insert(heard_.end(), ulaw.begin(), ulaw.end());
  heard_.resize(heard_.size() + (length - ulaw.size()), nothing);
}

float Recording::sample(std::int64_t at) const noexcept {
  if (at < 0 || at >= static_cast<std::int64_t>(heard_.size())) return 0;
  const auto byte = heard_[static_cast<std::size_t>(at)];
  return byte == nothing ? 0.0F : codec::ulaw_decode(static_cast<std::uint8_t>(byte));
}

/// What is heard at `at`, when it can be told; otherwise of length 0.
Stretch Recording::recognise(const ClipIndex& index, std::size_t at, const Stretch& last) const {
  const auto rest = std::span(heard_).subspan(at);
  // After a break the clip usually goes on where it stopped, also in the middle of its silence.
  if (last.clip != nullptr) {
    const auto length = common_length(rest, *last.clip, last.clip_end());
    if (length >= ClipIndex::piece) return {last.clip, last.clip_end(), at, length};
  }
  const auto* place = index.find(rest);
  if (place == nullptr) return {};
  const auto length = common_length(rest, *place->clip, place->position);
  if (length < ClipIndex::piece) return {};
  Stretch found{place->clip, place->position, at, length};
  while (found.clip_begin > 0 && found.heard_begin > last.heard_end() &&
         heard_[found.heard_begin - 1] == found.clip->as_heard[found.clip_begin - 1]) {
    --found.clip_begin;
    --found.heard_begin;
    ++found.length;
  }
  return found;
}

std::vector<Stretch> Recording::stretches(const ClipIndex& index) const {
  std::vector<Stretch> found;
  for (std::size_t at = 0; at + ClipIndex::piece <= heard_.size();) {
    const bool is_silent = heard_[at] == nothing;
    const auto stretch =
        is_silent ? Stretch{} : recognise(index, at, found.empty() ? Stretch{} : found.back());
    if (stretch.length > 0) found.push_back(stretch);
    at = stretch.length > 0 ? stretch.heard_end() : at + 1;
  }
  return found;
}

std::size_t Recording::next_silence(std::size_t from) const noexcept {
  while (from < heard_.size() && heard_[from] != nothing) ++from;
  return from;
}

std::size_t Recording::next_sound(std::size_t from) const noexcept {
  while (from < heard_.size() && heard_[from] == nothing) ++from;
  return from;
}

}  // namespace tandem::corpus
