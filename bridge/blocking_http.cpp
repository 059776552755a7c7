#include "bridge/blocking_http.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <future>
#include <thread>

#include "bridge/net/http_client.hpp"
#include "bridge/net/task.hpp"
#include "bridge/net/tls.hpp"

namespace tandem {

class BlockingHttp::Client {
 public:
  Client()
      : http_(context_, tls_),
        tasks_(context_, [](std::exception_ptr) {}),
        work_(context_.get_executor()),
        thread_([this] { context_.run(); }) {}

  ~Client() {
    net::asio::post(context_, [this] {
      http_.stop();
      tasks_.spawn(http_.join());
      work_.reset();
    });
    thread_.join();
  }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  void send(core::OutgoingRequest request, std::function<void(core::OutgoingResponse)> on_answer) {
    http_.send(std::move(request), std::move(on_answer));
  }

 private:
  net::asio::io_context context_{1};
  net::TlsClientContext tls_;
  net::HttpClient http_;
  net::TaskGroup tasks_;
  net::asio::executor_work_guard<net::Executor> work_;
  std::thread thread_;
};

BlockingHttp::BlockingHttp() : client_(std::make_unique<Client>()) {}
BlockingHttp::~BlockingHttp() = default;

core::OutgoingResponse BlockingHttp::exchange(core::OutgoingRequest request) {
  const auto answer = std::make_shared<std::promise<core::OutgoingResponse>>();
  auto future = answer->get_future();
  client_->send(std::move(request), [answer](core::OutgoingResponse response) {
    answer->set_value(std::move(response));
  });
  return future.get();
}

}  // namespace tandem
