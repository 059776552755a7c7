#include "bridge/net/http_exchange.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>

namespace tandem::net {

/// Shared by all copies of one responder.
template <class Answer>
struct Exchange<Answer>::Ticket {
  explicit Ticket(std::shared_ptr<Exchange> owner) : exchange(std::move(owner)) {}
  ~Ticket() {
    if (!exchange->is_answered_) deliver(exchange, std::move(exchange->unanswered_));
  }
  std::shared_ptr<Exchange> exchange;
};

template <class Answer>
std::function<void(Answer)> Exchange<Answer>::responder(const std::shared_ptr<Exchange>& exchange) {
  return [ticket = std::make_shared<Ticket>(exchange)](Answer answer) {
    deliver(ticket->exchange, std::move(answer));
  };
}

template <class Answer>
void Exchange<Answer>::deliver(const std::shared_ptr<Exchange>& exchange, Answer answer) {
  if (exchange->is_answered_.exchange(true)) return;
  asio::post(exchange->context_, [exchange, answer = std::move(answer)]() mutable {
    exchange->answer_ = std::move(answer);
    if (exchange->waiting_ != nullptr) exchange->waiting_->cancel();
  });
}

template <class Answer>
Task<bool> Exchange<Answer>::wait(core::Duration timeout) {
  if (!answer_) {
    Timer timer(context_, std::chrono::steady_clock::now() + timeout);
    waiting_ = &timer;
    boost::system::error_code ignored;
    co_await timer.async_wait(asio::redirect_error(use_task, ignored));
    waiting_ = nullptr;
  }
  co_return answer_.has_value();
}

template class Exchange<core::HttpResponse>;
template class Exchange<core::HttpPiece>;

}  // namespace tandem::net
