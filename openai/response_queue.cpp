#include "openai/response_queue.hpp"

#include <algorithm>

namespace tandem::openai {

namespace {

constexpr std::size_t wanted_max = 8;

}  // namespace

void ResponseQueue::want(WantedResponse wanted) {
  if (!wanted.after_item.empty()) std::erase_if(queue_, [](auto& e) { return e.is_answer(); });
  if (queue_.size() == wanted_max) queue_.pop_front();
  queue_.push_back({std::move(wanted), false});
}

void ResponseQueue::item_arrived(std::string_view item) {
  for (Entry& entry : queue_) {
    if (entry.wanted.after_item == item) entry.has_item = true;
  }
}

void ResponseQueue::created(std::string_view response, std::string_view wanted_by) {
  active_ = response;
  active_ask_.reset();
  if (asked_ && asked_->wanted.event_id == wanted_by) {
    active_ask_.swap(asked_);
    return;
  }
  std::erase_if(queue_, [](const Entry& entry) { return entry.is_answered(); });
  if (asked_ && asked_->is_answered()) asked_.reset();
}

void ResponseQueue::done(std::string_view response) {
  if (active_ != response) return;
  active_.clear();
  // It began after we had asked, so ours was refused, and the server did not say so.
  asked_.reset();
}

bool ResponseQueue::repeat(std::string_view response) {
  if (active_ != response || !active_ask_) return false;
  queue_.push_front(std::move(*active_ask_));
  active_ask_.reset();
  return true;
}

void ResponseQueue::refused(std::string_view event_id, bool again) {
  if (event_id.empty()) return;
  std::erase_if(queue_, [&](const Entry& entry) { return entry.wanted.after_item == event_id; });
  if (!asked_ || asked_->wanted.event_id != event_id) return;
  if (again) queue_.push_front(std::move(*asked_));
  asked_.reset();
}

std::optional<std::string> ResponseQueue::next() {
  if (is_busy()) return std::nullopt;
  const auto may_go = [this](const Entry& entry) {
    return !entry.is_answer() || (entry.has_item && !holds_answers_);
  };
  const auto found = std::find_if(queue_.begin(), queue_.end(), may_go);
  if (found == queue_.end()) return std::nullopt;
  asked_ = std::move(*found);
  queue_.erase(found);
  return asked_->wanted.message;
}

}  // namespace tandem::openai
