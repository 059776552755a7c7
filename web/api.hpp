// The HTTP API as one table: a row is a method, a pattern of addresses, who may ask, and the
// function that reads the request. The OpenAPI document (web/openapi.hpp) is held against it.
// Pure; bridge/api_routes has the questions answered.
//
// A new route is a row in api.cpp, its reader in web/readers.hpp, and its part of web/openapi/.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "bridge/core/http.hpp"
#include "bridge/core/types.hpp"
#include "store/queries.hpp"
#include "web/accounts.hpp"
#include "web/api_command.hpp"
#include "web/api_erase.hpp"
#include "web/api_place.hpp"
#include "web/export.hpp"
#include "web/latency_task.hpp"

namespace tandem::web {

/// A question to the database: blocking, so it runs on a store::QueryThread. May throw
/// store::PostgresError; answer that with database_unavailable() or internal_problem(). One that
/// changes something writes its line in the audit log itself: both in one transaction.
using StoreQuestion = std::function<core::HttpResponse(store::Connection&)>;

/// The verdict on this call is wanted (again).
struct AnalyseCall {
  std::string call_id;
};

/// A ticket for the admin socket is wanted (docs/admin-socket.md).
struct IssueTicket {};

/// What only the running program knows.
enum class ServerQuestion : std::uint8_t { alive, ready, metrics, dependencies, carrier };

/// What a request comes to: an answer at once (a problem document, mostly), or what has to be done
/// for one.
using ApiTask =
    std::variant<core::HttpResponse, StoreQuestion, ExportCalls, AnalyseCall, CallCommand,
                 PlaceCall, EraseNumber, IssueTicket, ServerQuestion, AccountTask, LatencyTask>;

/// Who may ask: each includes those below it. `machine`: any program at this machine (scrapers of
/// metrics, and whoever looks why the database is away: then nobody can be looked up), and whoever
/// may view.
enum class Access : std::uint8_t { anyone, machine, view, operate, administer };

/// A request to a route.
struct Asked {
  const core::HttpRequest& request;
  core::WallTime now;
  std::string_view who;            ///< asks, for the record: "local", a user's name, "token:..."
  Access access = Access::anyone;  ///< what they may do, at least what the route asks for
  std::chrono::sys_days hours_reviewed{};  ///< dial::reviewed_on()
  std::string call_id = {};  ///< what stands for {id}: a UUID in lower case; empty without {id}
};

struct Route {
  std::string_view method;   ///< "GET", "POST"
  std::string_view pattern;  ///< "/api/v1/calls/{id}/events"; {id} is a call's
  Access access;
  ApiTask (*read)(const Asked& asked);
};

std::span<const Route> routes() noexcept;

/// The route of this request, or the problem document that answers it (404, 405 with all methods
/// that there are); nothing when the address is no business of the API. Paths are compared as sent
/// and never decoded, so no spelling of ".." or NUL names anything (faults A08).
std::optional<std::variant<const Route*, core::HttpResponse>> find_route(
    const core::HttpRequest& request);

/// What stands for {id} in the request's address, or nothing: for the audit log.
std::string subject_of(const Route& route, const core::HttpRequest& request);

/// What a request to this route comes to; `asked` without its call id, which stands in the address.
/// Whoever asks may (web/access.hpp); what they may do beyond that counts where one address takes
/// several changes. Problems: 400 with all wrong parameters by name, 404 for what is no call id,
/// and those of the reader.
ApiTask read_request(const Route& route, Asked asked);

}  // namespace tandem::web
