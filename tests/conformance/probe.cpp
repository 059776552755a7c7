// Lets programs in other languages drive our pure translators: one subcommand, JSON lines in, JSON
// lines out.
//
//   sign             {token, url, params: [[name, value], ...]}          -> {signature}
//   verify-webhook   {tokens, public_url, target, content_type, body, signature} -> {error, form,
//   token} verify-upgrade   {tokens, stream_url, signature}                     -> {error, form,
//   token} twiml            {document, ...the members of the document}          -> {xml} rest
//   {request, ...the members of the request}            -> {method, url, authorization, body}
//   parse-rest       {answer, status, body}                              -> {ok, fault, code, sid,
//   status} hume             {config_id, resume, ...}                            -> {url, headers,
//   frames: [[name, text], ...]}
//   gemini           see probe_gemini.hpp
//   openai           see probe_openai.hpp
//
// Exit status 2 for a usage error or a line that is not what the subcommand takes.
#include <simdjson.h>

#include <functional>
#include <iostream>
#include <map>

#include "bridge/twilio/rest.hpp"
#include "bridge/twilio/signature.hpp"
#include "bridge/twilio/twiml.hpp"
#include "codec/json_text.hpp"
#include "hume/provider.hpp"
#include "tests/conformance/probe_gemini.hpp"
#include "tests/conformance/probe_openai.hpp"

namespace {

using namespace tandem;
namespace dom = simdjson::dom;

/// Writes one JSON object, members in the order of the calls.
class Answer {
 public:
  Answer& add(std::string_view name, std::string_view text) {
    key(name);
    codec::append_json_string(json_, text);
    return *this;
  }
  Answer& add_raw(std::string_view name, std::string_view json) {
    key(name);
    json_ += json;
    return *this;
  }
  [[nodiscard]] std::string str() const { return json_ + "}"; }

