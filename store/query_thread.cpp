#include "store/query_thread.hpp"

#include "store/queries.hpp"

namespace tandem::store {

namespace {

QueryError from(const PostgresError& error) {
  const bool passing = error.kind() == SqlErrorClass::unavailable ||
                       error.kind() == SqlErrorClass::untrusted ||
                       error.kind() == SqlErrorClass::transient ||
                       error.kind() == SqlErrorClass::interrupted;
  return {passing ? QueryError::Kind::unavailable : QueryError::Kind::failed, error.what()};
}

}  // namespace

QueryThread::QueryThread(QueryThreadSettings settings) : settings_(std::move(settings)) {
  for (int i = 0; i < settings_.threads; ++i) threads_.emplace_back([this] { work(); });
}

QueryThread::~QueryThread() { stop(); }

bool QueryThread::enqueue(Task task) {
  const std::lock_guard lock(mutex_);
  if (stopping_ || tasks_.size() >= settings_.queue_max) return false;
  tasks_.push_back(std::move(task));
  wakes_.notify_one();
  return true;
}

std::optional<QueryThread::Task> QueryThread::next_task() {
  std::unique_lock lock(mutex_);
  wakes_.wait(lock, [this] { return stopping_ || !tasks_.empty(); });
  if (tasks_.empty()) return std::nullopt;
  Task task = std::move(tasks_.front());
  tasks_.pop_front();
  return task;
}

void QueryThread::work() {
  std::optional<Connection> connection;
  while (const auto task = next_task()) {
    const bool was_connected = connection.has_value();
    auto error = attempt(*task, connection);
    // an idle connection may have died long ago: that says nothing about the database now
    if (error && error->kind == QueryError::Kind::unavailable && was_connected && !connection) {
      error = attempt(*task, connection);
    }
    task->finish(std::move(error));
  }
}

std::optional<QueryError> QueryThread::attempt(const Task& task,
                                               std::optional<Connection>& connection) {
  std::optional<QueryError> error;
  try {
    if (!connection) connection.emplace(settings_.database(), &interrupt_);
    Transaction transaction(*connection, {.statement_timeout = settings_.statement_timeout});
    task.run(*connection);
    transaction.commit();
  } catch (const PostgresError& failure) {
    error = from(failure);
  } catch (const CursorError& failure) {
    error = QueryError{QueryError::Kind::bad_request, failure.what()};
  } catch (const std::exception&) {
    error = QueryError{QueryError::Kind::failed, "internal error"};
  }
  if (connection && !connection->usable()) connection.reset();
  return error;
}

void QueryThread::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    wakes_.notify_all();
  }
  interrupt_.raise();
  for (auto& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

}  // namespace tandem::store
