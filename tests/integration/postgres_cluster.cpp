#include "tests/integration/postgres_cluster.hpp"

#include <grp.h>
#include <libpq-fe.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>
#include <vector>

namespace tandem::test {

namespace {

std::string program_path(const std::string& name) {
  const char* configured = std::getenv("TANDEM_POSTGRES_BIN");
  if (configured != nullptr) return std::string(configured) + "/" + name;
  for (const char* version : {"15", "16", "17", "18"}) {
    const std::string path = std::string("/usr/lib/postgresql/") + version + "/bin/" + name;
    if (std::filesystem::exists(path)) return path;
  }
  throw std::runtime_error("no PostgreSQL server found: install postgresql-15");
}

/// Whom the server runs as: PostgreSQL refuses to run as root.
const passwd* server_user() {
  if (::geteuid() != 0) return nullptr;
  const passwd* user = ::getpwnam("postgres");
  return user != nullptr ? user : ::getpwnam("nobody");
}

/// In a new child process, before exec: become the server user, die with the test program, keep
/// quiet.
void prepare_child(const std::string& log) {
  if (const passwd* user = server_user(); user != nullptr) {
    if (::setgroups(0, nullptr) != 0 || ::setgid(user->pw_gid) != 0 ||
        ::setuid(user->pw_uid) != 0) {
      ::_exit(126);
    }
  }
  ::prctl(PR_SET_PDEATHSIG, SIGQUIT);
  if (std::freopen(log.c_str(), "a", stdout) == nullptr) ::_exit(126);
  ::dup2(STDOUT_FILENO, STDERR_FILENO);
}

pid_t spawn(const std::string& directory, const std::vector<std::string>& command) {
  std::vector<char*> arguments;
  for (const auto& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  const pid_t child = ::fork();
  if (child < 0) throw std::runtime_error("fork failed");
  if (child == 0) {
    prepare_child(directory + "/log");
    if (::chdir(directory.c_str()) != 0) ::_exit(126);
    ::execv(arguments[0], arguments.data());
    ::_exit(127);
  }
  return child;
}

std::vector<pid_t> children_of(pid_t parent) {
  std::ifstream file("/proc/" + std::to_string(parent) + "/task/" + std::to_string(parent) +
                     "/children");
  std::vector<pid_t> children;
  for (pid_t child = 0; file >> child;) children.push_back(child);
  return children;
}

}  // namespace

PostgresCluster::PostgresCluster(std::vector<std::string> arguments)
    : arguments_(std::move(arguments)) {
  make_directory();
  run_to_end("initdb", "-D data -U tandem -A trust -E UTF8 --locale=C --no-sync");
  start();
}

PostgresCluster::PostgresCluster(const PostgresCluster* primary) {
  make_directory();
  run_to_end("pg_basebackup",
             "-D data -U tandem -R -X stream -c fast --no-sync -h " + primary->directory_);
  start();
}

void PostgresCluster::make_directory() {
  std::string pattern = "/tmp/tandem_postgres_XXXXXX";
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
  directory_ = pattern;
  if (const passwd* user = server_user(); user != nullptr) {
    if (::chown(directory_.c_str(), user->pw_uid, user->pw_gid) != 0) {
      throw std::runtime_error("chown failed");
    }
  }
  // the test connects as another system user: the socket directory must be reachable
  std::filesystem::permissions(directory_, std::filesystem::perms::owner_all |
                                               std::filesystem::perms::group_exec |
                                               std::filesystem::perms::others_exec);
}

PostgresCluster::~PostgresCluster() {
  stop(SIGQUIT);
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

void PostgresCluster::run_to_end(const std::string& program, const std::string& arguments) const {
  std::vector<std::string> command = {program_path(program)};
  std::istringstream words(arguments);
  for (std::string word; words >> word;) command.push_back(word);
  int status = 0;
  const pid_t child = spawn(directory_, command);
  if (::waitpid(child, &status, 0) != child || !WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    throw std::runtime_error(program + " failed, see " + directory_ + "/log");
  }
}

void PostgresCluster::start() {
  // fsync off: these tests kill the server, never the machine
  std::vector<std::string> command = {
      program_path("postgres"), "-D", "data", "-k", directory_, "-h", "", "-c", "fsync=off", "-c",
      "max_connections=40"};
  command.insert(command.end(), arguments_.begin(), arguments_.end());
  server_ = spawn(directory_, command);
  for (int i = 0; i < 600; ++i) {
    if (answers()) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  throw std::runtime_error("PostgreSQL does not answer, see " + directory_ + "/log");
}

bool PostgresCluster::answers() const {
  return PQping(url("postgres").expose().c_str()) == PQPING_OK;
}

void PostgresCluster::stop(int signal) {
  if (server_ <= 0) return;
  // a killed postmaster leaves its backends for a moment; they must be gone before the next start
  const auto children = children_of(server_);
  ::kill(server_, signal);
  ::waitpid(server_, nullptr, 0);
  server_ = -1;
  for (const pid_t child : children) {
    for (int i = 0; i < 200 && ::kill(child, 0) == 0; ++i) {
      if (signal == SIGKILL) ::kill(child, SIGKILL);
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  }
}

void PostgresCluster::signal_all(int signal) const {
  for (const pid_t child : children_of(server_)) ::kill(child, signal);
  ::kill(server_, signal);
}

core::Secret PostgresCluster::url(const std::string& database) const {
  return core::Secret("host=" + directory_ + " port=" + std::to_string(port_) +
                      " user=tandem dbname=" + database);
}

core::Secret PostgresCluster::create_database() {
  const std::string name = "test_" + std::to_string(++databases_);
  execute("create database " + name);
  return url(name);
}

void PostgresCluster::execute(const std::string& statement) const {
  PGconn* connection = PQconnectdb(url("postgres").expose().c_str());
  PGresult* result = PQexec(connection, statement.c_str());
  const auto status = PQresultStatus(result);
  PQclear(result);
  PQfinish(connection);
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
    throw std::runtime_error(statement + " failed");
  }
}

void PostgresCluster::listen(int port) {
  stop();
  port_ = port;
  for (const std::string& setting :
       {std::string("listen_addresses=127.0.0.1"), "port=" + std::to_string(port),
        std::string("log_connections=on"), std::string("log_line_prefix=%h ")}) {
    arguments_.emplace_back("-c");
    arguments_.push_back(setting);
  }
  start();
}

void PostgresCluster::show_certificate(const std::string& certificate,
                                       const std::string& key) const {
  write_secret("server.crt", certificate);
  write_secret("server.key", key);
  execute("alter system set ssl = on");
  reload();
}

/// A file of the data directory that the server takes for a private key.
void PostgresCluster::write_secret(const std::string& name, const std::string& text) const {
  const std::string path = directory_ + "/data/" + name;
  std::ofstream(path) << text;
  std::filesystem::permissions(
      path, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  const passwd* user = server_user();
  if (user != nullptr && ::chown(path.c_str(), user->pw_uid, user->pw_gid) != 0) {
    throw std::runtime_error("chown failed");
  }
}

/// The postmaster reads its files some time after it was told to; it says so.
void PostgresCluster::reload() const {
  const auto times = [this] {
    const std::string log = log_text();
    int count = 0;
    for (auto at = log.find("received SIGHUP"); at != std::string::npos;
         at = log.find("received SIGHUP", at + 1)) {
      ++count;
    }
    return count;
  };
  const int before = times();
  execute("select pg_reload_conf()");
  for (int i = 0; i < 200 && times() == before; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

void PostgresCluster::promote() const { execute("select pg_promote()"); }

void PostgresCluster::let_in_only(const std::string& rule) const {
  const std::string path = directory_ + "/data/pg_hba.conf";
  std::stringstream rules;
  rules << rule << '\n' << std::ifstream(path).rdbuf();
  std::ofstream(path) << rules.str();
  reload();
}

std::string PostgresCluster::log_text() const {
  std::stringstream text;
  text << std::ifstream(directory_ + "/log").rdbuf();
  return text.str();
}

PostgresCluster& PostgresCluster::shared() {
  static PostgresCluster cluster;
  return cluster;
}

}  // namespace tandem::test