 private:
  void key(std::string_view name) {
    json_ += json_.size() == 1 ? "" : ",";
    codec::append_json_string(json_, name);
    json_ += ':';
  }
  std::string json_ = "{";
};

std::string text(const dom::element& line, std::string_view key) {
  return std::string(line.at_key(key).get_string().value());
}

/// Empty when absent.
std::string optional_text(const dom::element& line, std::string_view key) {
  std::string_view value;
  return line.at_key(key).get(value) == simdjson::SUCCESS ? std::string(value) : "";
}

twilio::FormPairs pairs(const dom::element& line, std::string_view key) {
  twilio::FormPairs list;
  for (const dom::element pair : line.at_key(key).get_array()) {
    list.emplace_back(pair.at(0).get_string().value(), pair.at(1).get_string().value());
  }
  return list;
}

std::vector<core::Secret> tokens(const dom::element& line) {
  std::vector<core::Secret> list;
  for (const dom::element token : line.at_key("tokens").get_array()) {
    list.emplace_back(std::string(token.get_string().value()));
  }
  return list;
}

std::string described(const twilio::SignatureCheck& check) {
  return Answer()
      .add("error", to_string(check.error))
      .add("form", check ? to_string(check.form) : std::string_view{})
      .add_raw("token", std::to_string(check.token))
      .str();
}

std::string sign(const dom::element& line) {
  const core::Secret token(text(line, "token"));
  const auto signed_text = twilio::text_to_sign(text(line, "url"), pairs(line, "params"));
  return Answer().add("signature", twilio::sign_text(token, signed_text)).str();
}

std::string verify_webhook(const dom::element& line) {
  const std::string public_url = text(line, "public_url");
  const std::string target = text(line, "target");
  const std::string content_type = text(line, "content_type");
  const std::string body = text(line, "body");
  const std::string signature = text(line, "signature");
  return described(
      twilio::verify_webhook(tokens(line), {public_url, target, content_type, body, signature}));
}

std::string verify_upgrade(const dom::element& line) {
  return described(
      twilio::verify_upgrade(tokens(line), text(line, "stream_url"), text(line, "signature")));
}

std::string connect(const dom::element& line) {
  twilio::ConnectDocument document;
  document.disclosure = text(line, "disclosure");
  document.action_url = text(line, "action_url");
  document.stream_url = text(line, "stream_url");
  document.stream_name = text(line, "stream_name");
  document.status_url = text(line, "status_url");
  document.parameters = pairs(line, "parameters");
  return twilio::connect_twiml(document);
}

std::string transfer(const dom::element& line) {
  twilio::TransferDocument document;
  document.announcement = text(line, "announcement");
  document.number = core::PhoneNumber(text(line, "number"));
  document.caller_id = core::PhoneNumber(text(line, "caller_id"));
  document.timeout = std::chrono::seconds{line.at_key("timeout").get_int64().value()};
  document.action_url = text(line, "action_url");
  return twilio::transfer_twiml(document);
}

std::string twiml(const dom::element& line) {
  const std::string document = text(line, "document");
  std::string xml;
  if (document == "connect") xml = connect(line);
  if (document == "transfer") xml = transfer(line);
  if (document == "apology") xml = twilio::apology_twiml(text(line, "text"));
  if (document == "hang_up") xml = twilio::hang_up_twiml();
  if (document == "reject_busy") xml = twilio::reject_twiml(twilio::RejectReason::busy);
  if (document == "reject_rejected") xml = twilio::reject_twiml(twilio::RejectReason::rejected);
  if (document == "empty") xml = twilio::empty_twiml();
  return Answer().add("xml", xml).str();
}

core::OutgoingRequest rest_request(const dom::element& line) {
  twilio::RestAccount account;
  account.account_id = text(line, "account_id");
  account.user = text(line, "user");
  account.password = core::Secret(text(line, "password"));
  if (!core::parse_url("https://api.twilio.com", account.api)) throw std::runtime_error("api");
  const core::CarrierCallId id(optional_text(line, "call_id"));
  const std::string request = text(line, "request");
  if (request == "fetch") return twilio::fetch_call_request(account, id);
  if (request == "hang_up") return twilio::hang_up_request(account, id);
  if (request == "cancel") return twilio::cancel_request(account, id);
  if (request == "redirect") return twilio::redirect_request(account, id, text(line, "twiml"));
  const core::PhoneNumber to(text(line, "to"));
  const core::PhoneNumber from(text(line, "from"));
  if (request == "list") return twilio::list_calls_request(account, {to, from, {}, 50});
  twilio::CreateCall call;
  call.to = to;
  call.from = from;
  call.voice_url = text(line, "voice_url");
  call.fallback_url = text(line, "fallback_url");
  call.status_url = text(line, "status_url");
  call.amd_url = text(line, "amd_url");
  return twilio::create_call_request(account, call);
}

std::string rest(const dom::element& line) {
  const core::OutgoingRequest request = rest_request(line);
  return Answer()
      .add("method", request.method)
      .add("url", request.url.scheme + "://" + request.url.authority() + request.url.target)
      .add("authorization", core::find_header(request.headers, "Authorization"))
      .add("body", request.body)
      .str();
}

std::string parse_rest(const dom::element& line) {
  core::OutgoingResponse response;
  response.status = static_cast<int>(line.at_key("status").get_int64().value());
  response.body = text(line, "body");
  const auto call = text(line, "answer") == "create" ? twilio::parse_created(response)
                                                     : twilio::parse_fetched(response);
  if (!call) {
    return Answer()
        .add_raw("ok", "false")
        .add("fault", to_string(call.error().fault))
        .add_raw("code", std::to_string(call.error().code))
        .str();
  }
  return Answer()
      .add_raw("ok", "true")
      .add("sid", call->id.str())
      .add("status", call->status ? to_string(*call->status) : std::string_view{})
      .str();
}

/// Every message that our provider can send, by name.
std::vector<std::pair<std::string, std::string>> hume_frames(hume::EviProvider& provider) {
  std::vector<std::pair<std::string, std::string>> frames;
  std::vector<std::string> opening;
  provider.encode_opening(opening);
  for (const std::string& message : opening) frames.emplace_back("opening", message);
  const auto add = [&frames](std::string name, const std::function<void(std::string&)>& encode) {
    std::string out;
    encode(out);
    frames.emplace_back(std::move(name), std::move(out));
  };
  std::vector<std::uint8_t> ulaw(160);
  for (std::size_t i = 0; i < ulaw.size(); ++i) ulaw[i] = static_cast<std::uint8_t>(i * 7);
  const call::VoiceToolCall tool{"call_5501", "find_slot", "{}", true};
  const std::string awkward = "Zo\xC3\xAB said \"no\\yes\"\n\t\x01 \xFF end";
  add("audio", [&](std::string& out) { provider.encode_audio(ulaw, out); });
  add("say", [&](std::string& out) { provider.encode_say(awkward, out); });
  add("context", [&](std::string& out) { provider.encode_context(awkward, out); });
  add("pause", [&](std::string& out) { provider.encode_pause(true, out); });
  add("resume", [&](std::string& out) { provider.encode_pause(false, out); });
  add("tool_response", [&](std::string& out) {
    provider.encode_tool_result(tool, true, R"({"slot":"10:20"})", out);
  });
  add("tool_error",
      [&](std::string& out) { provider.encode_tool_result(tool, false, awkward, out); });
  return frames;
}

std::string hume_chat(const dom::element& line) {
  auto settings = std::make_shared<hume::EviSettings>();
  if (!core::parse_url("https://api.hume.ai", settings->base_url)) throw std::runtime_error("api");
  settings->api_key = core::Secret(text(line, "api_key"));
  settings->config_id = text(line, "config_id");
  hume::EviPersona persona;
  persona.system_prompt = optional_text(line, "system_prompt");
  persona.context = optional_text(line, "context");
  if (const auto name = optional_text(line, "variable"); !name.empty()) {
    persona.variables = {{name, std::string("a \"text\"")}, {"returning", true}, {"visits", 4.0}};
  }
  hume::EviProvider provider(settings, persona);
  const call::VoiceEndpoint endpoint = provider.open(false);
  std::string frames = "[";
  for (const auto& [name, frame] : hume_frames(provider)) {
    frames += frames.size() == 1 ? "[" : ",[";
    codec::append_json_string(frames, name);
    frames += ',';
    codec::append_json_string(frames, frame);
    frames += ']';
  }
  Answer headers;
  for (const auto& [name, value] : endpoint.headers) headers.add(name, value);
  return Answer()
      .add("url", endpoint.url.scheme + "://" + endpoint.url.authority() + endpoint.url.target)
      .add_raw("headers", headers.str())
      .add_raw("frames", frames + "]")
      .str();
}

}  // namespace

int main(int argc, char** argv) {
  using Subcommand = std::string (*)(const dom::element&);
  static const std::map<std::string_view, Subcommand> subcommands = {
      {"sign", sign},      {"verify-webhook", verify_webhook},
      {"twiml", twiml},    {"verify-upgrade", verify_upgrade},
      {"rest", rest},      {"parse-rest", parse_rest},
      {"hume", hume_chat},
      {"gemini", conformance::gemini_live},
      {"openai", conformance::openai_realtime},
  };
  const auto subcommand = argc == 2 ? subcommands.find(argv[1]) : subcommands.end();
  if (subcommand == subcommands.end()) {
    std::cerr << "usage: tandem_conformance_probe SUBCOMMAND < lines, see the head of probe.cpp\n";
    return 2;
  }
  dom::parser parser;
  std::string line;
  try {
    while (std::getline(std::cin, line)) {
      std::cout << subcommand->second(parser.parse(line).value()) << '\n';
    }
  } catch (const std::exception& error) {
    std::cerr << "tandem_conformance_probe: " << error.what() << '\n';
    return 2;
  }
  return 0;
}
