// POST /api/v1/erase {"number": "+..."} and what became of it, GET /api/v1/erase/{id}. From request
// to the number that is to be forgotten, and the answers. Pure: giving the order is the program's.
// The number is read from the body only, never from an address, and no answer repeats it.
#pragma once

#include <string_view>
#include <variant>

#include "bridge/core/http.hpp"
#include "bridge/core/types.hpp"

namespace tandem::web {

struct EraseNumber {
  core::PhoneNumber number;  ///< E.164
};

/// Problems: those of read_json_body, and 422 for anything but one member `number`, E.164.
std::variant<EraseNumber, core::HttpResponse> parse_erase(const core::HttpRequest& request);

/// 202: the order is on disk and will be carried out; where its report will be.
core::HttpResponse erasure_accepted(std::string_view order_id);
/// 409: without PHONE_HASH_KEY nobody can be erased.
core::HttpResponse erasure_impossible();
/// 503: the order could not be written to disk in time. It may be given again.
core::HttpResponse erasure_not_durable();
/// 404: no such order, or it has not reached the database yet.
core::HttpResponse no_such_erasure();

}  // namespace tandem::web
