// The way of one answer from whoever makes it, on any thread, back to the connection that waits for
// it. An answer is a whole response, or the next piece of one that is made while it is sent.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>

#include "bridge/core/http.hpp"
#include "bridge/core/types.hpp"
#include "bridge/net/task.hpp"

namespace tandem::net {

template <class Answer>
class Exchange {
 public:
  /// `unanswered` is the answer when nobody gives one.
  Exchange(asio::io_context& context, Answer unanswered)
      : context_(context), unanswered_(std::move(unanswered)) {}

  /// Copyable; when the last copy goes unused, `unanswered` is answered.
  static std::function<void(Answer)> responder(const std::shared_ptr<Exchange>& exchange);

  /// On the connection's thread: true when an answer came in time. From then on answers are
  /// ignored.
  Task<bool> wait(core::Duration timeout);
  Answer take() { return std::move(*answer_); }

 private:
  struct Ticket;
  static void deliver(const std::shared_ptr<Exchange>& exchange, Answer answer);

  asio::io_context& context_;
  std::atomic<bool> is_answered_ = false;
  Answer unanswered_;  ///< taken by the last responder that goes
  // Touched on the connection's thread only:
  std::optional<Answer> answer_;
  Timer* waiting_ = nullptr;  ///< lives in wait()
};

using HttpExchange = Exchange<core::HttpResponse>;
using PieceExchange = Exchange<core::HttpPiece>;

}  // namespace tandem::net
