// How often somebody may try to log in (fault A06): every account and every address has five tries
// a minute, and each further failure in a row doubles the pause, up to a quarter of an hour. Pure
// and bounded: time is an argument, and what was quiet for longest is forgotten first.
//
// A try counts as failed from its beginning, so that a thousand at once are no more than five. One
// limit per process: behind several nodes an attacker has as many tries more. An unknown account
// counts like a known one, so that nobody learns which there are.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "bridge/core/types.hpp"

namespace tandem::web {

class LoginLimit {
 public:
  static constexpr std::int32_t free_failures = 5;
  static constexpr core::Duration pause_min = std::chrono::seconds(60);
  static constexpr core::Duration pause_max = std::chrono::minutes(15);
  /// Failures older than this say nothing any more.
  static constexpr core::Duration forgotten_after = std::chrono::hours(1);
  static constexpr std::size_t remembered_max = 10'000;

  struct Try {
    /// How long to wait before a try may be made; nothing: this one may be, and counts.
    std::optional<core::Duration> wait;
    bool locks = false;  ///< this try is the last before a pause
  };
  Try begin(std::string_view account, std::string_view address, core::TimePoint now);
  /// It was right: the account's failures are forgotten, of the address only this one is: it may be
  /// trying many accounts.
  void succeeded(std::string_view account, std::string_view address);
  /// It came to nothing for a reason of ours: it does not count.
  void take_back(std::string_view account, std::string_view address);

 private:
  struct Failures {
    std::int32_t in_a_row = 0;
    core::TimePoint last{};
  };
  using Table = std::unordered_map<std::string, Failures>;

  static core::TimePoint free_at(const Table& table, std::string_view key);
  static std::int32_t count(Table& table, std::string_view key, core::TimePoint now);
  static void uncount(Table& table, std::string_view key);

  Table accounts_;
  Table addresses_;
};

}  // namespace tandem::web
