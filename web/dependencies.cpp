#include "web/dependencies.hpp"

#include <algorithm>
#include <array>

#include "web/json.hpp"

namespace tandem::web {

namespace {

std::string_view word_of(DependencyState state) noexcept {
  constexpr std::array<std::string_view, 5> words = {"unknown", "ok", "degraded", "down",
                                                     "not_configured"};
  return words[static_cast<std::size_t>(state)];
}

/// What nobody tried and what nobody wants is no reason to worry.
std::string_view worst(const std::vector<Dependency>& all) noexcept {
  const auto any = [&](DependencyState state) {
    return std::any_of(all.begin(), all.end(),
                       [state](const Dependency& each) { return each.state == state; });
  };
  if (any(DependencyState::down)) return "down";
  return any(DependencyState::degraded) ? "degraded" : "ok";
}

}  // namespace

void DependencyTable::note(std::string_view name, DependencyState state, std::string_view error,
                           core::WallTime now) {
  auto found = std::find_if(all_.begin(), all_.end(),
                            [name](const Dependency& each) { return each.name == name; });
  if (found == all_.end()) {
    found = all_.insert(all_.end(), {std::string(name), state, now, {}});
  } else if (found->state != state) {
    found->state = state;
    found->since = now;
  }
  if (!error.empty()) found->last_error = error;
}

std::string render_dependencies(const std::vector<Dependency>& all, core::WallTime now) {
  JsonWriter json;
  json.begin_object().member("status", worst(all)).member("checked_at", now);
  json.key("dependencies").begin_array();
  for (const Dependency& each : all) {
    json.begin_object()
        .member("name", each.name)
        .member("state", word_of(each.state))
        .member("since", each.since)
        .member_if_known("last_error", each.last_error)
        .end_object();
  }
  return json.end_array().end_object().finish();
}

}  // namespace tandem::web
