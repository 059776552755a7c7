// The mailbox of a call: what the far end, the REST interface and the control API want from the
// call's thread. Every member is safe from any thread; wakeup() ends the call's waits.
#pragma once

#include <mutex>
#include <string>

#include "json.hpp"
#include "socket.hpp"

namespace tandem::standins {

class CallSignals {
 public:
  enum class Wish { none, caller_hangs_up, complete, cancel, redirect };

  struct NewDocument {
    std::string url, method, twiml;
  };

  // An end outranks a redirect; the first end stays.
  void post(Wish wish) {
    const std::lock_guard lock(mutex_);
    if (wish_ == Wish::none || wish_ == Wish::redirect) wish_ = wish;
    wakeup_.ring();
  }
  void post_redirect(NewDocument document) {
    const std::lock_guard lock(mutex_);
    if (wish_ == Wish::none) wish_ = Wish::redirect;
    document_ = std::move(document);
    wakeup_.ring();
  }
  void post_steps(json::array steps) {
    const std::lock_guard lock(mutex_);
    for (json::value& step : steps) steps_.push_back(std::move(step));
    wakeup_.ring();
  }

  Wish wish() const {
    const std::lock_guard lock(mutex_);
    return wish_;
  }
  NewDocument take_redirect() {
    const std::lock_guard lock(mutex_);
    wish_ = Wish::none;
    return std::move(document_);
  }
  json::array take_steps() {
    const std::lock_guard lock(mutex_);
    return std::exchange(steps_, {});
  }
  const Wakeup& wakeup() const { return wakeup_; }

 private:
  mutable std::mutex mutex_;
  Wish wish_ = Wish::none;
  NewDocument document_;
  json::array steps_;
  Wakeup wakeup_;
};

}  // namespace tandem::standins
