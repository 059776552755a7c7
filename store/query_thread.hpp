// Runs blocking queries on threads of their own (two by default, one connection each), so that
// neither a media thread nor the importer ever waits for a report.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "store/postgres.hpp"

namespace tandem::store {

/// Why a query gave nothing. `text` is safe to log and to show.
struct QueryError {
  enum class Kind : std::uint8_t {
    unavailable,  ///< the database cannot be reached or is too slow: 503
    bad_request,  ///< what was asked for makes no sense (unknown cursor): 400
    failed,       ///< everything else: 500
  };
  Kind kind = Kind::failed;
  std::string text;
};

template <class T>
using QueryResult = std::variant<T, QueryError>;

struct QueryThreadSettings {
  DatabaseUrl database;
  int threads = 2;
  std::size_t queue_max = 256;
  std::chrono::milliseconds statement_timeout{5'000};
};

class QueryThread {
 public:
  explicit QueryThread(QueryThreadSettings settings);
  /// stop().
  ~QueryThread();
  QueryThread(const QueryThread&) = delete;
  QueryThread& operator=(const QueryThread&) = delete;

  /// Runs `query` with a connection inside a transaction with the statement timeout, commits, and
  /// hands the answer to `reply` on the query thread: post it to where you want it. False when too
  /// many are waiting or it was stopped; then `reply` is not called. A query that could not reach
  /// the database is tried once more on a new connection.
  template <class T>
  bool post(std::function<T(Connection&)> query, std::function<void(QueryResult<T>)> reply);

  /// Ends running queries, answers waiting ones with `unavailable`, joins. Idempotent.
  void stop();

 private:
  struct Task {
    std::function<void(Connection&)> run;  ///< keeps its answer; may throw
    std::function<void(std::optional<QueryError>)> finish;
  };

  bool enqueue(Task task);
  void work();
  std::optional<QueryError> attempt(const Task& task, std::optional<Connection>& connection);
  std::optional<Task> next_task();

  const QueryThreadSettings settings_;
  Interrupt interrupt_;
  std::mutex mutex_;
  std::condition_variable wakes_;
  std::deque<Task> tasks_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

template <class T>
bool QueryThread::post(std::function<T(Connection&)> query,
                       std::function<void(QueryResult<T>)> reply) {
  auto answer = std::make_shared<std::optional<T>>();
  return enqueue({.run = [query = std::move(query),
                          answer](Connection& connection) { answer->emplace(query(connection)); },
                  .finish =
                      [reply = std::move(reply), answer](std::optional<QueryError> error) {
                        if (error) {
                          reply(QueryResult<T>(std::move(*error)));
                        } else {
                          reply(QueryResult<T>(std::move(**answer)));
                        }
                      }});
}

}  // namespace tandem::store
