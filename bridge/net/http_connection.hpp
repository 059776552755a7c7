// One HTTP connection of HttpServer: reads a request, has it answered, again, until one side has
// had enough.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "bridge/core/http.hpp"
#include "bridge/net/byte_stream.hpp"
#include "bridge/net/check_request.hpp"
#include "bridge/net/deadline.hpp"
#include "bridge/net/http_server.hpp"
#include "bridge/net/task.hpp"

namespace tandem::net {

class HttpConnection;

/// What all connections of one server share.
struct HttpSite {
  asio::io_context& context;
  HttpServer::Options options;
  HttpServer::Handlers handlers;
  HttpServer::Counters counters{};
  std::set<HttpConnection*> connections{};
  std::size_t unauthenticated = 0;
  bool is_stopping = false;
};

class HttpConnection {
 public:
  HttpConnection(HttpSite& site, Socket socket);
  ~HttpConnection();
  HttpConnection(const HttpConnection&) = delete;
  HttpConnection& operator=(const HttpConnection&) = delete;

  /// Ends when the connection is closed or handed over. Never throws for what the peer does.
  Task<void> serve();
  /// Between two requests: closes. Otherwise the answer in progress will be the last.
  void stop();

 private:
  struct Incoming {
    core::HttpRequest request;
    bool keep_alive = false;
    bool is_upgrade = false;
    bool is_head = false;
    bool takes_chunks = false;  ///< HTTP/1.1
  };

  Task<bool> serve_one();
  Task<bool> read_header();
  Task<std::optional<Incoming>> read_request();
  Task<bool> read_until(std::size_t bytes);
  Task<bool> read_more();
  Task<bool> answer_upgrade(Incoming incoming);
  Task<bool> answer_request(Incoming incoming);
  Task<core::HttpResponse> ask(core::HttpRequest request);
  Task<bool> send(core::HttpResponse response, const Incoming& incoming);
  Task<bool> send_pieces(const core::PullPiece& pull, bool is_chunked);
  Task<core::HttpPiece> next_piece(const core::PullPiece& pull);
  Task<void> send_text(std::string_view text);
  Task<void> refuse(RequestCheck check);
  Task<void> linger();
  void hand_over(Incoming incoming, const UpgradeTarget& target);
  void close_after(core::Duration delay);
  void mark_authenticated();

  HttpSite& site_;
  Socket socket_;
  Deadline deadline_;
  std::string peer_;
  std::string received_;          ///< begins with the current request
  std::size_t header_bytes_ = 0;  ///< of the current request
  bool is_authenticated_ = false;
  bool is_idle_ = false;
  bool is_streaming_ = false;
};

}  // namespace tandem::net
