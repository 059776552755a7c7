// Settings of the program: flags over configuration file over environment (README.md, "Start").
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "json.hpp"

namespace tandem::standins {

struct Options {
  bool twilio = false, evi = false, gemini = false, openai = false;
  std::uint16_t twilio_port = 0, evi_port = 0, gemini_port = 0, openai_port = 0, control_port = 0;
  std::string bind = "127.0.0.1";
  std::string tls_cert, tls_key, ca;
  std::string account_sid, auth_token, api_key, api_secret, phone_number, evi_api_key,
      gemini_api_key, openai_api_key;
  std::vector<std::string> routes;
  double say_speed = 1;
  double cps = 0;
  std::string scenario = "booking";
  std::int64_t evi_rate = 48000, evi_chunk_ms = 500;
  double evi_speed = 4;
  std::string data;
  std::int64_t max_seconds = 3600;

  // `arguments` without the program's name and the word `serve`. Throws BadInput.
  static Options from(const std::vector<std::string>& arguments);
};

}  // namespace tandem::standins
