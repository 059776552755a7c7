// POST /api/v1/calls and its alias POST /make-call: from request to the call that is wanted, and
// the answers. Pure: the gate is asked, and the call is placed, by the program. Numbers are read
// from the body only, never from an address.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "bridge/core/http.hpp"
#include "bridge/core/types.hpp"
#include "bridge/dial/facts.hpp"
#include "store/queries.hpp"

namespace tandem::web {

inline constexpr std::size_t message_characters_max = 2000;
inline constexpr std::size_t idempotency_key_bytes_max = 200;

struct PlaceCall {
  core::PhoneNumber to;    ///< E.164
  core::PhoneNumber from;  ///< E.164, or empty: the first number of ours
  dial::Purpose purpose = dial::Purpose::telemarketing;
  std::string message;          ///< what the agent must know; may be empty
  std::string idempotency_key;  ///< empty: none was sent
  std::string requested_by;
  bool is_alias = false;  ///< /make-call: the answer has its older shape too
};

/// Body {"to", "purpose", "message"?, "from"?}; of /make-call {"phoneNumber", "message"?,
/// "purpose"?}: without a purpose the stricter one. Problems: those of read_json_body, 400 for a
/// header Idempotency-Key that is not 1 to 200 printable characters without spaces, 422 for members
/// that are not as above.
std::variant<PlaceCall, core::HttpResponse> parse_place(const core::HttpRequest& request,
                                                        std::string_view who);

/// 201 with Location; for a repeated key with Idempotent-Replayed.
core::HttpResponse call_queued(const PlaceCall& wanted, const store::CallRow& call, bool is_repeat);
/// 422 with every reason of the gate; `refusals` are the names of dial::Refusal.
core::HttpResponse call_refused(const std::vector<std::string>& refusals, bool is_repeat);
/// 422: the key belongs to another request.
core::HttpResponse key_reused();

}  // namespace tandem::web
