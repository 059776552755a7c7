// Takes settings out of an environment into typed places and collects everything that is wrong on
// the way. Knows kinds of values (a number, an address, a secret), not which settings there are:
// that is bridge/config.
#pragma once

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bridge/config.hpp"

namespace tandem {

/// Each reading function leaves `target` alone when the setting is unset or wrong; a wrong one
/// becomes a problem. Lives no longer than the environment and the reader it was given.
class ConfigLoader {
 public:
  template <class T, std::size_t N>
  using Names = std::array<std::pair<std::string_view, T>, N>;
  enum class Path : std::uint8_t { none, allowed };

  ConfigLoader(const Environment& environment, const ReadFile& read_file)
      : environment_(environment), read_file_(read_file) {}

  std::vector<ConfigProblem> problems;

  void complain(std::string_view key, std::string found, std::string remedy);
  /// A problem "missing" unless the setting is there or was already complained about.
  void require(std::string_view key, bool is_set, std::string_view remedy);
  /// The value of the setting or of its alias; null when unset or empty.
  const std::string* find(std::string_view key) const;

  template <class T>
  void number(std::string_view key, T& target, T least, T most);
  void seconds(std::string_view key, std::chrono::seconds& target, int least, int most);
  template <std::size_t N, class T, class Target>
  void choice(std::string_view key, const Names<T, N>& names, Target& target);
  /// One line for people.
  void text(std::string_view key, std::string& target, std::size_t bytes_max);
  /// A name, an id, a path: printable ASCII without spaces.
  void word(std::string_view key, std::string& target);
  /// A Twilio id: two capitals, 32 hexadecimal digits.
  void sid(std::string_view key, std::string& target, std::string_view prefix);
  void phone(std::string_view key, core::PhoneNumber& target);
  /// "2026-11-22", `latest` at most.
  void day(std::string_view key, std::optional<std::chrono::sys_days>& target,
           std::chrono::sys_days latest);
  void ip_address(std::string_view key, std::string& target);
  /// https, or http on this machine; `path` says whether one may follow the host.
  void url(std::string_view key, std::string& target, Path path);
  /// From NAME, or from the file that NAME_FILE names.
  void secret(std::string_view key, core::Secret& target);
  /// What NAME_FILE is set to, for a secret that is read again later; empty when unset.
  std::string secret_path(std::string_view key) const;
  /// Content of the file a setting names, without trailing line breaks; nothing when unset or
  /// wrong.
  std::optional<std::string> file(std::string_view key);
  /// The same, byte for byte: for what is not text.
  std::optional<std::string> bytes(std::string_view key);

  /// What may be said of a value that must not be shown: "text of 3 characters".
  static std::string class_of(std::string_view value);

 private:
  /// The raw value; nullptr when it is not set.
  const std::string* look_up(std::string_view key) const;
  void accept_secret(std::string_view key, const std::string& value, core::Secret& target);

  const Environment& environment_;
  const ReadFile& read_file_;
};

template <class T>
void ConfigLoader::number(std::string_view key, T& target, T least, T most) {
  const std::string* value = find(key);
  if (value == nullptr) return;
  T parsed{};
  const char* const last = value->data() + value->size();
  const auto [end, error] = std::from_chars(value->data(), last, parsed);
  const bool is_number = end == last && error != std::errc::invalid_argument;
  if (is_number && error == std::errc{} && parsed >= least && parsed <= most) {
    target = parsed;
    return;
  }
  complain(key, is_number ? "a number out of range" : class_of(*value),
           fmt::format("set a whole number from {} to {}", least, most));
}

template <std::size_t N, class T, class Target>
void ConfigLoader::choice(std::string_view key, const Names<T, N>& names, Target& target) {
  const std::string* value = find(key);
  if (value == nullptr) return;
  std::string known;
  for (const auto& [name, meaning] : names) {
    if (*value == name) {
      target = meaning;
      return;
    }
    known += (known.empty() ? "" : ", ") + std::string(name);
  }
  complain(key, class_of(*value), "set one of: " + known);
}

}  // namespace tandem
