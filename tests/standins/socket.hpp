// TCP and TLS for the stand-ins: non-blocking descriptors, one thread per connection, every wait
// with a deadline. A connection buffers what the peer does not take yet, so one thread serves both
// directions without blocking. Every wait also ends when the program is told to stop
// (stop_program): it then throws Stopping.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

struct ssl_st;
struct ssl_ctx_st;

namespace tandem::standins {

using Clock = std::chrono::steady_clock;
using TimePoint = Clock::time_point;
using Milliseconds = std::chrono::milliseconds;

struct WireError : std::runtime_error {
  using std::runtime_error::runtime_error;
};
struct Stopping : std::exception {};

void stop_program();
bool program_stops();
// Sleeps until `until`; throws Stopping.
void sleep_until(TimePoint until);

// Lets another thread end a connection's wait. Safe from any thread.
class Wakeup {
 public:
  Wakeup();
  ~Wakeup();
  Wakeup(const Wakeup&) = delete;
  Wakeup& operator=(const Wakeup&) = delete;

  void ring() const;
  void clear() const;
  int descriptor() const { return descriptor_; }
  // True when rung (and cleared) before `until`.
  bool wait(TimePoint until) const;

 private:
  int descriptor_;
};

// Certificate of a listener, or trust of a client. Shared by its connections.
class TlsContext {
 public:
  static std::shared_ptr<TlsContext> for_server(const std::string& cert_file,
                                                const std::string& key_file);
  // `ca_file` empty: the system's trust.
  static std::shared_ptr<TlsContext> for_client(const std::string& ca_file);
  explicit TlsContext(ssl_ctx_st* context) : context_(context) {}
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  ssl_ctx_st* get() const { return context_; }

 private:
  ssl_ctx_st* context_;
};

class Connection {
 public:
  enum class Ready { readable, woken, timed_out };

  explicit Connection(int descriptor);  // takes an accepted descriptor
  // Throws WireError with "refused", "timed out", "unreachable" or "tls" at the front of its text.
  static Connection open(const std::string& host, std::uint16_t port, TimePoint deadline);
  Connection(Connection&& other) noexcept;
  Connection& operator=(Connection&&) = delete;
  ~Connection();

  void accept_tls(const TlsContext& context, TimePoint deadline);
  void connect_tls(const TlsContext& context, const std::string& host, TimePoint deadline);

  // Sends what the peer takes now and keeps the rest; throws when the peer is gone.
  void send(std::string_view bytes);
  std::size_t unsent() const { return outgoing_.size() - sent_; }
  void flush(TimePoint deadline);  // throws on time-out

  // Waits for bytes to read (true reading state for TLS too), writing what is still unsent
  // meanwhile. Not interested in reading (a slow reader): `want_read` false.
  Ready wait(TimePoint until, const Wakeup* wakeup = nullptr, bool want_read = true);
  // Appends what is there; false at end of stream; throws on a reset.
  bool read_into(std::string& buffer);

  void shut();   // orderly: FIN
  void reset();  // RST, at once

 private:
  void push_out();
  void handshake(TimePoint deadline);

  int descriptor_ = -1;
  ssl_st* ssl_ = nullptr;
  std::string outgoing_;
  std::size_t sent_ = 0;
};

class Listener {
 public:
  Listener(const std::string& address, std::uint16_t port);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  std::uint16_t port() const { return port_; }
  // nullopt when the program stops.
  std::optional<Connection> accept();

 private:
  int descriptor_;
  std::uint16_t port_;
};

}  // namespace tandem::standins
