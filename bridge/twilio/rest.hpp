// Twilio's REST API for calls (version 2010-04-01): builds requests, reads answers. Sends nothing.
//
// Source: Twilio "Call resource", "Errors and warnings". The point of this file is what a failure
// means: creating a call is not idempotent and has no idempotency key, so a create that may have
// reached Twilio is never retried blindly (O01): its outcome is learnt from a callback that carries
// our own id, or from the list of calls. Ending a call is idempotent in effect, and an already
// ended call is a success.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bridge/core/http.hpp"
#include "bridge/core/result.hpp"
#include "bridge/core/types.hpp"
#include "bridge/twilio/webhook.hpp"

namespace tandem::twilio {

inline constexpr std::size_t inline_twiml_characters_max = 4000;
inline constexpr std::chrono::seconds ring_timeout_max{600};
inline constexpr std::chrono::seconds time_limit_min{60};
inline constexpr std::chrono::seconds time_limit_max{24 * 3600};

/// Whose calls, and as whom. An API key can be revoked without changing the auth token, so prefer
/// it.
struct RestAccount {
  core::Url api;  ///< scheme, host and port are used: https://api.twilio.com or a regional host
  std::string account_id;  ///< AC...; part of every path
  std::string user;        ///< API key SK..., or the account id
  core::Secret password;   ///< API secret, or the auth token
};

struct CreateCall {
  core::PhoneNumber to;      ///< E.164, not equal to `from`
  core::PhoneNumber from;    ///< a number of the account
  std::string voice_url;     ///< absolute; asked for TwiML when answered. Carry our own id in its
                             ///< query: it is signed
  std::string fallback_url;  ///< asked when voice_url fails; empty: none
  std::string
      status_url;       ///< told of every stage; connection overrides are added here. Empty: none
  std::string amd_url;  ///< told who answered, asynchronously; empty: no detection
  /// Of a machine amd_url hears when its greeting is over, not when it begins: for who leaves a
  /// message (Twilio "Answering machine detection": DetectMessageEnd).
  bool hears_machines_out = false;
  std::chrono::seconds ring_timeout{30};  ///< 5 to ring_timeout_max
  std::chrono::seconds time_limit{
      3600};  ///< hard cap of the call at Twilio, time_limit_min to time_limit_max
};

/// `url` with the fragment that makes Twilio repeat a failed callback twice, on 5xx answers too
/// (Twilio "Webhook connection overrides"). Without it a callback that meets a restart of ours is
/// lost. Not for stream URLs.
std::string with_callback_retries(std::string_view url);

/// Which calls to list; empty members do not filter. Newest first, one page.
struct ListCalls {
  core::PhoneNumber to;
  core::PhoneNumber from;
  std::optional<CallStatus> status;
  int page_size = 50;  ///< 1 to 1000
};

core::OutgoingRequest create_call_request(const RestAccount& account, const CreateCall& call);
core::OutgoingRequest fetch_call_request(const RestAccount& account, const core::CarrierCallId& id);
/// Twilio takes the numbers in the query only: never log this URL.
core::OutgoingRequest list_calls_request(const RestAccount& account, const ListCalls& filter);
/// Ends the call in whatever state it is.
core::OutgoingRequest hang_up_request(const RestAccount& account, const core::CarrierCallId& id);
/// Ends it only if nobody has answered yet.
core::OutgoingRequest cancel_request(const RestAccount& account, const core::CarrierCallId& id);
/// The call leaves what it does, its media stream included, and runs the TwiML. Action URLs in it
/// must be absolute.
core::OutgoingRequest redirect_request(const RestAccount& account, const core::CarrierCallId& id,
                                       std::string_view twiml);

/// What must be done about a failure.
enum class RestFault : std::uint8_t {
  retry_safe,       ///< not acted upon, or harmless to repeat: back off, then try again
  unknown_outcome,  ///< create only: the call may exist. Never repeat before callbacks and the list
                    ///< say no
  refused,          ///< this destination or this request is refused for good; see code
  not_found,        ///< 20404
  wrong_state,      ///< 21220, 20409: the call is not in a state for this; fetch it
  configuration,    ///< our settings are wrong: the From number, a trial account, TWILIO_API_URL
  account,          ///< credentials or standing of the account: stop dialling, alarm
  queue_full,       ///< 22005: stop dialling
  bad_request,      ///< a parameter that we should not have sent: a bug of ours
  unreadable,       ///< answered with success, but not with what we asked for
};
std::string_view to_string(RestFault fault) noexcept;

/// Twilio's message text is left out on purpose: it quotes telephone numbers.
struct RestFailure {
  RestFault fault = RestFault::unreadable;
  int status = 0;  ///< HTTP status, 0 when no answer came
  int code =
      0;  ///< Twilio's error code, 0 when it gave none; explained at twilio.com/docs/errors/CODE
  std::optional<std::chrono::seconds> retry_after;

  /// True when a person has to act before the next call can work.
  [[nodiscard]] bool needs_operator() const noexcept;
};

/// The parts of a Call resource that we use.
struct CallResource {
  core::CarrierCallId id;
  std::optional<CallStatus> status;  ///< empty for a word that we do not know
  core::Direction direction = core::Direction::outbound;
  core::PhoneNumber from;
  core::PhoneNumber to;
  AnsweredBy answered_by = AnsweredBy::not_detected;
  std::optional<std::int64_t> duration_s;
  std::optional<core::WallTime> created;  ///< to the second
};

core::Result<CallResource, RestFailure> parse_created(const core::OutgoingResponse& response);
core::Result<CallResource, RestFailure> parse_fetched(const core::OutgoingResponse& response);
core::Result<std::vector<CallResource>, RestFailure> parse_listed(
    const core::OutgoingResponse& response);
/// Of hang_up_request and cancel_request. 404/20404 and 400/21220 mean that the call is over
/// already: done.
core::Result<core::Done, RestFailure> parse_ended(const core::OutgoingResponse& response);
core::Result<core::Done, RestFailure> parse_redirected(const core::OutgoingResponse& response);

/// "Sun, 22 Nov 2026 12:00:00 +0000"; empty when it is not such a date in UTC.
std::optional<core::WallTime> parse_rfc2822(std::string_view text) noexcept;

}  // namespace tandem::twilio
