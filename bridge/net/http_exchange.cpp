#include "bridge/net/http_exchange.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>

namespace tandem::net {

/// Shared by all copies of one Respond.
struct HttpExchange::Ticket {
  explicit Ticket(std::shared_ptr<HttpExchange> owner) : exchange(std::move(owner)) {}
  ~Ticket() {
    if (exchange->answered_) return;
    core::HttpResponse response;
    response.status = 500;
    deliver(exchange, std::move(response));
  }
  std::shared_ptr<HttpExchange> exchange;
};

Respond HttpExchange::responder(const std::shared_ptr<HttpExchange>& exchange) {
  return [ticket = std::make_shared<Ticket>(exchange)](core::HttpResponse response) {
    deliver(ticket->exchange, std::move(response));
  };
}

void HttpExchange::deliver(const std::shared_ptr<HttpExchange>& exchange,
                           core::HttpResponse response) {
  if (exchange->answered_.exchange(true)) return;
  asio::post(exchange->context_, [exchange, response = std::move(response)]() mutable {
    exchange->response_ = std::move(response);
    if (exchange->waiting_ != nullptr) exchange->waiting_->cancel();
  });
}

Task<bool> HttpExchange::wait(core::Duration timeout) {
  if (!response_) {
    Timer timer(context_, std::chrono::steady_clock::now() + timeout);
    waiting_ = &timer;
    boost::system::error_code ignored;
    co_await timer.async_wait(asio::redirect_error(use_task, ignored));
    waiting_ = nullptr;
  }
  co_return response_.has_value();
}

}  // namespace tandem::net
