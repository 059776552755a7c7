#include "bridge/net/http_connection.hpp"

#include <array>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include "bridge/clock.hpp"
#include "bridge/net/http_answer.hpp"
#include "bridge/net/http_exchange.hpp"

namespace tandem::net {

namespace http = boost::beast::http;

namespace {

constexpr auto linger_timeout = std::chrono::seconds(1);
constexpr auto stream_stop_timeout = std::chrono::seconds(2);

using Parser = http::request_parser<http::string_body>;

std::string peer_address(const Socket& socket) {
  ErrorCode error;
  const auto endpoint = socket.remote_endpoint(error);
  return error ? std::string() : endpoint.address().to_string();
}

core::HttpRequest from_beast(Parser::value_type&& message, const std::string& peer) {
  core::HttpRequest request;
  request.method = std::string(message.method_string());
  request.target = std::string(message.target());
  for (const auto& field : message) {
    request.headers.emplace_back(std::string(field.name_string()), std::string(field.value()));
  }
  request.body = std::move(message.body());
  request.peer = peer;
  return request;
}

bool asks_for_websocket(const Parser& parser) {
  return parser.upgrade() && parser.get().method() == http::verb::get &&
         boost::beast::iequals(parser.get()[http::field::upgrade], "websocket");
}

/// A problem document (RFC 9457); `why` is one of our own words.
core::HttpResponse problem_answer(int status, std::string_view why) {
  core::HttpResponse response;
  response.status = status;
  response.headers.emplace_back("Content-Type", "application/problem+json");
  response.body = R"({"type":"about:blank","title":")" + std::string(reason_phrase(status)) +
                  R"(","status":)" + std::to_string(status) + R"(,"detail":")" + std::string(why) +
                  "\"}";
  return response;
}

core::HttpResponse allowed_methods() {
  core::HttpResponse response;
  response.status = 204;
  response.headers.emplace_back("Allow", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
  return response;
}

}  // namespace

HttpConnection::HttpConnection(HttpSite& site, Socket socket)
    : site_(site),
      socket_(std::move(socket)),
      deadline_(site.context),
      peer_(peer_address(socket_)) {
  site_.connections.insert(this);
  ++site_.unauthenticated;
  ErrorCode ignored;
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
}

HttpConnection::~HttpConnection() {
  mark_authenticated();
  site_.connections.erase(this);
}

void HttpConnection::mark_authenticated() {
  if (!std::exchange(is_authenticated_, true)) --site_.unauthenticated;
}

void HttpConnection::close_after(core::Duration delay) {
  deadline_.arm_after(delay, [this] {
    ++site_.counters.timed_out;
    ErrorCode ignored;
    socket_.close(ignored);
  });
}

void HttpConnection::stop() {
  ErrorCode ignored;
  if (is_idle_) socket_.close(ignored);
  if (is_streaming_) close_after(stream_stop_timeout);
}

Task<void> HttpConnection::serve() {
  close_after(site_.options.header_timeout);
  bool again = true;
  while (again) again = co_await serve_one();
  deadline_.disarm();
}

Task<bool> HttpConnection::serve_one() {
  const bool complete = co_await read_header();
  if (!complete) co_return false;
  const RequestCheck check = check_request(std::string_view(received_).substr(0, header_bytes_));
  if (check.refusal != 0) {
    co_await refuse(check);
    co_return false;
  }
  std::optional<Incoming> incoming = co_await read_request();
  if (!incoming) co_return false;
  bool again = false;
  if (incoming->is_upgrade) {
    again = co_await answer_upgrade(std::move(*incoming));
  } else {
    again = co_await answer_request(std::move(*incoming));
  }
  co_return again && !site_.is_stopping;
}

Task<bool> HttpConnection::read_header() {
  if (!received_.empty()) close_after(site_.options.header_timeout);
  for (;;) {
    const HeaderScan scan = scan_header(received_);
    header_bytes_ = scan.bytes;
    RequestCheck refusal;
    if (scan.is_broken) refusal = RequestCheck{400, "line_end"};
    const std::size_t size = scan.bytes > 0 ? scan.bytes : received_.size();
    if (size > limits::http_header_bytes_max) refusal = RequestCheck{431, "header_too_large"};
    if (refusal.refusal != 0) {
      co_await refuse(refusal);
      co_return false;
    }
    if (scan.bytes > 0) co_return true;
    is_idle_ = received_.empty();
    const bool was_idle = is_idle_ && is_authenticated_;
    const bool more = co_await read_more();
    is_idle_ = false;
    if (!more) co_return false;
    if (was_idle) close_after(site_.options.header_timeout);
  }
}

Task<std::optional<HttpConnection::Incoming>> HttpConnection::read_request() {
  std::optional<Incoming> incoming;
  Parser parser;
  parser.header_limit(static_cast<std::uint32_t>(limits::http_header_bytes_max));
  parser.body_limit(limits::http_body_bytes_max);
  ErrorCode error;
  parser.put(asio::buffer(received_.data(), header_bytes_), error);
  if (!error && !parser.is_header_done()) error = http::error::bad_field;
  if (error) {
    const RequestCheck unparsable{400, "unparsable"};
    co_await refuse(unparsable);
    co_return incoming;
  }
  const std::size_t body_bytes = parser.content_length().value_or(0);
  close_after(site_.options.body_timeout);
  if (boost::beast::iequals(parser.get()[http::field::expect], "100-continue") &&
      received_.size() < header_bytes_ + body_bytes) {
    co_await send_text("HTTP/1.1 100 Continue\r\n\r\n");
  }
  const bool complete = co_await read_until(header_bytes_ + body_bytes);
  if (!complete) co_return incoming;
  if (body_bytes > 0) parser.put(asio::buffer(received_.data() + header_bytes_, body_bytes), error);
  received_.erase(0, header_bytes_ + body_bytes);
  incoming.emplace();
  incoming->keep_alive = parser.keep_alive();
  incoming->is_upgrade = asks_for_websocket(parser);
  incoming->is_head = parser.get().method() == http::verb::head;
  incoming->takes_chunks = parser.get().version() >= 11;
  incoming->request = from_beast(parser.release(), peer_);
  co_return incoming;
}

Task<bool> HttpConnection::read_until(std::size_t bytes) {
  while (received_.size() < bytes) {
    const bool more = co_await read_more();
    if (!more) co_return false;
  }
  co_return true;
}

Task<bool> HttpConnection::read_more() {
  // Small: a slow header is the common attack, and a body comes in few pieces anyway.
  std::array<char, 4096> chunk;
  ErrorCode error;
  const std::size_t bytes =
      co_await socket_.async_read_some(asio::buffer(chunk), asio::redirect_error(use_task, error));
  received_.append(chunk.data(), bytes);
  co_return !error && socket_.is_open();
}

Task<bool> HttpConnection::answer_upgrade(Incoming incoming) {
  core::HttpResponse refusal = problem_answer(500, "internal error");
  try {
    auto decision = site_.handlers.on_upgrade(incoming.request);
    if (const auto* const target = std::get_if<UpgradeTarget>(&decision)) {
      hand_over(std::move(incoming), *target);
      co_return false;
    }
    refusal = std::get<core::HttpResponse>(std::move(decision));
  } catch (const std::exception&) {
    ++site_.counters.handler_failures;
  }
  if (!socket_.is_open()) co_return false;
  const bool again = co_await send(std::move(refusal), incoming);
  co_return again;
}

void HttpConnection::hand_over(Incoming incoming, const UpgradeTarget& target) {
  deadline_.disarm();
  ErrorCode error;
  AcceptedSocket accepted;
  accepted.fd = FileDescriptor(socket_.release(error));
  if (error) return;
  accepted.request = std::move(incoming.request);
  accepted.leftover = std::move(received_);
  ++site_.counters.upgraded;
  target(std::move(accepted));
}

Task<bool> HttpConnection::answer_request(Incoming incoming) {
  core::HttpResponse response;
  if (incoming.request.method == "OPTIONS") {
    response = allowed_methods();
  } else {
    if (incoming.is_head) incoming.request.method = "GET";
    deadline_.disarm();
    response = co_await ask(std::move(incoming.request));
  }
  const bool again = co_await send(std::move(response), incoming);
  co_return again;
}

Task<core::HttpResponse> HttpConnection::ask(core::HttpRequest request) {
  core::HttpResponse unanswered;
  unanswered.status = 500;
  const auto exchange = std::make_shared<HttpExchange>(site_.context, std::move(unanswered));
  Respond respond = HttpExchange::responder(exchange);
  try {
    site_.handlers.on_request(std::move(request), respond);
  } catch (const std::exception&) {
    ++site_.counters.handler_failures;
    respond(problem_answer(500, "internal error"));
  }
  respond = nullptr;
  const bool answered = co_await exchange->wait(site_.options.answer_timeout);
  co_return answered ? exchange->take() : problem_answer(504, "no answer in time");
}

Task<bool> HttpConnection::send(core::HttpResponse response, const Incoming& incoming) {
  ErrorCode error;
  const bool is_streamed = response.pull != nullptr;
  AnswerForm form;
  form.keep_alive = incoming.keep_alive && response.status < 400 && !site_.is_stopping &&
                    (!is_streamed || incoming.takes_chunks);
  form.without_body = incoming.is_head;
  if (is_streamed) form.body = incoming.takes_chunks ? BodyForm::chunked : BodyForm::until_close;
  std::string text;
  append_answer(text, response, form, std::chrono::floor<std::chrono::seconds>(wall_now()));
  if (response.status < 400) mark_authenticated();
  close_after(site_.options.write_timeout);
  co_await send_text(text);
  if (!socket_.is_open()) co_return false;
  if (is_streamed && !incoming.is_head) {
    const bool is_whole = co_await send_pieces(response.pull, incoming.takes_chunks);
    response.pull = nullptr;
    if (!is_whole) {
      ++site_.counters.broken_off;
      socket_.close(error);
      co_return false;
    }
  }
  if (!form.keep_alive) co_await linger();
  if (form.keep_alive) close_after(site_.options.idle_timeout);
  co_return form.keep_alive;
}

// True when the whole body has gone out.
Task<bool> HttpConnection::send_pieces(const core::PullPiece& pull, bool is_chunked) {
  ErrorCode ignored;
  // Until the end is reached every close is a reset: without chunks an orderly one would look like
  // the end of the body.
  socket_.set_option(asio::socket_base::linger(true, 0), ignored);
  is_streaming_ = true;
  std::string text;
  auto kind = core::HttpPiece::Kind::more;
  while (kind == core::HttpPiece::Kind::more) {
    const core::HttpPiece piece = co_await next_piece(pull);
    kind = piece.kind;
    if (kind == core::HttpPiece::Kind::failed || site_.is_stopping || !socket_.is_open()) {
      kind = core::HttpPiece::Kind::failed;
      break;
    }
    text.clear();
    if (is_chunked) append_chunk(text, piece.bytes);
    if (is_chunked && kind == core::HttpPiece::Kind::last) text += last_chunk;
    close_after(site_.options.write_timeout);
    co_await send_text(is_chunked ? std::string_view(text) : std::string_view(piece.bytes));
    if (!socket_.is_open()) break;
  }
  is_streaming_ = false;
  co_return kind == core::HttpPiece::Kind::last&& socket_.is_open() && !site_.is_stopping;
}

Task<core::HttpPiece> HttpConnection::next_piece(const core::PullPiece& pull) {
  const auto exchange = std::make_shared<PieceExchange>(site_.context, core::HttpPiece());
  deadline_.disarm();
  try {
    pull(PieceExchange::responder(exchange));
  } catch (const std::exception&) {
    ++site_.counters.handler_failures;
    co_return core::HttpPiece();
  }
  const bool is_answered = co_await exchange->wait(site_.options.answer_timeout);
  co_return is_answered ? exchange->take() : core::HttpPiece();
}

Task<void> HttpConnection::send_text(std::string_view text) {
  ErrorCode error;
  co_await asio::async_write(socket_, asio::buffer(text), asio::redirect_error(use_task, error));
  if (error) socket_.close(error);
}

Task<void> HttpConnection::refuse(RequestCheck check) {
  ++site_.counters.refused_request;
  Incoming nothing;
  co_await send(problem_answer(check.refusal, check.why), nothing);
}

// Closing with unread bytes sends RST, which can overtake the answer; so: FIN, then discard for a
// moment.
Task<void> HttpConnection::linger() {
  ErrorCode error;
  deadline_.arm_after(linger_timeout, [this] {
    ErrorCode ignored;
    socket_.close(ignored);
  });
  socket_.shutdown(Socket::shutdown_send, error);
  bool more = !error;
  while (more) {
    received_.clear();
    more = co_await read_more();
  }
}

}  // namespace tandem::net
