// HTTP as plain data, so that folders without sockets can read requests and build answers.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tandem::core {

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

/// The value of the first header of that name (compared without case), or empty.
std::string_view find_header(const HttpHeaders& headers, std::string_view name) noexcept;

/// A request that reached us. `target` is the raw request target: path and query as sent, never
/// decoded.
struct HttpRequest {
  std::string method;
  std::string target;
  HttpHeaders headers;
  std::string body;  ///< at most limits::http_body_bytes_max
  std::string peer;  ///< address of the other end of the TCP connection, without port

  [[nodiscard]] std::string_view path() const noexcept;   ///< target up to the first '?'
  [[nodiscard]] std::string_view query() const noexcept;  ///< target after the first '?', or empty
  [[nodiscard]] std::string_view header(std::string_view name) const noexcept {
    return find_header(headers, name);
  }
};

/// The next part of a body that is made while it is sent.
struct HttpPiece {
  enum class Kind : std::uint8_t {
    more,    ///< `bytes` (possibly none) are sent, then the next piece is asked for
    last,    ///< `bytes` end the body
    failed,  ///< the body cannot be finished: the connection breaks off, so that nobody takes half
             ///< of it for the whole
  };
  Kind kind = Kind::failed;
  std::string bytes;
};
/// Hands one piece over: callable from any thread, the first call counts; when all copies are gone
/// without a call, the piece has failed.
using GivePiece = std::function<void(HttpPiece)>;
/// Asks for the next piece and returns at once. Called on the server's thread, again only when the
/// piece before has gone to the client, so at most one piece is in memory. Its destruction tells
/// the source that nobody asks any more: the body is complete, or the client is gone.
using PullPiece = std::function<void(GivePiece)>;

struct HttpResponse {
  int status = 200;
  HttpHeaders headers;  ///< Content-Length, Date and Connection are added by the server
  std::string body;     ///< not looked at when `pull` is set
  PullPiece pull = nullptr;
};

/// scheme://host[:port][/target]; only http, https, ws and wss are known.
struct Url {
  std::string scheme;
  std::string host;    ///< without brackets or port
  std::string port;    ///< always set: the scheme's default when the text names none
  std::string target;  ///< path and query, "/" when the text has none; no fragment

  [[nodiscard]] bool uses_tls() const noexcept { return scheme == "https" || scheme == "wss"; }
  /// host, plus ":port" when it is not the scheme's default: the Host header.
  [[nodiscard]] std::string authority() const;
};
/// False when the text is not such a URL, has user information, or has a space or control
/// character.
bool parse_url(std::string_view text, Url& url);

/// A request that we send. Secrets travel in `headers` only, never in the URL.
struct OutgoingRequest {
  std::string method = "GET";
  Url url;
  HttpHeaders headers;
  std::string body;
  std::chrono::milliseconds timeout{
      10'000};  ///< for everything: connect, TLS, request, whole answer
};

/// What became of an OutgoingRequest.
struct OutgoingResponse {
  enum class Failure {
    none,      ///< an HTTP answer arrived; see status
    not_sent,  ///< provably nothing reached the other party: name, connect or TLS failed
    unknown,   ///< written, but no whole answer came: the other party may have acted on it
  };
  Failure failure = Failure::none;
  std::string failure_text;  ///< which stage failed and the system's words, no secrets
  int status = 0;
  HttpHeaders headers;
  std::string body;  ///< at most limits::outgoing_answer_bytes_max
};

/// %XX-decoding of one form or query component; '+' is a space. False when an escape is malformed.
bool decode_form_component(std::string_view text, std::string& out);
/// Pairs in wire order, names and values decoded. False when any escape is malformed.
bool parse_form(std::string_view text, std::vector<std::pair<std::string, std::string>>& pairs);
/// Appends with everything but [A-Za-z0-9-._~] escaped, space as "%20".
void append_url_encoded(std::string& out, std::string_view text);

}  // namespace tandem::core
