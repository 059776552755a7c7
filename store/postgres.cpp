#include "store/postgres.hpp"

#include <fmt/format.h>
#include <libpq-fe.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace tandem::store {

namespace {

// How long a server may be silent before it is asked whether it is there.
constexpr auto silence_max = std::chrono::milliseconds(2'500);

std::string safe_summary(const std::string& sqlstate, std::string_view reason) {
  if (!sqlstate.empty()) return "database error, SQLSTATE " + sqlstate;
  return reason.empty() ? "database connection failed"
                        : fmt::format("database connection failed: {}", reason);
}

constexpr std::string_view certificate_refused = "TLS: the certificate was refused";
constexpr std::string_view no_tls = "TLS could not be agreed on";

/// libpq's words may name hosts and users: these are what of them may be logged.
std::string_view reason_of(std::string_view words) noexcept {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 17> known = {{
      {"terminating connection", "the server ended the connection"},
      {"password authentication failed", "the password was refused"},
      {"no password supplied", "the password was refused"},
      {"certificate", certificate_refused},
      {"pg_hba.conf", "this host or user may not connect"},
      {"SSL SYSCALL", "the connection broke"},
      {"SSL connection has been closed", "the server closed the connection"},
      {"SSL", no_tls},
      {"could not translate host name", "the host name is unknown"},
      {"onnection refused", "connection refused"},
      {"No such file", "nothing listens there"},
      {"read-only", "no server there takes writes"},
      {"hot standby", "no server there takes writes"},
      {"too many", "too many connections"},
      {"starting up", "the server is starting"},
      {"shutting down", "the server is stopping"},
      {"closed the connection", "the server closed the connection"},
  }};
  for (const auto& [sign, meaning] : known) {
    if (words.find(sign) != std::string_view::npos) return meaning;
  }
  return {};
}

int milliseconds_until(std::chrono::steady_clock::time_point deadline) {
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
  return static_cast<int>(std::max<std::int64_t>(left.count(), 0));
}

template <class Number>
Number parse(std::string_view text) noexcept {
  Number number{};
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

}  // namespace

SqlErrorClass classify_sqlstate(std::string_view sqlstate) noexcept {
  const std::string_view group = sqlstate.substr(0, 2);
  if (sqlstate == "57014" || sqlstate == "55P03" || group == "40" || group == "53") {
    return SqlErrorClass::transient;
  }
  if (sqlstate.empty() || group == "08" || group == "57" || group == "58" || group == "XX" ||
      group == "28" || sqlstate == "25006" || sqlstate == "3D000") {
    return SqlErrorClass::unavailable;
  }
  if (sqlstate == "42P01" || sqlstate == "42703" || sqlstate == "3F000" || sqlstate == "42501") {
    return SqlErrorClass::schema;
  }
  return SqlErrorClass::permanent;
}

PostgresError::PostgresError(SqlErrorClass kind, std::string sqlstate, std::string detail,
                             std::string_view reason)
    : std::runtime_error(safe_summary(sqlstate, reason)),
      kind_(kind),
      sqlstate_(std::move(sqlstate)),
      detail_(std::move(detail)) {}

Interrupt::Interrupt() : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (fd_ < 0) throw std::runtime_error("eventfd: no more file descriptors");
}

Interrupt::~Interrupt() { ::close(fd_); }

void Interrupt::raise() noexcept {
  const std::uint64_t one = 1;
  // nobody reads the counter back, so once raised it stays readable; a full counter is raised as
  // well
  [[maybe_unused]] const auto written = ::write(fd_, &one, sizeof one);
}

bool Interrupt::raised() const noexcept {
  pollfd entry{.fd = fd_, .events = POLLIN, .revents = 0};
  return ::poll(&entry, 1, 0) > 0;
}

bool Interrupt::sleep_for(std::chrono::milliseconds time) const noexcept {
  pollfd entry{.fd = fd_, .events = POLLIN, .revents = 0};
  return ::poll(&entry, 1, static_cast<int>(time.count())) <= 0;
}

Parameters& Parameters::add(std::string_view text) {
  values_.emplace_back(std::string(text));
  return *this;
}

Parameters& Parameters::add(double number) { return add(fmt::format("{}", number)); }

Parameters& Parameters::add_null() {
  values_.emplace_back(std::nullopt);
  return *this;
}

std::vector<const char*> Parameters::pointers() const {
  std::vector<const char*> pointers;
  pointers.reserve(values_.size());
  for (const auto& value : values_) pointers.push_back(value ? value->c_str() : nullptr);
  return pointers;
}

ArrayText& ArrayText::add(std::string_view text) {
  separate();
  text_ += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') text_ += '\\';
    text_ += c;
  }
  text_ += '"';
  return *this;
}

ArrayText& ArrayText::add_null() {
  separate();
  text_ += "NULL";
  return *this;
}

Rows::Rows(pg_result* result) noexcept : result_(result) {}
void Rows::Clear::operator()(pg_result* result) const noexcept { PQclear(result); }
int Rows::size() const noexcept { return PQntuples(result_.get()); }
std::int64_t Rows::affected() const noexcept {
  return parse<std::int64_t>(PQcmdTuples(result_.get()));
}
bool Rows::is_null(int row, int column) const noexcept {
  return PQgetisnull(result_.get(), row, column) != 0;
}
std::string_view Rows::text(int row, int column) const noexcept {
  return {PQgetvalue(result_.get(), row, column),
          static_cast<std::size_t>(PQgetlength(result_.get(), row, column))};
}
std::int64_t Rows::integer(int row, int column) const noexcept {
  return parse<std::int64_t>(text(row, column));
}
double Rows::number(int row, int column) const noexcept { return parse<double>(text(row, column)); }
bool Rows::fact(int row, int column) const noexcept { return text(row, column) == "t"; }
core::WallTime Rows::wall(int row, int column) const noexcept {
  return core::WallTime{std::chrono::microseconds{integer(row, column)}};
}

