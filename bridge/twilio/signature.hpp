// X-Twilio-Signature: proof that a webhook or an upgrade request comes from Twilio.
//
// Source: Twilio "Security - validating requests" and "Webhooks security"; the two points that
// those pages leave open (ports and trailing slashes) are settled by short lists of candidate
// forms, and the answer names the form that matched so that it can be logged. Everything is checked
// against the configured public address, never against the Host header or forwarded headers. The
// key is the primary auth token, even where REST uses an API key.
//
// A right signature says nothing about freshness: single-use nonces and tokens are the caller's
// business.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bridge/core/types.hpp"

namespace tandem::twilio {

using FormPairs = std::vector<std::pair<std::string, std::string>>;

/// base64(HMAC-SHA1(token, text)): 28 characters.
std::string sign_text(const core::Secret& token, std::string_view text);

/// What is signed for a form POST: the URL, then name and value of every parameter, names in byte
/// order; of repeated names each distinct value once, sorted. Values are the decoded ones.
std::string text_to_sign(std::string_view url, FormPairs parameters);

/// Lower-case hexadecimal SHA-256: what Twilio puts into `bodySHA256` of the query of a JSON POST.
std::string body_sha256(std::string_view body);

enum class SignatureError : std::uint8_t {
  none,
  no_header,      ///< absent or empty
  no_token,       ///< nothing configured to check against: fail closed
  bad_url,        ///< the configured public address is not a URL
  bad_form,       ///< the body is not a well-formed form
  unsigned_body,  ///< a body that the signature cannot cover: not a form, and no bodySHA256
  body_mismatch,  ///< bodySHA256 is not that of the body
  mismatch,       ///< signed with another token, for another URL or for other parameters
};
std::string_view to_string(SignatureError error) noexcept;

/// Which form of the URL was signed.
enum class SignedForm : std::uint8_t {
  as_written,           ///< as configured
  other_slash,          ///< trailing slash added, or removed (upgrades only)
  other_port,           ///< port removed, or the default port added
  other_port_and_slash  ///< both (upgrades only)
};
std::string_view to_string(SignedForm form) noexcept;

struct SignatureCheck {
  SignatureError error = SignatureError::mismatch;
  SignedForm form = SignedForm::as_written;  ///< valid without an error
  std::size_t token = 0;  ///< which of the tokens matched; valid without an error
  explicit operator bool() const noexcept { return error == SignatureError::none; }
};

/// A webhook as it reached us.
struct SignedWebhook {
  std::string_view public_url;    ///< configured base: scheme, host, port, possibly a path prefix
  std::string_view target;        ///< raw request target, starts with '/'; a fragment is ignored
  std::string_view content_type;  ///< may have parameters; empty when absent
  std::string_view body;          ///< raw, at most limits::http_body_bytes_max
  std::string_view signature;     ///< value of X-Twilio-Signature
};

/// `tokens`: the primary one, and during a rotation the old one as well; empty ones are passed
/// over. Form bodies are part of the signed text; other bodies are covered through bodySHA256; a
/// GET and an empty POST sign the URL alone. User information and fragments are never signed. https
/// is tried without a port (what Twilio does for voice), as configured, and with ":443"; http keeps
/// its port, and
/// ":80" is tried when it has none.
SignatureCheck verify_webhook(std::span<const core::Secret> tokens, const SignedWebhook& webhook);

/// An upgrade to WebSocket. `stream_url` is the `url` of `<Stream>` as written in our TwiML (scheme
/// wss). At most four forms, the first match wins: as written; with the other trailing slash; both
/// without the port, or when it has none, with ":443".
SignatureCheck verify_upgrade(std::span<const core::Secret> tokens, std::string_view stream_url,
                              std::string_view signature);

}  // namespace tandem::twilio
