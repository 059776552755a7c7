// A private PostgreSQL cluster for tests: own data directory, unix socket only unless a test asks
// for listen(), gone when the object goes (or when the test program dies). Works as root, by
// running the server as user postgres or nobody, and as an ordinary user.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "bridge/core/types.hpp"

namespace tandem::test {

class PostgresCluster {
 public:
  /// initdb and start with these further arguments. Throws std::runtime_error with the reason.
  explicit PostgresCluster(std::vector<std::string> arguments = {});
  /// A standby that follows `primary`: reads only, until promote().
  explicit PostgresCluster(const PostgresCluster* primary);
  /// Stops the server and removes its files.
  ~PostgresCluster();
  PostgresCluster(const PostgresCluster&) = delete;
  PostgresCluster& operator=(const PostgresCluster&) = delete;

  /// Starts the server again and waits until it answers.
  void start();
  /// SIGINT (fast) by default; SIGKILL plays a crash. Waits until it is gone.
  void stop(int signal = 2);
  /// SIGSTOP, SIGCONT to the postmaster and all its children: a server that hangs.
  void signal_all(int signal) const;

  /// From now on on this port of 127.0.0.1 too, where every login and whether it has TLS is
  /// logged. Restarts the server.
  void listen(int port);
  /// TLS with this certificate and key (PEM) for whoever connects from now on.
  void show_certificate(const std::string& certificate, const std::string& key) const;

  /// A standby becomes the primary.
  void promote() const;

  /// Puts a line before all others of pg_hba.conf; in force when it returns.
  void let_in_only(const std::string& rule) const;
  /// The server's log so far.
  [[nodiscard]] std::string log_text() const;
  [[nodiscard]] std::string socket_path() const {
    return directory_ + "/.s.PGSQL." + std::to_string(port_);
  }
  [[nodiscard]] const std::string& directory() const noexcept { return directory_; }

  /// Address of a database of this cluster.
  [[nodiscard]] core::Secret url(const std::string& database) const;
  /// A new empty database; its address.
  core::Secret create_database();

  /// One cluster for the whole test program, started at first use.
  static PostgresCluster& shared();

 private:
  void run_to_end(const std::string& program, const std::string& arguments) const;
  [[nodiscard]] bool answers() const;

  void make_directory();
  void execute(const std::string& statement) const;
  void reload() const;
  void write_secret(const std::string& name, const std::string& text) const;

  std::string directory_;
  std::vector<std::string> arguments_;
  pid_t server_ = -1;
  int port_ = 5432;  ///< in the socket's name, as long as listen() was not asked for
  int databases_ = 0;
};

}  // namespace tandem::test