template <>
std::optional<std::string> Rows::optional<std::string>(int row, int column) const {
  if (is_null(row, column)) return std::nullopt;
  return std::string(text(row, column));
}
template <>
std::optional<std::int64_t> Rows::optional<std::int64_t>(int row, int column) const {
  if (is_null(row, column)) return std::nullopt;
  return integer(row, column);
}
template <>
std::optional<double> Rows::optional<double>(int row, int column) const {
  if (is_null(row, column)) return std::nullopt;
  return number(row, column);
}
template <>
std::optional<bool> Rows::optional<bool>(int row, int column) const {
  if (is_null(row, column)) return std::nullopt;
  return fact(row, column);
}
template <>
std::optional<core::WallTime> Rows::optional<core::WallTime>(int row, int column) const {
  if (is_null(row, column)) return std::nullopt;
  return wall(row, column);
}

void Connection::broken(const char* what) {
  broken_ = true;
  const std::string words = PQerrorMessage(connection_.get());
  const std::string_view reason = reason_of(words);
  const bool is_untrusted = reason == certificate_refused || reason == no_tls;
  throw PostgresError(is_untrusted ? SqlErrorClass::untrusted : SqlErrorClass::unavailable, "",
                      std::string(what) + ": " + words, reason);
}

/// False when nothing happened before `until`.
bool Connection::is_ready(short events, Deadline until) {
  std::array<pollfd, 2> entries = {
      pollfd{.fd = PQsocket(connection_.get()), .events = events, .revents = 0},
      pollfd{.fd = interrupt_ != nullptr ? interrupt_->fd() : -1, .events = POLLIN, .revents = 0}};
  const int count = ::poll(entries.data(), entries.size(), milliseconds_until(until));
  if (entries[1].revents != 0) {
    broken_ = true;
    throw PostgresError(SqlErrorClass::interrupted, "", "interrupted");
  }
  return count != 0;
}

void Connection::wait_for_answer(short events, Deadline deadline) {
  while (!is_ready(events, std::min(deadline, std::chrono::steady_clock::now() + silence_max))) {
    if (std::chrono::steady_clock::now() < deadline && server_is_there()) continue;
    broken_ = true;
    throw PostgresError(SqlErrorClass::unavailable, "", "no answer in time", "no answer");
  }
}

Rows Connection::run(const char* statement, const Parameters& parameters) {
  const auto values = parameters.pointers();
  if (PQsendQueryParams(connection_.get(), statement, static_cast<int>(values.size()), nullptr,
                        values.data(), nullptr, nullptr, 0) == 0) {
    broken("send");
  }
  return collect();
}

void Connection::script(const std::string& statements) {
  if (PQsendQuery(connection_.get(), statements.c_str()) == 0) broken("send");
  collect();
}

Rows Connection::collect() {
  const Deadline deadline = std::chrono::steady_clock::now() + answer_timeout_;
  for (int unsent = PQflush(connection_.get()); unsent != 0; unsent = PQflush(connection_.get())) {
    if (unsent < 0) broken("send");
    wait_for_answer(POLLIN | POLLOUT, deadline);
    if (PQconsumeInput(connection_.get()) == 0) broken("receive");
  }
  std::optional<PostgresError> error;
  Rows last(nullptr);
  while (true) {
    while (PQisBusy(connection_.get()) != 0) {
      wait_for_answer(POLLIN, deadline);
      if (PQconsumeInput(connection_.get()) == 0) broken("receive");
    }
    pg_result* raw = PQgetResult(connection_.get());
    if (raw == nullptr) break;
    const auto status = PQresultStatus(raw);
    const char* sqlstate = PQresultErrorField(raw, PG_DIAG_SQLSTATE);
    const char* primary = PQresultErrorField(raw, PG_DIAG_MESSAGE_PRIMARY);
    last = Rows(raw);
    const bool is_fine = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK ||
                         status == PGRES_EMPTY_QUERY;  // a script of comments only
    if (is_fine || error) continue;
    const std::string state = sqlstate != nullptr ? sqlstate : "";
    error.emplace(classify_sqlstate(state), state, primary != nullptr ? primary : "");
  }
  if (!error) return last;
  broken_ = broken_ || error->kind() == SqlErrorClass::unavailable;
  throw PostgresError(*error);
}

bool Connection::usable() const noexcept {
  return !broken_ && PQstatus(connection_.get()) == CONNECTION_OK;
}

Transaction::Transaction(Connection& connection, const TransactionLimits& limits)
    : connection_(connection), answer_timeout_(connection.answer_timeout()) {
  constexpr std::chrono::seconds for_the_way{10};
  connection_.set_answer_timeout(std::max(answer_timeout_, limits.statement_timeout + for_the_way));
  connection_.script(
      fmt::format("BEGIN{}; SET LOCAL statement_timeout = {}; SET LOCAL lock_timeout = {}; "
                  "SET LOCAL log_parameter_max_length_on_error = 0; SET LOCAL jit = off",
                  limits.read_only ? " READ ONLY" : "", limits.statement_timeout.count(),
                  limits.lock_timeout.count()));
}

Transaction::~Transaction() {
  connection_.set_answer_timeout(answer_timeout_);
  if (!open_ || !connection_.usable()) return;
  try {
    connection_.script("ROLLBACK");
  } catch (const PostgresError&) {
    // a connection that cannot roll back is not usable either; the next user finds that out
  }
}

void Transaction::commit() {
  connection_.run("COMMIT");
  open_ = false;
}

}  // namespace tandem::store
