// The bytes of an HTTP/1.1 answer. Pure.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "bridge/core/http.hpp"

namespace tandem::net {

struct AnswerForm {
  bool keep_alive = false;
  bool without_body = false;  ///< the answer to HEAD: Content-Length of the body that is not sent
};

/// Appends status line, headers (Date, Content-Length and Connection are ours; the response's own
/// are skipped) and body. A header with a control character in it is left out: it could end the
/// header block.
void append_answer(std::string& out, const core::HttpResponse& response, AnswerForm form,
                   std::chrono::sys_seconds date);

/// The standard words of a status, "Unknown" for others.
std::string_view reason_phrase(int status) noexcept;

}  // namespace tandem::net
