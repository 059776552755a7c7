// Refuses HTTP requests that the parser (Beast 345) would take but that a proxy in front may read
// differently (request smuggling), and anything that none of our routes needs. Pure; runs before
// parsing and routing.
#pragma once

#include <cstddef>
#include <string_view>

namespace tandem::net {

struct HeaderScan {
  std::size_t bytes =
      0;  ///< length of the header block with its empty line, 0 while that is missing
  bool is_broken = false;  ///< a line ends without CR: no need to wait for more
};

/// Looks for the end of the header block at the beginning of `received`.
HeaderScan scan_header(std::string_view received);

struct RequestCheck {
  int refusal = 0;       ///< HTTP status to answer, 0 when the request may be parsed
  const char* why = "";  ///< short label for the log and the answer's body
};

/// `header` is the request line and all header lines as they arrived, up to and including the empty
/// line. Demands: CRLF line ends only, no NUL or other control character, no folded line, no space
/// before a colon, HTTP/1.0 or 1.1, a known method, a target that begins with "/" (or "*" for
/// OPTIONS), exactly one non-empty Host, no Transfer-Encoding at all, at most one Content-Length
/// (digits only, at most limits::http_body_bytes_max), at most 100 header lines.
RequestCheck check_request(std::string_view header);

}  // namespace tandem::net
