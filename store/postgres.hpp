// A thin, blocking, exception-throwing wrapper over libpq for the store's own threads. Never used
// on a media thread.
//
// Rules that a transaction pooler (PgBouncer, Supavisor) forces, docs/architecture.md section 7:
// unnamed parameters only, SET LOCAL only, transaction-level locks only, no LISTEN. Every wait has
// a deadline and can be interrupted, because libpq itself waits for ever on a server that stopped
// answering.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "bridge/core/types.hpp"

struct pg_conn;
struct pg_result;

namespace tandem::store {

class Vault;

/// What to do about a database error.
enum class SqlErrorClass : std::uint8_t {
  unavailable,  ///< no connection, or it broke (class 08, 57P, 25006, 28): connect again later
  transient,    ///< deadlock, serialisation, lock timeout, out of resources (40, 53, 55P03, 57014):
                ///< try again
  schema,  ///< a table or column is not there (42P01, 42703, 3F000, 42501): not the record's fault,
           ///< wait
  untrusted,    ///< the server could not show who it is, or has no TLS where it is asked for (P17):
                ///< nothing was sent; connect again later
  permanent,    ///< this statement with these values will never work (22, 23, the rest of 42)
  interrupted,  ///< Interrupt was raised while waiting
};
SqlErrorClass classify_sqlstate(std::string_view sqlstate) noexcept;

class PostgresError : public std::runtime_error {
 public:
  /// `detail` may quote data; it is kept apart from what(), which is safe to log. `reason`: fixed
  /// words of ours for what() when there is no SQLSTATE.
  PostgresError(SqlErrorClass kind, std::string sqlstate, std::string detail,
                std::string_view reason = {});
  [[nodiscard]] SqlErrorClass kind() const noexcept { return kind_; }
  /// Five characters; empty when the error is not the server's.
  [[nodiscard]] const std::string& sqlstate() const noexcept { return sqlstate_; }
  /// The server's words. May hold personal data: for the dead-letter table, never for a log.
  [[nodiscard]] const std::string& detail() const noexcept { return detail_; }

 private:
  SqlErrorClass kind_;
  std::string sqlstate_;
  std::string detail_;
};

/// Ends waits on a connection from another thread: raise() makes every later wait fail with
/// `interrupted`.
class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;
  void raise() noexcept;
  [[nodiscard]] bool raised() const noexcept;
  [[nodiscard]] int fd() const noexcept { return fd_; }
  /// Sleeps; false when interrupted before the time was over.
  bool sleep_for(std::chrono::milliseconds time) const noexcept;

 private:
  int fd_;
};

/// Values for $1, $2, ... in text format.
class Parameters {
 public:
  Parameters() = default;
  Parameters& add(std::string_view text);
  Parameters& add(const char* text) { return add(std::string_view{text}); }
  Parameters& add(const std::string& text) { return add(std::string_view{text}); }
  Parameters& add(std::int64_t number) { return add(std::to_string(number)); }
  Parameters& add(std::int32_t number) { return add(std::to_string(number)); }
  Parameters& add(std::uint64_t number) { return add(std::to_string(number)); }
  Parameters& add(double number);
  Parameters& add(bool fact) { return add(std::string_view{fact ? "t" : "f"}); }
  Parameters& add(core::WallTime wall) { return add(core::to_rfc3339(wall)); }
  Parameters& add_null();
  template <class T>
  Parameters& add(const std::optional<T>& value) {
    return value ? add(*value) : add_null();
  }
  [[nodiscard]] std::size_t size() const noexcept { return values_.size(); }
  [[nodiscard]] std::vector<const char*> pointers() const;

 private:
  std::vector<std::optional<std::string>> values_;
};

/// Text of a PostgreSQL array, for unnest($1::text[], ...).
class ArrayText {
 public:
  ArrayText& add(std::string_view text);
  ArrayText& add(std::int64_t number) { return add(std::to_string(number)); }
  ArrayText& add(bool fact) { return add(std::string_view{fact ? "t" : "f"}); }
  ArrayText& add(core::WallTime wall) { return add(core::to_rfc3339(wall)); }
  ArrayText& add_null();
  [[nodiscard]] std::string finish() const { return text_.empty() ? "{}" : text_ + "}"; }
  [[nodiscard]] bool empty() const noexcept { return text_.empty(); }

 private:
  void separate() { text_ += text_.empty() ? '{' : ','; }
  std::string text_;
};

/// Answer of one statement. Views are valid as long as it lives.
class Rows {
 public:
  explicit Rows(pg_result* result) noexcept;
  [[nodiscard]] int size() const noexcept;
  [[nodiscard]] bool empty() const noexcept { return size() == 0; }
  /// Rows changed by INSERT, UPDATE or DELETE.
  [[nodiscard]] std::int64_t affected() const noexcept;
  [[nodiscard]] bool is_null(int row, int column) const noexcept;
  [[nodiscard]] std::string_view text(int row, int column) const noexcept;  ///< empty for null
  [[nodiscard]] std::int64_t integer(int row, int column) const noexcept;   ///< 0 for null
  [[nodiscard]] double number(int row, int column) const noexcept;          ///< 0 for null
  [[nodiscard]] bool fact(int row, int column) const noexcept;              ///< false for null
  /// Of a column that gives microseconds since 1970 as bigint.
  [[nodiscard]] core::WallTime wall(int row, int column) const noexcept;
  template <class T>
  std::optional<T> optional(int row, int column) const;

