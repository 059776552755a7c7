// Who may use the API and the dashboard without credentials: only somebody at this machine. From
// elsewhere programs bring a token (bridge/visitors.hpp); people will have accounts.
#pragma once

#include "bridge/core/http.hpp"

namespace tandem::web {

/// True when the request came straight from a program on this machine and meant this machine:
///  * the TCP peer is a loopback address;
///  * Host names a loopback host ("localhost", 127.x.y.z, [::1]), so that a page of another site
///  whose name was made
///    to point here (DNS rebinding) cannot ask;
///  * no header says that a proxy passed it on: behind a proxy everybody has a loopback peer
///  address.
bool is_local_operator(const core::HttpRequest& request);

/// 403 that says why and what to do.
core::HttpResponse local_only();
/// 401: the token is not, or no longer, one of ours.
core::HttpResponse unknown_token();
/// 403: the token's role does not include this.
core::HttpResponse not_allowed();

}  // namespace tandem::web
