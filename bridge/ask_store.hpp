// A question to the database, awaited on an io_context: it runs on a query thread, in a transaction
// that is committed when it returns.
#pragma once

#include <boost/asio/post.hpp>
#include <functional>
#include <memory>
#include <optional>

#include "bridge/arrival.hpp"
#include "store/query_thread.hpp"

namespace tandem {

/// Nothing when the database failed, was too busy, or did not answer within `patience`: a change
/// may have been committed all the same.
template <class T>
net::Task<std::optional<T>> ask_store(net::asio::io_context& context, store::QueryThread& queries,
                                      std::function<T(store::Connection&)> question,
                                      core::Duration patience) {
  using Result = store::QueryResult<T>;
  const auto arrival = std::make_shared<Arrival<Result>>(context);
  const std::function<void(Result)> reply = [&context, arrival](Result result) {
    net::asio::post(context, [arrival, result = std::move(result)]() mutable {
      arrival->bring(std::move(result));
    });
  };
  if (!queries.post<T>(std::move(question), reply)) co_return std::nullopt;
  std::optional<Result> result = co_await arrival->wait(patience);
  if (!result || !std::holds_alternative<T>(*result)) co_return std::nullopt;
  co_return std::get<T>(std::move(*result));
}

}  // namespace tandem
