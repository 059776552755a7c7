// The TwiML documents that the bridge answers with. Texts are escaped and freed of what XML 1.0
// cannot hold.
//
// Source: Twilio "TwiML for Programmable Voice": <Connect>, <Stream>, <Say>, <Dial>, <Reject>,
// <Hangup>. Serve them as "text/xml" with status 200. Every document ends the call or hands it on:
// nothing leaves a caller in silence.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bridge/core/types.hpp"

namespace tandem::twilio {

inline constexpr std::string_view twiml_content_type = "text/xml";
inline constexpr std::size_t document_bytes_max = 64 * 1024;  ///< Twilio error 11750
/// Characters (code points) of one <Say>, the stricter of Twilio's two limits (error 13521). Longer
/// texts become several <Say> verbs, cut after a sentence or a word where there is one.
inline constexpr std::size_t say_characters_max = 3000;
/// Name and value of one <Parameter> together stay below this.
inline constexpr std::size_t parameter_characters_max = 500;

/// An answered call is handed to a media stream of ours.
struct ConnectDocument {
  std::string disclosure;  ///< spoken before the stream begins, so before any audio reaches us;
                           ///< empty: no <Say>
  std::string action_url;  ///< absolute; asked what to do when the stream is over
  /// Absolute, scheme wss, without query or fragment (T32: Twilio drops a query or refuses the
  /// handshake, 31920).
  std::string stream_url;
  std::string stream_name;  ///< in status callbacks and in <Stop>; unique within the call
  std::string
      status_url;  ///< absolute; told when the stream begins, ends or fails. Empty: not asked for
  /// Arrive in `start.customParameters`. The one-time token goes here under
  /// twilio::token_parameter.
  std::vector<std::pair<std::string, std::string>> parameters;
};
/// Breaking a rule above is a bug of ours (BRIDGE_ASSERT).
std::string connect_twiml(const ConnectDocument& document);

/// The caller is put through to a person.
struct TransferDocument {
  std::string announcement;  ///< empty: no <Say>
  core::PhoneNumber number;  ///< E.164
  core::PhoneNumber
      caller_id;  ///< a number of the account, or the caller's own; empty: Twilio's default
  std::chrono::seconds timeout{20};  ///< of ringing, 5 to 600
  std::string
      action_url;  ///< absolute; told how it went. Empty: the call ends after the dialled leg
  /// Absolute; asked for what the person who answers hears before the two are connected (Twilio
  /// "<Number>: url"). Empty: nothing.
  std::string whisper_url;
};
std::string transfer_twiml(const TransferDocument& document);

/// Said to the person who answered; then the two are connected.
std::string whisper_twiml(std::string_view text);

std::string hang_up_twiml();
/// Says `text` and hangs up: an apology, or a neutral sentence to an answering machine. Empty: only
/// hangs up.
std::string apology_twiml(std::string_view text);
enum class RejectReason { rejected, busy };
/// Refuses an inbound call before it is answered.
std::string reject_twiml(RejectReason reason);
/// A second of silence, then `url` (absolute) is asked.
std::string ask_again_twiml(std::string_view url);
/// Acknowledges a callback whose answer is not acted upon.
std::string empty_twiml();

/// Appends `text` escaped for XML text and quoted attribute values. Control characters that XML 1.0
/// does not allow, U+FFFE, U+FFFF and bytes that are not UTF-8 are left out.
void append_xml(std::string& out, std::string_view text);

}  // namespace tandem::twilio
