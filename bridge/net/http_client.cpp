#include "bridge/net/http_client.hpp"

#include <array>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <set>
#include <vector>

#include "bridge/net/connect.hpp"

namespace tandem::net {

namespace http = boost::beast::http;

namespace {

using Failure = core::OutgoingResponse::Failure;

// Two to eight times what the parties we know send; Beast's own default of 8 KiB is near what some
// do.
constexpr std::uint32_t answer_header_bytes_max = 64 * 1024;

bool is_idempotent(std::string_view method) {
  static constexpr std::array<std::string_view, 5> idempotent = {"GET", "HEAD", "PUT", "DELETE",
                                                                 "OPTIONS"};
  return std::find(idempotent.begin(), idempotent.end(), method) != idempotent.end();
}

std::string key_of(const core::Url& url) { return url.scheme + ' ' + url.host + ' ' + url.port; }

http::request<http::string_body> to_beast(const core::OutgoingRequest& request) {
  http::request<http::string_body> out;
  out.version(11);
  out.method_string(request.method);
  out.target(request.url.target);
  out.set(http::field::host, request.url.authority());
  out.set(http::field::user_agent, "tandem");
  for (const auto& [name, value] : request.headers) out.set(name, value);
  out.body() = request.body;
  out.prepare_payload();
  return out;
}

core::OutgoingResponse failure_of(Failure failure, std::string text) {
  core::OutgoingResponse response;
  response.failure = failure;
  response.failure_text = std::move(text);
  return response;
}

}  // namespace

/// Connections that wait for their next request, and the exchanges in progress.
class HttpClient::Pool : public std::enable_shared_from_this<HttpClient::Pool> {
 public:
  Pool(asio::io_context& context, TlsClientContext& tls, Options options)
      : context_(context), tls_(tls), options_(options), group_(context, nullptr) {}
  ~Pool();

  void send(core::OutgoingRequest request, std::function<void(core::OutgoingResponse)> on_answer);
  Task<core::OutgoingResponse> exchange(core::OutgoingRequest request);
  void stop();
  Task<void> join() { return group_.join(); }

 private:
  /// What one connection did with one request.
  struct Attempt {
    core::OutgoingResponse response;
    std::size_t written = 0;   ///< bytes that reached the system
    std::size_t received = 0;  ///< bytes of the answer
    bool can_stay = false;     ///< fit for another request
  };
  struct Idle {
    ByteStream stream;
    core::TimePoint since;
  };

  Task<void> run(core::OutgoingRequest request,
                 std::function<void(core::OutgoingResponse)> on_answer);
  Task<core::OutgoingResponse> exchange_within(const core::OutgoingRequest& request,
                                               ConnectCanceller& canceller);
  Task<Attempt> attempt(const core::OutgoingRequest& request, ConnectAttempt& connecting,
                        ByteStream& stream);
  Task<ErrorCode> read_answer(ByteStream& stream, bool is_head, Attempt& attempt);
  static bool may_repeat(const core::OutgoingRequest& request, const ConnectAttempt& connecting,
                         const Attempt& kept);
  std::optional<ByteStream> take_idle(const core::Url& url);
  void keep(const core::Url& url, ByteStream stream);
  void drop_old(core::TimePoint now);

