// An answer to a request of ours, made from an input: its status, its Retry-After and its body.
#pragma once

#include <charconv>

#include "bridge/core/http.hpp"
#include "tests/fuzz/support/input.hpp"

namespace tandem::fuzz {

inline core::OutgoingResponse answer_of(Bytes input) {
  const auto [status, retry_after, body] = fields_of<3>(input);
  core::OutgoingResponse answer;
  std::from_chars(status.data(), status.data() + status.size(), answer.status);
  if (!retry_after.empty()) answer.headers.emplace_back("Retry-After", retry_after);
  answer.body = body;
  if (answer.status == 0) answer.failure = core::OutgoingResponse::Failure::unknown;
  if (answer.status < 0) answer.failure = core::OutgoingResponse::Failure::not_sent;
  return answer;
}

}  // namespace tandem::fuzz
