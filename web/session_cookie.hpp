// The cookie of a session (RFC 6265bis): its 256 random bits as 64 hexadecimal digits, out of reach
// of scripts, never sent with what another site asks for.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "bridge/core/http.hpp"

namespace tandem::web {

inline constexpr std::string_view session_cookie_name = "tandem_session";

/// The first cookie of that name that looks like one of ours; a view into the request.
std::optional<std::string_view> session_of(const core::HttpRequest& request) noexcept;

/// Value of Set-Cookie. `is_secure`: the browser sends it over TLS only.
std::string session_cookie(std::string_view id, bool is_secure, std::chrono::seconds lifetime);
/// Value of Set-Cookie that takes it away.
std::string ended_session_cookie(bool is_secure);

}  // namespace tandem::web
