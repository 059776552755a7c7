// The control port: what tests ask of the stand-ins (README.md, "Control API"). Services that are
// not played are nullptr.
#pragma once

#include "evi_service.hpp"
#include "gemini_live_service.hpp"
#include "gemini_service.hpp"
#include "http.hpp"
#include "openai_realtime_service.hpp"
#include "twilio_exchange.hpp"

namespace tandem::standins {

struct Parties {
  TwilioExchange* twilio = nullptr;
  EviService* evi = nullptr;
  GeminiService* gemini = nullptr;
  GeminiLiveService* gemini_live = nullptr;  // there when gemini is
  RealtimeService* openai = nullptr;
};

class Control {
 public:
  explicit Control(Parties parties)
      : twilio_(parties.twilio),
        evi_(parties.evi),
        gemini_(parties.gemini),
        gemini_live_(parties.gemini_live),
        openai_(parties.openai) {}

  HttpResponse handle(const HttpRequest& request) const;

 private:
  HttpResponse calls(const HttpRequest& request, const std::string& rest) const;
  HttpResponse one_call(const HttpRequest& request, TwilioCall& call,
                        const std::string& what) const;
  HttpResponse twilio(const HttpRequest& request, const std::string& rest) const;
  HttpResponse evi(const HttpRequest& request, const std::string& rest) const;
  HttpResponse gemini(const HttpRequest& request, const std::string& rest) const;

  TwilioExchange* twilio_;
  EviService* evi_;
  GeminiService* gemini_;
  GeminiLiveService* gemini_live_;
  RealtimeService* openai_;
};

}  // namespace tandem::standins