 private:
  struct Clear {
    void operator()(pg_result* result) const noexcept;
  };
  std::unique_ptr<pg_result, Clear> result_;
};

template <>
std::optional<std::string> Rows::optional<std::string>(int row, int column) const;
template <>
std::optional<std::int64_t> Rows::optional<std::int64_t>(int row, int column) const;
template <>
std::optional<double> Rows::optional<double>(int row, int column) const;
template <>
std::optional<bool> Rows::optional<bool>(int row, int column) const;
template <>
std::optional<core::WallTime> Rows::optional<core::WallTime>(int row, int column) const;

/// Where the database is, and the keys outside of it (store/vault.hpp) that its rows need.
struct DatabaseAddress {
  DatabaseAddress(core::Secret where, std::shared_ptr<const Vault> keys = nullptr)
      : url(std::move(where)), vault(std::move(keys)) {}
  core::Secret url;
  std::shared_ptr<const Vault> vault;  ///< may be null: nothing is hashed or sealed
};

/// Asked at every connect, so that a rotated password is picked up (fault P16).
using DatabaseUrl = std::function<DatabaseAddress()>;

/// What stands in `file` at that moment, without the line's end; `otherwise` when there is no file,
/// or it cannot be read or is empty just then.
DatabaseUrl database_address(core::Secret otherwise, std::string file);

class Connection {
 public:
  /// Connects or throws. An address with several hosts ("host=a,b") is tried in order, each for at
  /// most `timeout`, until one accepts writes (fault P07). `interrupt` (optional) must outlive the
  /// connection.
  explicit Connection(const core::Secret& url, const Interrupt* interrupt = nullptr,
                      std::chrono::milliseconds timeout = std::chrono::seconds(3));
  explicit Connection(const DatabaseAddress& address, const Interrupt* interrupt = nullptr,
                      std::chrono::milliseconds timeout = std::chrono::seconds(3))
      : Connection(address.url, interrupt, timeout) {
    vault_ = address.vault;
  }

  /// Null when the address named none. Lives as long as the connection.
  [[nodiscard]] const Vault* vault() const noexcept { return vault_.get(); }

  /// One statement with unnamed parameters; waits at most `answer_timeout`. A server that is silent
  /// for 2.5 s is asked on a second socket whether it is there at all: one that is slow is waited
  /// for, one that is gone is given up within 5 s, even behind a relay that still takes our bytes
  /// and on a unix socket, where TCP's own timeouts mean nothing (fault P03).
  Rows run(const char* statement, const Parameters& parameters = {});
  Rows run(const std::string& statement, const Parameters& parameters = {}) {
    return run(statement.c_str(), parameters);
  }
  /// Several statements without parameters, separated by semicolons.
  void script(const std::string& statements);

  /// False after an error that broke the connection: throw it away and make a new one.
  [[nodiscard]] bool usable() const noexcept;
  /// Client-side limit per statement, a backstop behind statement_timeout for a server that stopped
  /// (default 40 s).
  void set_answer_timeout(std::chrono::milliseconds timeout) noexcept { answer_timeout_ = timeout; }
  [[nodiscard]] std::chrono::milliseconds answer_timeout() const noexcept {
    return answer_timeout_;
  }

 private:
  using Deadline = std::chrono::steady_clock::time_point;
  void connect(const std::string& host, const std::string& port, Deadline deadline);
  [[nodiscard]] bool is_ready(short events, Deadline until);
  void wait_for_answer(short events, Deadline deadline);
  [[nodiscard]] bool server_is_there() const;
  Rows collect();
  [[noreturn]] void broken(const char* what);

  struct Finish {
    void operator()(pg_conn* connection) const noexcept;
  };
  std::unique_ptr<pg_conn, Finish> connection_;
  core::Secret url_;
  const Interrupt* interrupt_;
  std::shared_ptr<const Vault> vault_;
  std::chrono::milliseconds answer_timeout_{40'000};
  bool broken_ = false;
};

struct TransactionLimits {
  std::chrono::milliseconds statement_timeout{30'000};
  std::chrono::milliseconds lock_timeout{2'000};
  bool read_only = false;
};

/// BEGIN with its limits as SET LOCAL; rolled back when it goes without commit(). As long as it
/// lives the connection waits for an answer longer than its statements may take. Plans are not
/// compiled (jit): what only looks expensive is answered sooner than that.
class Transaction {
 public:
  explicit Transaction(Connection& connection, const TransactionLimits& limits = {});
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  void commit();

 private:
  Connection& connection_;
  std::chrono::milliseconds answer_timeout_;  ///< of the connection, before
  bool open_ = true;
};

}  // namespace tandem::store
