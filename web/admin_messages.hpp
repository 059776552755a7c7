// The messages of the admin socket, `admin.v1` (docs/admin-socket.md): reading what a client says,
// writing what it is told. Pure; bridge/admin_sockets has the sockets. web/admin/schema.json
// describes both directions, and tests/integration/run_admin holds every message against it.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "bridge/core/types.hpp"
#include "web/api_command.hpp"
#include "web/live_call.hpp"

namespace tandem::web {

inline constexpr std::string_view admin_protocol = "admin.v1";
/// Calls that one `subscribe` or `unsubscribe` may name.
inline constexpr std::size_t subscribed_calls_max = 500;

/// The first message of a client.
struct Authentication {
  std::string ticket;
};
/// Which calls a client wants to hear of, or no more.
struct Subscription {
  bool on = true;
  bool all = false;  ///< every call there is and will be
  std::vector<core::CallId> calls = {};
};
/// The sound of one call.
struct Listening {
  core::CallId call_id;
  bool on = true;
};
struct ClientMessage {
  std::string id;  ///< as it was sent, JSON; "null" when there was none
  std::variant<Authentication, Subscription, Listening, CallCommand> wish;
};
/// Why a message of a client was not understood.
struct Misunderstood {
  std::string id;  ///< as of ClientMessage
  /// "malformed": no JSON object; "unknown_type"; "unusable": a member is missing or wrong.
  std::string_view code;
  std::string message;
};

/// Strict: valid JSON, one object, nested at most a few deep, no name twice on any level (faults
/// A14), no member that the type does not have; of an Authentication, which may have more, only the
/// ticket counts. `by`: whose commands these are.
std::variant<ClientMessage, Misunderstood> read_client_message(std::string_view text,
                                                               std::string_view by);

/// What is sent to many: everything but the number, which every connection counts for itself.
struct ServerMessage {
  std::string before_seq;
  std::string after_seq;
  [[nodiscard]] std::string numbered(std::uint64_t seq) const;
};

struct NodeStatus {
  std::string node;
  std::string_view version;
  std::string_view role;  ///< of the client: "viewer", "operator", "admin"
  std::string name;       ///< of the client
  std::size_t calls = 0;  ///< that run here
  bool is_draining = false;
  double spool_fill = 0;        ///< 0 to 1
  std::string_view database{};  ///< "ok", "behind", "away"
};

ServerMessage message_of(const LiveChange& change);
ServerMessage message_of(const NodeStatus& status, core::WallTime wall);
/// `dropped`: how many messages this client did not get because it read too slowly.
ServerMessage snapshot_message(std::span<const LiveCall* const> calls,
                               std::optional<std::int64_t> dropped, core::WallTime wall);
/// `id` is JSON, as it was sent.
ServerMessage ack_message(std::string_view id, core::WallTime wall);
ServerMessage error_message(std::string_view id, std::string_view code, std::string_view message,
                            core::WallTime wall);

/// The body of the answer to POST /api/v1/ws-ticket.
std::string render_ticket(std::string_view ticket, std::chrono::seconds valid_for);

/// A binary message: header (u8 version 1, u8 track, u16 0, u32 handle, u32 offset_ms, in network
/// byte order), then mu-law. Appended to `out`.
void append_audio(std::string& out, std::uint8_t track, std::uint32_t handle,
                  core::MediaOffset offset, std::string_view ulaw);

}  // namespace tandem::web
