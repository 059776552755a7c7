// Text encodings and digests of the wire, written apart from the product's own (see README.md).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tandem::standins {

using Fields = std::vector<std::pair<std::string, std::string>>;  // names may repeat, wire order

std::string base64_encode(std::string_view bytes);
// Standard alphabet, padding required, no blanks, no stray bits: anything else is nullopt.
std::optional<std::string> base64_decode(std::string_view text);

std::string url_encode(std::string_view text);  // application/x-www-form-urlencoded, blank as '+'
std::string url_decode(std::string_view text);
std::string form_encode(const Fields& fields);
Fields form_decode(std::string_view body);
std::optional<std::string> first_of(const Fields& fields, std::string_view name);

std::string random_hex(std::size_t digits);
std::uint32_t random_below(std::uint32_t bound);
std::string random_uuid();

std::string sha1(std::string_view bytes);  // 20 raw bytes
std::string hmac_sha1(std::string_view key, std::string_view message);

// X-Twilio-Signature over the URL as given and the decoded parameters (twilio.com "Security", 3
// steps: sort by name in byte order, append name and value, distinct values of a repeated name
// sorted).
std::string twilio_signature(std::string_view auth_token, std::string_view url,
                             const Fields& fields);

bool is_utf8(std::string_view text);

}  // namespace tandem::standins