  asio::io_context& context_;
  TlsClientContext& tls_;
  Options options_;
  TaskGroup group_;
  std::map<std::string, std::vector<Idle>> idle_;
  std::set<ConnectCanceller*> in_progress_;
  bool is_stopped_ = false;
};

HttpClient::Pool::~Pool() {
  if (in_progress_.empty()) return;
  std::fputs("HttpClient destroyed while requests are in progress\n", stderr);
  std::abort();
}

void HttpClient::Pool::send(core::OutgoingRequest request,
                            std::function<void(core::OutgoingResponse)> on_answer) {
  asio::post(context_, [self = shared_from_this(), request = std::move(request),
                        on_answer = std::move(on_answer)]() mutable {
    self->group_.spawn(self->run(std::move(request), std::move(on_answer)));
  });
}

Task<void> HttpClient::Pool::run(core::OutgoingRequest request,
                                 std::function<void(core::OutgoingResponse)> on_answer) {
  core::OutgoingResponse response = co_await exchange(std::move(request));
  on_answer(std::move(response));
}

Task<core::OutgoingResponse> HttpClient::Pool::exchange(core::OutgoingRequest request) {
  if (is_stopped_) co_return failure_of(Failure::not_sent, "shutting down");
  ConnectCanceller canceller;
  in_progress_.insert(&canceller);
  core::OutgoingResponse response = co_await exchange_within(request, canceller);
  in_progress_.erase(&canceller);
  co_return response;
}

Task<core::OutgoingResponse> HttpClient::Pool::exchange_within(const core::OutgoingRequest& request,
                                                               ConnectCanceller& canceller) {
  const ConnectAttempt::Limits limits{request.timeout, request.timeout, request.timeout};
  ConnectAttempt connecting(context_, limits, &canceller);
  std::optional<ByteStream> stream = take_idle(request.url);
  if (stream) {
    Attempt kept = co_await attempt(request, connecting, *stream);
    if (kept.can_stay) keep(request.url, std::move(*stream));
    if (!may_repeat(request, connecting, kept)) co_return std::move(kept.response);
  }
  stream = co_await connecting.open(request.url, tls_);
  if (!stream) {
    co_return failure_of(Failure::not_sent, connecting.stage() + ": " + connecting.text());
  }
  Attempt fresh = co_await attempt(request, connecting, *stream);
  if (fresh.can_stay) keep(request.url, std::move(*stream));
  co_return std::move(fresh.response);
}

// The kept connection had died: again, if the other party cannot have acted, or acting twice is the
// same as once.
bool HttpClient::Pool::may_repeat(const core::OutgoingRequest& request,
                                  const ConnectAttempt& connecting, const Attempt& kept) {
  if (kept.response.failure == Failure::none || connecting.closed_by_us()) return false;
  return kept.written == 0 || (kept.received == 0 && is_idempotent(request.method));
}

Task<HttpClient::Pool::Attempt> HttpClient::Pool::attempt(const core::OutgoingRequest& request,
                                                          ConnectAttempt& connecting,
                                                          ByteStream& stream) {
  Attempt result;
  ErrorCode error;
  if (connecting.enter("request", request.timeout, [&stream] { stream.close(); })) {
    auto message = to_beast(request);
    result.written =
        co_await http::async_write(stream, message, asio::redirect_error(use_task, error));
    const bool is_whole = !error;
    // Also after a failed write: a server that refuses a large body answers first and then closes.
    if (result.written > 0) error = co_await read_answer(stream, request.method == "HEAD", result);
    result.can_stay = result.can_stay && is_whole;
    connecting.leave();
  } else {
    error = asio::error::operation_aborted;
  }
  if (!error) co_return result;
  connecting.fail(error);
  result.can_stay = false;
  result.response = failure_of(result.written == 0 ? Failure::not_sent : Failure::unknown,
                               "request: " + connecting.text());
  co_return result;
}

Task<ErrorCode> HttpClient::Pool::read_answer(ByteStream& stream, bool is_head, Attempt& attempt) {
  boost::beast::flat_buffer buffer;
  std::optional<http::response_parser<http::string_body>> parser;
  do {  // interim answers (1xx) come before the real one
    parser.emplace();
    parser->header_limit(answer_header_bytes_max);
    parser->body_limit(options_.answer_bytes_max);
    parser->skip(is_head);
    ErrorCode error;
    attempt.received +=
        co_await http::async_read(stream, buffer, *parser, asio::redirect_error(use_task, error));
    if (error) co_return error;
  } while (parser->get().result_int() < 200);
  attempt.can_stay = parser->keep_alive() && buffer.size() == 0;
  auto& answer = parser->get();
  attempt.response.status = static_cast<int>(answer.result_int());
  for (const auto& field : answer) {
    attempt.response.headers.emplace_back(std::string(field.name_string()),
                                          std::string(field.value()));
  }
  attempt.response.body = std::move(answer.body());
  co_return ErrorCode();
}

std::optional<ByteStream> HttpClient::Pool::take_idle(const core::Url& url) {
  drop_old(std::chrono::steady_clock::now());
  std::optional<ByteStream> none;
  const auto kept = idle_.find(key_of(url));
  while (kept != idle_.end() && !kept->second.empty()) {
    ByteStream stream = std::move(kept->second.back().stream);
    kept->second.pop_back();
    if (stream.is_quiet()) return stream;
  }
  return none;
}

void HttpClient::Pool::keep(const core::Url& url, ByteStream stream) {
  const auto now = std::chrono::steady_clock::now();
  drop_old(now);
  auto& kept = idle_[key_of(url)];
  if (is_stopped_ || kept.size() >= options_.idle_per_host_max) return;
  kept.push_back(Idle{std::move(stream), now});
}

void HttpClient::Pool::drop_old(core::TimePoint now) {
  for (auto& [key, kept] : idle_) {
    std::erase_if(kept, [&](const Idle& idle) { return now - idle.since > options_.idle_timeout; });
  }
  std::erase_if(idle_, [](const auto& entry) { return entry.second.empty(); });
}

void HttpClient::Pool::stop() {
  is_stopped_ = true;
  idle_.clear();
  for (ConnectCanceller* const exchange : in_progress_) exchange->cancel();
}

HttpClient::HttpClient(asio::io_context& context, TlsClientContext& tls)
    : HttpClient(context, tls, Options()) {}

HttpClient::HttpClient(asio::io_context& context, TlsClientContext& tls, Options options)
    : pool_(std::make_shared<Pool>(context, tls, options)) {}

HttpClient::~HttpClient() = default;

void HttpClient::send(core::OutgoingRequest request,
                      std::function<void(core::OutgoingResponse)> on_answer) {
  pool_->send(std::move(request), std::move(on_answer));
}

Task<core::OutgoingResponse> HttpClient::send(core::OutgoingRequest request) {
  return pool_->exchange(std::move(request));
}

void HttpClient::stop() { pool_->stop(); }

Task<void> HttpClient::join() { return pool_->join(); }

}  // namespace tandem::net
