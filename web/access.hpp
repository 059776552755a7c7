// Who may use the API and the dashboard. While there are no users, somebody at this machine may do
// everything without credentials; programs bring a token, people a session (bridge/visitors.hpp).
// What a browser may be made to send by a page of another site is refused (fault A04).
#pragma once

#include <optional>
#include <string_view>

#include "bridge/core/http.hpp"

namespace tandem::web {

/// True when the request came straight from a program on this machine and meant this machine:
///  * the TCP peer is a loopback address;
///  * Host names a loopback host ("localhost", 127.x.y.z, [::1]), so that a page of another site
///    whose name was made to point here (DNS rebinding) cannot ask;
///  * no header says that a proxy passed it on: behind a proxy everybody has a loopback peer
///    address.
bool is_local_operator(const core::HttpRequest& request);

/// The page of another site made a browser ask: Sec-Fetch-Site says so, or Origin is neither that
/// of the request's Host nor `public_url` (scheme://host[:port], may be empty). Programs send
/// neither header.
bool is_from_another_site(const core::HttpRequest& request, std::string_view public_url);

/// What a change by a session lacks (403): an Origin of ours, which browsers send with every
/// change, and X-CSRF-Token, which only pages of ours can know. Nothing when it has both.
std::optional<core::HttpResponse> refuse_forged(const core::HttpRequest& request,
                                                std::string_view public_url, std::string_view csrf);

/// 401: there are users, and this is none of them.
core::HttpResponse log_in_first();
/// 403: there are no users, so only this machine may ask.
core::HttpResponse local_only();
/// 401: the token is not, or no longer, one of ours.
core::HttpResponse unknown_token();
/// 403: the role does not include this.
core::HttpResponse not_allowed();
/// 403: a page of another site asks for a change.
core::HttpResponse another_site();

}  // namespace tandem::web
