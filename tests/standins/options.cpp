#include "options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <map>

#include "speech_data.hpp"

namespace tandem::standins {

namespace {

std::string environment(const char* name, std::string fallback = {}) {
  const char* value = std::getenv(name);
  return value == nullptr ? fallback : value;
}

double number(const std::string& name, const std::string& text) {
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  if (text.empty() || *end != '\0') throw BadInput(fmt::format("{} is not a number", name));
  return value;
}

std::string text_of(const json::value& value) {
  return value.is_string() ? std::string(value.as_string()) : json::serialize(value);
}

class Setter {
 public:
  explicit Setter(Options& options) : options_(options) {
    texts_ = {{"bind", &options.bind},
              {"tls_cert", &options.tls_cert},
              {"tls_key", &options.tls_key},
              {"ca", &options.ca},
              {"account_sid", &options.account_sid},
              {"auth_token", &options.auth_token},
              {"api_key", &options.api_key},
              {"api_secret", &options.api_secret},
              {"phone_number", &options.phone_number},
              {"evi_api_key", &options.evi_api_key},
              {"gemini_api_key", &options.gemini_api_key},
              {"openai_api_key", &options.openai_api_key},
              {"scenario", &options.scenario},
              {"data", &options.data}};
    flags_ = {{"twilio", &options.twilio},
              {"evi", &options.evi},
              {"gemini", &options.gemini},
              {"openai", &options.openai}};
    ports_ = {{"twilio_port", &options.twilio_port},
              {"evi_port", &options.evi_port},
              {"gemini_port", &options.gemini_port},
              {"openai_port", &options.openai_port},
              {"control_port", &options.control_port}};
  }

  bool is_flag(const std::string& name) const { return flags_.contains(name); }

  void set(const std::string& name, const std::string& value) {
    if (const auto text = texts_.find(name); text != texts_.end()) {
      *text->second = value;
    } else if (const auto flag = flags_.find(name); flag != flags_.end()) {
      *flag->second = value == "true";
    } else if (const auto port = ports_.find(name); port != ports_.end()) {
      *port->second = static_cast<std::uint16_t>(number(name, value));
    } else if (name == "route") {
      options_.routes.push_back(value);
    } else {
      set_number(name, number(name, value));
    }
  }

 private:
  void set_number(const std::string& name, double value) {
    if (name == "say_speed") {
      options_.say_speed = value;
    } else if (name == "cps") {
      options_.cps = value;
    } else if (name == "evi_rate") {
      options_.evi_rate = static_cast<std::int64_t>(value);
    } else if (name == "evi_chunk_ms") {
      options_.evi_chunk_ms = static_cast<std::int64_t>(value);
    } else if (name == "evi_speed") {
      options_.evi_speed = value;
    } else if (name == "max_seconds") {
      options_.max_seconds = static_cast<std::int64_t>(value);
    } else {
      throw BadInput(fmt::format("unknown option '{}'", name));
    }
  }

  Options& options_;
  std::map<std::string, std::string*> texts_;
  std::map<std::string, bool*> flags_;
  std::map<std::string, std::uint16_t*> ports_;
};

void read_config(const std::string& path, Setter& setter) {
  for (const auto& [key, value] : parse_object(read_file(path))) {
    if (value.is_array()) {
      for (const json::value& entry : value.as_array())
        setter.set(std::string(key), text_of(entry));
    } else {
      setter.set(std::string(key), text_of(value));
    }
  }
}

}  // namespace

Options Options::from(const std::vector<std::string>& arguments) {
  Options options;
  options.account_sid = environment("TWILIO_ACCOUNT_SID", "AC" + std::string(32, '0'));
  options.auth_token = environment("TWILIO_AUTH_TOKEN", "stand-in-token");
  options.api_key = environment("TWILIO_API_KEY");
  options.api_secret = environment("TWILIO_API_SECRET");
  options.phone_number = environment("TWILIO_PHONE_NUMBER", "+14155550100");
  options.evi_api_key = environment("HUME_API_KEY");
  options.gemini_api_key = environment("GEMINI_API_KEY");
  options.openai_api_key = environment("OPENAI_API_KEY");
  options.data = TANDEM_STANDINS_DATA;
  Setter setter(options);
  const auto config = std::find(arguments.begin(), arguments.end(), "--config");
  if (config != arguments.end() && config + 1 != arguments.end())
    read_config(*(config + 1), setter);
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (!arguments[i].starts_with("--"))
      throw BadInput(fmt::format("unexpected '{}'", arguments[i]));
    std::string name = arguments[i].substr(2);
    std::replace(name.begin(), name.end(), '-', '_');
    if (setter.is_flag(name)) {
      setter.set(name, "true");
      continue;
    }
    if (++i == arguments.size()) throw BadInput(fmt::format("--{} needs a value", name));
    if (name != "config") setter.set(name, arguments[i]);
  }
  if (!options.twilio && !options.evi && !options.gemini && !options.openai)
    options.twilio = options.evi = options.gemini = options.openai = true;
  if (options.say_speed <= 0) throw BadInput("say_speed must be positive");
  if (options.tls_cert.empty() != options.tls_key.empty())
    throw BadInput("tls_cert and tls_key belong together");
  return options;
}

}  // namespace tandem::standins
