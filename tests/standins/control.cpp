#include "control.hpp"

#include <fmt/format.h>

namespace tandem::standins {

namespace {

HttpResponse ok(const json::value& value, int status = 200) {
  return json_response(status, json::serialize(value));
}

HttpResponse missing() { return json_response(404, R"({"error":"no such thing"})"); }

HttpResponse wav_response(std::string bytes) {
  return {200, {{"Content-Type", "audio/wav"}}, std::move(bytes)};
}

json::array array_body(const std::string& text) {
  json::error_code error;
  json::value value = json::parse(text, error);
  if (error || !value.is_array()) throw BadInput("the body is not a list");
  return std::move(value.as_array());
}

const json::object done{{"ok", true}};

// What a party of many sessions answers about one of them; `path` begins with its id.
template <class Service>
HttpResponse one_session(Service& service, const HttpRequest& request, const std::string& path) {
  const std::size_t slash = path.find('/');
  const std::string id = path.substr(0, slash);
  const std::string what = slash == std::string::npos ? "" : path.substr(slash + 1);
  if (what.empty()) {
    const auto report = service.report(id);
    return report ? ok(*report) : missing();
  }
  if (what == "do" && request.method == "POST") {
    return service.order(id, parse_object(request.body)) ? ok(done) : missing();
  }
  if (what != "received.wav" && what != "sent.wav") return missing();
  auto bytes = service.wav(id, what == "received.wav");
  return bytes ? wav_response(std::move(*bytes)) : missing();
}

template <class Service>
HttpResponse sessions(Service& service, const HttpRequest& request, const std::string& rest) {
  if (rest == "next" && request.method == "POST")
    return service.add_next(parse_object(request.body)), ok(done);
  if (rest == "settings" && request.method == "PUT")
    return service.change_settings(parse_object(request.body)), ok(done);
  if (rest == "sessions") {
    return ok({{"sessions", service.reports()}, {"refused", service.refusals()}});
  }
  if (!rest.starts_with("sessions/")) return missing();
  return one_session(service, request, rest.substr(9));
}

}  // namespace

HttpResponse Control::handle(const HttpRequest& request) const {
  const std::string path(request.path());
  const std::size_t slash = path.find('/', 1);
  const std::string party = path.substr(1, slash == std::string::npos ? slash : slash - 1);
  const std::string rest = slash == std::string::npos ? "" : path.substr(slash + 1);
  try {
    if (twilio_ != nullptr && party == "calls") return calls(request, rest);
    if (twilio_ != nullptr && party == "twilio") return twilio(request, rest);
    if (twilio_ != nullptr && party == "handshake" && request.method == "POST") {
      return ok({{"status", twilio_->try_handshake(parse_object(request.body))}});
    }
    if (evi_ != nullptr && party == "evi") return evi(request, rest);
    if (gemini_ != nullptr && party == "gemini") return gemini(request, rest);
    if (openai_ != nullptr && party == "openai") return sessions(*openai_, request, rest);
  } catch (const WireError& error) {
    throw BadInput(error.what());
  }
  return missing();
}

HttpResponse Control::calls(const HttpRequest& request, const std::string& rest) const {
  if (rest.empty()) {
    if (request.method == "POST")
      return ok(twilio_->start_inbound(parse_object(request.body)), 201);
    return ok({{"calls", twilio_->reports()}});
  }
  const std::size_t slash = rest.find('/');
  const auto call = twilio_->find(rest.substr(0, slash));
  if (!call) return missing();
  return one_call(request, *call, slash == std::string::npos ? "" : rest.substr(slash + 1));
}

HttpResponse Control::one_call(const HttpRequest& request, TwilioCall& call,
                               const std::string& what) const {
  if (what.empty()) return ok(call.report(true));
  if (what == "wait") {
    const std::string seconds = first_of(request.query(), "seconds").value_or("60");
    call.wait_done(Clock::now() + std::chrono::seconds(std::atoi(seconds.c_str())));
    return ok(call.report(true));
  }
  if (what == "recording.wav") return wav_response(wav_file(ulaw_decode(call.log().heard()), 8000));
  if (what == "caller.wav") return wav_response(wav_file(ulaw_decode(call.log().sent()), 8000));
  if (request.method != "POST") return missing();
  if (what == "hangup") {
    call.signals().post(CallSignals::Wish::caller_hangs_up);
    return ok(done);
  }
  if (what == "steps") {
    json::array steps = array_body(request.body);
    twilio_->check_steps(steps);
    call.signals().post_steps(std::move(steps));
    return ok(done);
  }
  if (what == "replay") return ok({{"status", twilio_->replay_upgrade(call)}});
  return missing();
}

HttpResponse Control::twilio(const HttpRequest& request, const std::string& rest) const {
  if (rest == "requests") return ok({{"requests", twilio_->requests()}});
  if (rest == "next" && request.method == "POST")
    return twilio_->add_faults(parse_object(request.body)), ok(done);
  if (rest == "destinations" && request.method == "PUT") {
    return twilio_->set_destination(parse_object(request.body)), ok(done);
  }
  return missing();
}

HttpResponse Control::evi(const HttpRequest& request, const std::string& rest) const {
  if (rest == "next" && request.method == "POST")
    return evi_->add_next(parse_object(request.body)), ok(done);
  if (rest == "settings" && request.method == "PUT")
    return evi_->change_settings(parse_object(request.body)), ok(done);
  if (rest == "chats") return ok({{"chats", evi_->reports()}, {"refused", evi_->refusals()}});
  if (rest == "history" && request.method == "PUT")
    return evi_->history().script(parse_object(request.body)), ok(done);
  if (rest == "history") return ok({{"requests", evi_->history().requests()}});
  if (rest.starts_with("chats/")) return one_session(*evi_, request, rest.substr(6));
  return missing();
}

HttpResponse Control::gemini(const HttpRequest& request, const std::string& rest) const {
  if (rest == "next" && request.method == "POST")
    return gemini_->add_faults(parse_object(request.body)), ok(done);
  if (rest == "requests") return ok({{"requests", gemini_->requests()}});
  if (rest.starts_with("live/")) return sessions(*gemini_live_, request, rest.substr(5));
  return missing();
}

}  // namespace tandem::standins
