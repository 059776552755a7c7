// How we speak TLS to the parties that we call: TLS 1.2 or newer, peer certificate verified against
// the system's authorities and the host name (docs: security 4.6), sessions resumed. OpenSSL itself
// honours SSL_CERT_FILE and SSL_CERT_DIR, which is how private deployments and tests bring their
// own authority.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

struct ssl_ctx_st;
struct ssl_st;
struct ssl_session_st;

namespace tandem::net {

struct SslDeleter {
  void operator()(ssl_st* ssl) const noexcept;
};
using SslPointer = std::unique_ptr<ssl_st, SslDeleter>;

/// One for the whole process; may be used from every thread (the session store has a lock, touched
/// once per connection). Must outlive every connection made with it.
class TlsClientContext {
 public:
  /// `extra_authority_file` (PEM) is trusted beside the system's; empty for none. Throws
  /// std::runtime_error when the file cannot be read.
  explicit TlsClientContext(const std::string& extra_authority_file = {});
  ~TlsClientContext();
  TlsClientContext(const TlsClientContext&) = delete;
  TlsClientContext& operator=(const TlsClientContext&) = delete;

  /// A client session that will send `host` as SNI and accept only a certificate for `host` (name
  /// or IP address). Offers the last session of `host` and `port` for resumption. For bridge/net
  /// only.
  [[nodiscard]] SslPointer new_session(const std::string& host, const std::string& port);

 private:
  static int keep_session(ssl_st* ssl, ssl_session_st* session);
  void offer_kept_session(ssl_st* ssl, const std::string& key);

  struct SessionDeleter {
    void operator()(ssl_session_st* session) const noexcept;
  };
  struct ContextDeleter {
    void operator()(ssl_ctx_st* context) const noexcept;
  };
  std::unique_ptr<ssl_ctx_st, ContextDeleter> context_;
  std::mutex mutex_;
  std::map<std::string, std::unique_ptr<ssl_session_st, SessionDeleter>> sessions_;
};

}  // namespace tandem::net
