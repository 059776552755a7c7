// How often somebody may try to log in (fault A06): every account and every address has five tries
// a minute, and each further failure in a row doubles the pause, up to a quarter of an hour. Pure
// and bounded: time is an argument, and the accounts and addresses that were quiet for longest are
// forgotten first.
//
// One per process: behind several nodes an attacker has as many tries more. An unknown account
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
  static constexpr std::size_t remembered_max = 10'000;

  /// How long `account` at `address` has to wait; nothing when a try may be made now.
  [[nodiscard]] std::optional<core::Duration> wait(std::string_view account,
                                                   std::string_view address,
                                                   core::TimePoint now) const;
  void failed(std::string_view account, std::string_view address, core::TimePoint now);
  /// The account's failures are forgotten, those of the address are not: it may be trying many.
  void succeeded(std::string_view account);

 private:
  struct Failures {
    std::int32_t in_a_row = 0;
    core::TimePoint last{};
  };
  using Table = std::unordered_map<std::string, Failures>;

  static core::TimePoint free_at(const Table& table, std::string_view key);
  static void count(Table& table, std::string_view key, core::TimePoint now);

  Table accounts_;
  Table addresses_;
};

}  // namespace tandem::web
