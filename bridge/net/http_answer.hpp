// The bytes of an HTTP/1.1 answer. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "bridge/core/http.hpp"

namespace tandem::net {

/// How the client knows where the body ends (RFC 9112, 6).
enum class BodyForm : std::uint8_t {
  sized,        ///< Content-Length
  chunked,      ///< the body follows in chunks: see append_chunk
  until_close,  ///< the body follows as it is, for HTTP/1.0
};

struct AnswerForm {
  bool keep_alive = false;
  bool without_body = false;  ///< the answer to HEAD: Content-Length of the body that is not sent
  BodyForm body = BodyForm::sized;
};

/// Appends status line, headers (Date, Content-Length and Connection are ours; the response's own
/// are skipped) and body. A header with a control character in it is left out: it could end the
/// header block.
void append_answer(std::string& out, const core::HttpResponse& response, AnswerForm form,
                   std::chrono::sys_seconds date);

/// Appends one chunk; nothing for no bytes, because an empty chunk would end the body.
void append_chunk(std::string& out, std::string_view bytes);
inline constexpr std::string_view last_chunk = "0\r\n\r\n";

/// The standard words of a status, "Unknown" for others.
std::string_view reason_phrase(int status) noexcept;

}  // namespace tandem::net
