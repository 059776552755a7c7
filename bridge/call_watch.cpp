#include "bridge/call_watch.hpp"

#include <algorithm>

namespace tandem {

namespace {

using namespace std::chrono_literals;

constexpr auto first_pause = 10s;
constexpr auto longest_pause = 120s;

}  // namespace

void CallWatch::began(const core::CallId& id, const core::CarrierCallId& carrier_call_id,
                      core::TimePoint must_end_at) {
  calls_[id] = {carrier_call_id, State::talking, must_end_at, 0, 0};
}

CallWatch::Watched* CallWatch::find(const core::CallId& id) {
  const auto found = calls_.find(id);
  return found == calls_.end() ? nullptr : &found->second;
}

void CallWatch::ended(const core::CallId& id, core::TimePoint confirm_by) {
  Watched* call = find(id);
  if (call == nullptr || call->state != State::talking) return;
  call->state = State::ended;
  call->next_at = confirm_by;
}

void CallWatch::handed_over(const core::CallId& id, core::TimePoint now) {
  if (Watched* call = find(id)) {
    call->state = State::handed_over;
    call->next_at = now + handed_over_pause;
  }
}

void CallWatch::handed_back(const core::CallId& id, core::TimePoint confirm_by) {
  if (Watched* call = find(id)) {
    call->state = State::ended;
    call->next_at = confirm_by;
  }
}

void CallWatch::forget(const core::CallId& id) { calls_.erase(id); }

core::Duration CallWatch::pause_after(const Watched& call) noexcept {
  if (call.state == State::handed_over) return handed_over_pause;
  const int doublings = std::min(call.hang_ups + call.answers_missing, 4);
  return std::min<core::Duration>(first_pause * (1 << doublings), longest_pause);
}

std::vector<CallWatch::Action> CallWatch::due(core::TimePoint now, std::size_t most) {
  std::vector<decltype(calls_)::value_type*> waiting;
  for (auto& call : calls_) {
    if (call.second.next_at <= now) waiting.push_back(&call);
  }
  std::sort(waiting.begin(), waiting.end(), [](const auto* left, const auto* right) {
    return left->second.next_at < right->second.next_at;
  });
  waiting.resize(std::min(waiting.size(), most));
  std::vector<Action> actions;
  for (auto* each : waiting) {
    auto& [id, call] = *each;
    const bool is_overdue = call.state == State::talking;
    if (is_overdue) {
      call.state = State::ended;
      ++call.hang_ups;
    }
    call.next_at = now + pause_after(call);
    actions.push_back({is_overdue ? Wish::hang_up : Wish::fetch, id, call.carrier_call_id});
  }
  return actions;
}

CallWatch::Follow CallWatch::found(const core::CallId& id, Found what, core::TimePoint now) {
  Watched* call = find(id);
  if (call == nullptr) return Follow::nothing;
  if (what == Found::over) {
    forget(id);
    return Follow::nothing;
  }
  const bool is_in_progress = what == Found::in_progress;
  if (is_in_progress && call->state != State::ended) return Follow::nothing;
  const int tries = is_in_progress ? call->hang_ups++ : call->answers_missing++;
  if (tries >= (is_in_progress ? hang_ups_max : answers_missing_max)) {
    forget(id);
    return Follow::give_up;
  }
  call->next_at = now + pause_after(*call);
  return is_in_progress ? Follow::hang_up_again : Follow::nothing;
}

}  // namespace tandem
