#include "bridge/twilio/signature.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>

#include "bridge/core/http.hpp"
#include "bridge/core/result.hpp"
#include "codec/base64.hpp"

namespace tandem::twilio {

namespace {

struct Candidate {
  std::string url;
  SignedForm form = SignedForm::as_written;
};

const unsigned char* bytes(std::string_view text) noexcept {
  return reinterpret_cast<const unsigned char*>(text.data());
}

/// A URL cut at the places where the signed forms differ; the texts are kept byte for byte.
struct UrlParts {
  std::string scheme_and_host;  ///< "https://host", without user information
  std::string port;             ///< ":8443" or empty
  std::string rest;             ///< path and query, without fragment
  bool secure = false;

  [[nodiscard]] std::string with_port(std::string_view other) const {
    return scheme_and_host + std::string(other) + rest;
  }
};

bool split(std::string_view url, UrlParts& parts) {
  url = url.substr(0, url.find('#'));
  const auto colon = url.find("://");
  if (colon == std::string_view::npos) return false;
  const std::string_view scheme = url.substr(0, colon);
  parts.secure = scheme == "https" || scheme == "wss";
  if (!parts.secure && scheme != "http" && scheme != "ws") return false;
  const auto begin = colon + 3;
  const auto end = std::min(url.find_first_of("/?", begin), url.size());
  std::string_view authority = url.substr(begin, end - begin);
  authority.remove_prefix(authority.rfind('@') + 1);  // npos + 1 is 0
  const auto bracket = authority.rfind(']');
  const auto port = authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
  parts.scheme_and_host.assign(url.substr(0, begin)).append(authority.substr(0, port));
  if (port != std::string_view::npos) parts.port = authority.substr(port);
  parts.rest = url.substr(end);
  return authority.substr(0, port).size() > 0;
}

std::string with_other_slash(std::string url) {
  if (url.ends_with('/')) {
    url.pop_back();
  } else {
    url += '/';
  }
  return url;
}

std::vector<Candidate> webhook_candidates(const UrlParts& parts) {
  const std::string_view default_port = parts.secure ? ":443" : ":80";
  std::vector<Candidate> list = {{parts.with_port(parts.port), SignedForm::as_written}};
  if (parts.secure && !parts.port.empty())
    list.push_back({parts.with_port(""), SignedForm::other_port});
  if (parts.port.empty()) list.push_back({parts.with_port(default_port), SignedForm::other_port});
  return list;
}

std::vector<Candidate> upgrade_candidates(const UrlParts& parts) {
  const std::string written = parts.with_port(parts.port);
  const std::string other = parts.with_port(parts.port.empty() ? ":443" : "");
  return {{written, SignedForm::as_written},
          {with_other_slash(written), SignedForm::other_slash},
          {other, SignedForm::other_port},
          {with_other_slash(other), SignedForm::other_port_and_slash}};
}

/// Every candidate is computed with every token, so that the time taken does not tell which came
/// close.
SignatureCheck compare(std::span<const core::Secret> tokens,
                       const std::vector<Candidate>& candidates, const FormPairs& parameters,
                       std::string_view signature) {
  SignatureCheck check;
  for (const Candidate& candidate : candidates) {
    const std::string text = text_to_sign(candidate.url, parameters);
    for (std::size_t token = 0; token < tokens.size(); ++token) {
      if (tokens[token].empty()) continue;
      const bool equal = core::equal_in_constant_time(sign_text(tokens[token], text), signature);
      if (equal && !check) check = {SignatureError::none, candidate.form, token};
    }
  }
  return check;
}

bool is_form(std::string_view content_type) noexcept {
  static constexpr std::string_view form = "application/x-www-form-urlencoded";
  const std::string_view type = content_type.substr(0, content_type.find_first_of("; \t"));
  return std::equal(type.begin(), type.end(), form.begin(), form.end(), [](char a, char b) {
    return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
  });
}

/// The parameters that the signature covers, or why the body cannot be trusted whatever the
/// signature says.
SignatureError read_body(const SignedWebhook& webhook, FormPairs& parameters) {
  if (webhook.body.empty()) return SignatureError::none;
  if (is_form(webhook.content_type)) {
    return core::parse_form(webhook.body, parameters) ? SignatureError::none
                                                      : SignatureError::bad_form;
  }
  const auto mark = webhook.target.find('?');
  FormPairs query;
  if (mark == std::string_view::npos || !core::parse_form(webhook.target.substr(mark + 1), query)) {
    return SignatureError::unsigned_body;
  }
  const auto hash = std::find_if(query.begin(), query.end(),
                                 [](const auto& pair) { return pair.first == "bodySHA256"; });
  if (hash == query.end()) return SignatureError::unsigned_body;
  return core::equal_in_constant_time(hash->second, body_sha256(webhook.body))
             ? SignatureError::none
             : SignatureError::body_mismatch;
}

bool has_token(std::span<const core::Secret> tokens) noexcept {
  return std::any_of(tokens.begin(), tokens.end(),
                     [](const core::Secret& token) { return !token.empty(); });
}

}  // namespace

std::string sign_text(const core::Secret& token, std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  const std::string& key = token.expose();
  const auto* made = HMAC(EVP_sha1(), key.data(), static_cast<int>(key.size()), bytes(text),
                          text.size(), digest.data(), &size);
  BRIDGE_ASSERT(made != nullptr);
  std::string out;
  codec::base64_encode(std::span(digest).first(size), out);
  return out;
}

std::string text_to_sign(std::string_view url, FormPairs parameters) {
  std::sort(parameters.begin(), parameters.end());
  parameters.erase(std::unique(parameters.begin(), parameters.end()), parameters.end());
  std::string text(url);
  for (const auto& [name, value] : parameters) text.append(name).append(value);
  return text;
}

std::string body_sha256(std::string_view body) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(bytes(body), body.size(), digest.data());
  static constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (const unsigned char byte : digest) out += {digits[byte >> 4], digits[byte & 15]};
  return out;
}

std::string_view to_string(SignatureError error) noexcept {
  static constexpr std::array<std::string_view, 8> names = {
      "none",     "no_header",     "no_token",      "bad_url",
      "bad_form", "unsigned_body", "body_mismatch", "mismatch"};
  return names[static_cast<std::size_t>(error)];
}

std::string_view to_string(SignedForm form) noexcept {
  static constexpr std::array<std::string_view, 4> names = {"as_written", "other_slash",
                                                            "other_port", "other_port_and_slash"};
  return names[static_cast<std::size_t>(form)];
}

SignatureCheck verify_webhook(std::span<const core::Secret> tokens, const SignedWebhook& webhook) {
  if (!has_token(tokens)) return {SignatureError::no_token};
  if (webhook.signature.empty()) return {SignatureError::no_header};
  std::string url(webhook.public_url);
  if (url.ends_with('/')) url.pop_back();
  UrlParts parts;
  if (!split(url.append(webhook.target), parts)) return {SignatureError::bad_url};
  FormPairs parameters;
  const SignatureError body = read_body(webhook, parameters);
  if (body != SignatureError::none) return {body};
  return compare(tokens, webhook_candidates(parts), parameters, webhook.signature);
}

SignatureCheck verify_upgrade(std::span<const core::Secret> tokens, std::string_view stream_url,
                              std::string_view signature) {
  if (!has_token(tokens)) return {SignatureError::no_token};
  if (signature.empty()) return {SignatureError::no_header};
  UrlParts parts;
  if (!split(stream_url, parts)) return {SignatureError::bad_url};
  return compare(tokens, upgrade_candidates(parts), {}, signature);
}

}  // namespace tandem::twilio
