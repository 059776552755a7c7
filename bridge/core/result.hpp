// Result<T, E>: a value or the reason why there is none. Wire decoders return it; they never throw.
// BRIDGE_ASSERT: states what must hold if our own code is right. It stays on in release builds:
// inside a call it throws BugError, the one catch in net/call_runner ends that call as `internal`
// and every other call talks on.
#pragma once

#include <stdexcept>
#include <string>
#include <utility>
#include <variant>

namespace tandem::core {

template <class E>
struct Failure {
  E error;
};
template <class E>
Failure(E) -> Failure<E>;

template <class T, class E>
class [[nodiscard]] Result {
 public:
  Result(T value)
      : state_(std::in_place_index<0>, std::move(value)) {}  // NOLINT: implicit on purpose
  Result(Failure<E> failure)
      : state_(std::in_place_index<1>, std::move(failure.error)) {}  // NOLINT

  [[nodiscard]] bool ok() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return ok(); }

  /// The value; throws std::bad_variant_access when there is none.
  T& value() & { return std::get<0>(state_); }
  const T& value() const& { return std::get<0>(state_); }
  T&& value() && { return std::get<0>(std::move(state_)); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }

  const E& error() const { return std::get<1>(state_); }

 private:
  std::variant<T, E> state_;
};

/// The value of an operation that only succeeds or fails.
struct Done {};

/// Thrown by BRIDGE_ASSERT: a bug of ours, never bad input.
class BugError : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

[[noreturn]] void assertion_failed(const char* condition, const char* file, int line);

}  // namespace tandem::core

#define BRIDGE_ASSERT(condition) \
  ((condition) ? void(0) : ::tandem::core::assertion_failed(#condition, __FILE__, __LINE__))
