#include "tests/simulation/timeline.hpp"

#include <algorithm>

namespace tandem::simulation {

bool Timeline::is_later(const Event& left, const Event& right) noexcept {
  return left.when != right.when ? left.when > right.when : left.sequence > right.sequence;
}

void Timeline::at(core::TimePoint when, Action action) {
  heap_.push_back({std::max(when, now_), planned_++, std::move(action)});
  std::push_heap(heap_.begin(), heap_.end(), is_later);
}

bool Timeline::step() {
  if (heap_.empty()) return false;
  std::pop_heap(heap_.begin(), heap_.end(), is_later);
  Event event = std::move(heap_.back());
  heap_.pop_back();
  now_ = event.when;
  event.action();
  return true;
}

}  // namespace tandem::simulation
