#include "bridge/twilio_documents.hpp"

#include "bridge/twilio/media_stream.hpp"
#include "bridge/twilio/twiml.hpp"

namespace tandem {

namespace {

constexpr std::string_view putting_through = "One moment, please. We are putting you through.";

std::string websocket_base(const std::string& public_url) {
  const bool is_plain = public_url.starts_with("http://");
  return (is_plain ? "ws" : "wss") + public_url.substr(public_url.find("://")) +
         std::string(media_path);
}

}  // namespace

TwilioDocuments::TwilioDocuments(const Config& config)
    : config_(config), stream_base_(websocket_base(config.public_url)) {}

std::string TwilioDocuments::connect(const CallDirectory::StreamKey& key,
                                     bool with_disclosure) const {
  twilio::ConnectDocument document;
  if (with_disclosure) document.disclosure = config_.disclosure_text;
  document.action_url = config_.public_url + "/twilio/connect-done";
  document.stream_url = stream_base_ + key.nonce;
  document.stream_name = "agent-" + std::to_string(key.number);
  document.status_url = config_.public_url + "/twilio/stream-status";
  document.parameters = {{std::string(twilio::token_parameter), key.token}};
  return twilio::connect_twiml(document);
}

std::string TwilioDocuments::transfer(const core::PhoneNumber& to, const core::PhoneNumber& caller,
                                      std::string_view whisper_nonce) const {
  twilio::TransferDocument document;
  document.announcement = putting_through;
  document.number = to;
  document.caller_id = caller;
  document.action_url = config_.public_url + "/twilio/transfer-done";
  if (!whisper_nonce.empty()) {
    document.whisper_url =
        config_.public_url + std::string(whisper_path) + std::string(whisper_nonce);
  }
  return twilio::transfer_twiml(document);
}

std::string TwilioDocuments::without_agent(std::string_view words,
                                           const core::PhoneNumber& caller) const {
  return has_fallback() ? transfer(config_.fallback_number, caller, {})
                        : twilio::apology_twiml(words);
}

core::PhoneNumber shown_number(core::Direction direction, const core::PhoneNumber& from,
                               const core::PhoneNumber& to) {
  if (from.is_e164()) return from;  // of a call that we placed, this is ours
  return direction == core::Direction::inbound && to.is_e164() ? to : core::PhoneNumber{};
}

core::HttpResponse twiml_answer(std::string document) {
  core::HttpResponse response;
  response.headers = {{"Content-Type", std::string(twilio::twiml_content_type)}};
  response.body = std::move(document);
  return response;
}

core::HttpResponse plain_answer(int status, std::string text) {
  core::HttpResponse response;
  response.status = status;
  response.headers = {{"Content-Type", "text/plain; charset=utf-8"}};
  response.body = std::move(text);
  return response;
}

}  // namespace tandem
