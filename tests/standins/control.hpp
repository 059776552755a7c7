// The control port: what tests ask of the stand-ins (README.md, "Control API"). Services that are
// not played are nullptr.
#pragma once

#include "evi_service.hpp"
#include "gemini_service.hpp"
#include "http.hpp"
#include "twilio_exchange.hpp"

namespace tandem::standins {

class Control {
 public:
  Control(TwilioExchange* twilio, EviService* evi, GeminiService* gemini)
      : twilio_(twilio), evi_(evi), gemini_(gemini) {}

  HttpResponse handle(const HttpRequest& request) const;

 private:
  HttpResponse calls(const HttpRequest& request, const std::string& rest) const;
  HttpResponse one_call(const HttpRequest& request, TwilioCall& call,
                        const std::string& what) const;
  HttpResponse twilio(const HttpRequest& request, const std::string& rest) const;
  HttpResponse evi(const HttpRequest& request, const std::string& rest) const;
  HttpResponse chat(const HttpRequest& request, const std::string& rest) const;
  HttpResponse gemini(const HttpRequest& request, const std::string& rest) const;

  TwilioExchange* twilio_;
  EviService* evi_;
  GeminiService* gemini_;
};

}  // namespace tandem::standins
