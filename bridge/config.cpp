#include "bridge/config.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "bridge/bridging_clip.hpp"
#include "bridge/config_loader.hpp"
#include "bridge/core/day.hpp"

namespace tandem {

namespace {

constexpr std::array voice_provider_names{
    std::pair{std::string_view("hume"), VoiceProviderName::hume},
    std::pair{std::string_view("gemini"), VoiceProviderName::gemini},
    std::pair{std::string_view("openai"), VoiceProviderName::openai}};

constexpr std::array answering_machine_names{
    std::pair{std::string_view("talk"), AnsweringMachine::talk},
    std::pair{std::string_view("hang_up"), AnsweringMachine::hang_up},
    std::pair{std::string_view("leave_message"), AnsweringMachine::leave_message}};

constexpr std::array log_level_names{std::pair{std::string_view("debug"), LogLevel::debug},
                                     std::pair{std::string_view("info"), LogLevel::info},
                                     std::pair{std::string_view("warn"), LogLevel::warn},
                                     std::pair{std::string_view("error"), LogLevel::error}};

constexpr std::array boolean_names{std::pair{std::string_view("false"), false},
                                   std::pair{std::string_view("true"), true}};

/// "none", or addresses and networks with commas between them.
void load_proxies(ConfigLoader& load, std::vector<AddressRange>& target) {
  const std::string* value = load.find("TRUSTED_PROXIES");
  if (value == nullptr || *value == "none") return;
  for (std::string_view rest = *value; !rest.empty();) {
    const auto one = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(rest.size(), one.size() + 1));
    auto range = parse_address_range(one);
    if (!range) {
      return load.complain("TRUSTED_PROXIES", ConfigLoader::class_of(*value),
                           "set none, or addresses and networks: 127.0.0.1,10.0.0.0/8");
    }
    target.push_back(*std::move(range));
  }
}

void load_server(ConfigLoader& load, Config& config) {
  load.url("PUBLIC_URL", config.public_url, ConfigLoader::Path::none);
  load.number<std::uint16_t>("PORT", config.port, 1, 65535);
  load.ip_address("BIND", config.bind);
  load_proxies(load, config.trusted_proxies);
  load.secret("DATABASE_URL", config.database_url);
  config.database_url_file = load.secret_path("DATABASE_URL");
  const std::string& database = config.database_url.expose();
  if (!database.empty() && !database.starts_with("postgresql://") &&
      !database.starts_with("postgres://")) {
    load.complain("DATABASE_URL", ConfigLoader::class_of(database),
                  "set an address that begins with postgresql://");
  }
}

void load_twilio(ConfigLoader& load, Config::Twilio& twilio) {
  load.sid("TWILIO_ACCOUNT_SID", twilio.account_sid, "AC");
  load.secret("TWILIO_AUTH_TOKEN", twilio.auth_token);
  load.sid("TWILIO_API_KEY", twilio.api_key, "SK");
  load.secret("TWILIO_API_SECRET", twilio.api_secret);
  load.phone("TWILIO_PHONE_NUMBER", twilio.phone_number);
  load.url("TWILIO_API_URL", twilio.api_url, ConfigLoader::Path::allowed);
  if (!twilio.api_key.empty()) {
    load.require("TWILIO_API_SECRET", !twilio.api_secret.empty(),
                 "TWILIO_API_KEY needs its secret");
  }
  if (!twilio.api_secret.empty()) {
    load.require("TWILIO_API_KEY", !twilio.api_key.empty(), "TWILIO_API_SECRET needs its key");
  }
}

void load_voice(ConfigLoader& load, Config& config) {
  load.choice("VOICE_PROVIDER", voice_provider_names, config.voice_provider);
  const std::string* fallback = load.find("VOICE_FALLBACK");
  if (fallback != nullptr && *fallback != "none") {
    load.choice("VOICE_FALLBACK", voice_provider_names, config.voice_fallback);
  }
  if (config.voice_fallback == config.voice_provider) {
    load.complain("VOICE_FALLBACK", "the same as VOICE_PROVIDER", "name another provider, or none");
  }
  load.secret("HUME_API_KEY", config.hume.api_key);
  load.secret("HUME_WEBHOOK_KEY", config.hume.webhook_key);
  load.word("HUME_CONFIG_ID", config.hume.config_id);
  if (load.find("HUME_CONFIG_VERSION") != nullptr) {
    load.number("HUME_CONFIG_VERSION", config.hume.config_version.emplace(0), 0, 1'000'000);
  }
  load.url("HUME_URL", config.hume.url, ConfigLoader::Path::allowed);
  load.secret("GEMINI_API_KEY", config.gemini.api_key);
  load.word("GEMINI_MODEL", config.gemini.model);
  load.word("GEMINI_LIVE_MODEL", config.gemini.live_model);
  load.url("GEMINI_URL", config.gemini.url, ConfigLoader::Path::allowed);
  load.secret("OPENAI_API_KEY", config.openai.api_key);
  load.word("OPENAI_REALTIME_MODEL", config.openai.realtime_model);
  load.url("OPENAI_URL", config.openai.url, ConfigLoader::Path::allowed);
}

void load_agent(ConfigLoader& load, const Environment& environment, Config& config) {
  if (auto prompt = load.file("AGENT_PROMPT_FILE")) config.agent.prompt = std::move(*prompt);
  load.text("AGENT_GREETING", config.agent.greeting, 1000);
  load.text("AGENT_VOICE", config.agent.voice, 100);
  const auto disclosure = environment.find("DISCLOSURE_TEXT");
  if (disclosure != environment.end() && disclosure->second.empty()) config.disclosure_text.clear();
  load.text("DISCLOSURE_TEXT", config.disclosure_text, 1000);
}

/// A key of the telephone, or 0 for "none".
void load_key(ConfigLoader& load, std::string_view name, char& target) {
  const std::string* value = load.find(name);
  if (value == nullptr || *value == "none") return;
  if (value->size() != 1 || value->find_first_not_of("0123456789*#") != std::string::npos) {
    return load.complain(name, ConfigLoader::class_of(*value), "set one of 0 to 9, *, #, or none");
  }
  target = value->front();
}

void load_conversation(ConfigLoader& load, Config& config) {
  int protected_ms = 0;
  load.number("GREETING_PROTECTED_MS", protected_ms, 0, 20'000);
  config.greeting_protected = std::chrono::milliseconds(protected_ms);
  load_key(load, "OPT_OUT_DIGIT", config.opt_out_digit);
  load.choice("DTMF_TO_AGENT", boolean_names, config.dtmf_to_agent);
  const auto file = load.bytes("BRIDGING_CLIP_FILE");
  if (!file) return;
  auto clip = decode_bridging_clip(*file);
  if (clip) {
    config.bridging_clip = std::move(*clip);
  } else {
    load.complain("BRIDGING_CLIP_FILE", "a file that cannot be played",
                  "name a WAV file: 16-bit PCM, mono or stereo, at most 10 seconds");
  }
}

/// "+12125550100,+12125550101"
void load_caller_ids(ConfigLoader& load, std::vector<core::PhoneNumber>& target) {
  const std::string* value = load.find("CALLER_IDS");
  if (value == nullptr) return;
  std::vector<core::PhoneNumber> numbers;
  std::size_t begin = 0;
  while (begin <= value->size()) {
    const auto end = std::min(value->find(',', begin), value->size());
    numbers.emplace_back(value->substr(begin, end - begin));
    begin = end + 1;
    if (numbers.back().is_e164()) continue;
    return load.complain("CALLER_IDS", ConfigLoader::class_of(*value),
                         "set E.164 numbers with commas and no spaces between them");
  }
  target = std::move(numbers);
}

/// Twilio gives an account 1 call a second unless more was agreed.
void load_pace(ConfigLoader& load, double& target) {
  const std::string* value = load.find("CALLS_PER_SECOND");
  if (value == nullptr) return;
  double pace = 0;
  const char* const last = value->data() + value->size();
  const auto [end, error] = std::from_chars(value->data(), last, pace, std::chars_format::fixed);
  if (error == std::errc{} && end == last && pace >= 0.01 && pace <= 100) {
    target = pace;
    return;
  }
  load.complain("CALLS_PER_SECOND", ConfigLoader::class_of(*value),
                "set a number from 0.01 to 100, like 1 or 0.5");
}

void load_outbound(ConfigLoader& load, Config::Outbound& outbound, std::chrono::sys_days today) {
  load_caller_ids(load, outbound.caller_ids);
  load_pace(load, outbound.calls_per_second);
  load.number("DIAL_RUNNING_MAX", outbound.running_max, 1, 10'000);
  load.number("DIAL_PER_DAY_MAX", outbound.per_day_max, 1, 1'000'000);
  load.choice("ANSWERING_MACHINE", answering_machine_names, outbound.answering_machine);
  load.text("MACHINE_MESSAGE", outbound.machine_message, 1000);
  if (outbound.answering_machine == AnsweringMachine::leave_message) {
    load.require("MACHINE_MESSAGE", !outbound.machine_message.empty(),
                 "ANSWERING_MACHINE asks for a message; say who calls and how to opt out");
  }
  load.day("CALLING_RULES_REVIEWED", outbound.rules_reviewed, today);
}

/// A key of our own making: too short, and it is guessed.
void load_long_key(ConfigLoader& load, std::string_view name, core::Secret& target) {
  constexpr std::size_t characters_min = 32;
  load.secret(name, target);
  const std::string& key = target.expose();
  if (key.empty() || key.size() >= characters_min) return;
  load.complain(name, ConfigLoader::class_of(key),
                "set at least 32 characters: openssl rand -hex 32 makes 64");
}

void load_limits(ConfigLoader& load, Config& config) {
  load.number("MAX_CALLS", config.max_calls, 1, 10'000);
  load.seconds("CALL_TIME_LIMIT_SECONDS", config.call_time_limit, 1, 14'400);  // Twilio's own: 4 h
  load.phone("FALLBACK_NUMBER", config.fallback_number);
  load.seconds("DRAIN_TIMEOUT_SECONDS", config.drain_timeout, 0, 86'400);
  load.word("SPOOL_DIR", config.spool_dir);
  load.number<std::uint64_t>("SPOOL_MAX_BYTES", config.spool_bytes_max, 16ULL << 20, 1ULL << 44);
  load.number("RETENTION_DAYS", config.retention_days, 0, 3650);
  load_long_key(load, "PHONE_HASH_KEY", config.phone_hash_key);
  load_long_key(load, "TRANSCRIPT_KEY", config.transcript_key);
  load.choice("STORE_EMOTION_SCORES", boolean_names, config.store_emotion_scores);
  load.number("SHARDS", config.shards, 1, 256);
  load.choice("LOG_LEVEL", log_level_names, config.log_level);
}

/// The key of the chosen provider, by the name of its setting.
void require_key(ConfigLoader& load, const Config& config, VoiceProviderName provider) {
  static constexpr std::string_view remedy = "the chosen voice provider needs its key";
  switch (provider) {
    case VoiceProviderName::hume:
      return load.require("HUME_API_KEY", !config.hume.api_key.empty(), remedy);
    case VoiceProviderName::gemini:
      return load.require("GEMINI_API_KEY", !config.gemini.api_key.empty(), remedy);
    case VoiceProviderName::openai:
      return load.require("OPENAI_API_KEY", !config.openai.api_key.empty(), remedy);
  }
}

void require_all(ConfigLoader& load, const Config& config, ConfigNeed need) {
  load.require("DATABASE_URL", !config.database_url.empty(),
               "set the address of a PostgreSQL database: postgresql://…");
  if (need == ConfigNeed::database) return;
  load.require("PUBLIC_URL", !config.public_url.empty(),
               "set the address under which Twilio reaches this program: https://host.example");
  load.require("TWILIO_ACCOUNT_SID", !config.twilio.account_sid.empty(),
               "copy the Account SID from the Twilio console");
  load.require("TWILIO_AUTH_TOKEN", !config.twilio.auth_token.empty(),
               "copy the primary Auth Token from the Twilio console");
  require_key(load, config, config.voice_provider);
  if (config.voice_fallback) require_key(load, config, *config.voice_fallback);
}

std::string_view state_of(const core::Secret& secret) noexcept {
  return secret.empty() ? "(not set)" : "(set)";
}

}  // namespace

std::string_view to_string(VoiceProviderName name) noexcept {
  return voice_provider_names[static_cast<std::size_t>(name)].first;
}

std::string_view to_string(AnsweringMachine policy) noexcept {
  return answering_machine_names[static_cast<std::size_t>(policy)].first;
}

std::string ConfigProblem::message() const { return fmt::format("{}: {}; {}", key, found, remedy); }

core::Result<Config, std::vector<ConfigProblem>> load_config(const Environment& environment,
                                                             const ReadFile& read_file,
                                                             std::chrono::sys_days today,
                                                             ConfigNeed need) {
  Config config;
  ConfigLoader load(environment, read_file);
  load_server(load, config);
  load_twilio(load, config.twilio);
  load_voice(load, config);
  load_agent(load, environment, config);
  load_conversation(load, config);
  load_outbound(load, config.outbound, today);
  load_limits(load, config);
  require_all(load, config, need);
  if (!load.problems.empty()) return core::Failure{std::move(load.problems)};
  return config;
}

std::string describe(const Config& config) {
  std::string out;
  const auto line = [&out](std::string_view key, const auto& value) {
    fmt::format_to(std::back_inserter(out), "{}={}\n", key, value);
  };
  line("PUBLIC_URL", config.public_url);
  line("PORT", config.port);
  line("BIND", config.bind);
  line("TRUSTED_PROXIES", config.trusted_proxies.empty() ? "none" : "(set)");
  line("DATABASE_URL", state_of(config.database_url));
  line("TWILIO_ACCOUNT_SID", config.twilio.account_sid);
  line("TWILIO_AUTH_TOKEN", state_of(config.twilio.auth_token));
  line("TWILIO_API_KEY", config.twilio.api_key);
  line("TWILIO_API_SECRET", state_of(config.twilio.api_secret));
  line("TWILIO_PHONE_NUMBER", config.twilio.phone_number.masked());
  line("TWILIO_API_URL", config.twilio.api_url);
  line("VOICE_PROVIDER", to_string(config.voice_provider));
  line("VOICE_FALLBACK", config.voice_fallback ? to_string(*config.voice_fallback) : "none");
  line("HUME_API_KEY", state_of(config.hume.api_key));
  line("HUME_WEBHOOK_KEY", state_of(config.hume.webhook_key));
  line("HUME_CONFIG_ID", config.hume.config_id);
  line("HUME_CONFIG_VERSION", config.hume.config_version.value_or(-1));
  line("HUME_URL", config.hume.url);
  line("GEMINI_API_KEY", state_of(config.gemini.api_key));
  line("GEMINI_MODEL", config.gemini.model);
  line("GEMINI_LIVE_MODEL", config.gemini.live_model);
  line("GEMINI_URL", config.gemini.url);
  line("OPENAI_API_KEY", state_of(config.openai.api_key));
  line("OPENAI_REALTIME_MODEL", config.openai.realtime_model);
  line("OPENAI_URL", config.openai.url);
  line("AGENT_PROMPT_FILE", config.agent.prompt.empty() ? "(built in)" : "(read)");
  line("AGENT_GREETING", config.agent.greeting);
  line("AGENT_VOICE", config.agent.voice);
  line("DISCLOSURE_TEXT", config.disclosure_text);
  line("GREETING_PROTECTED_MS", config.greeting_protected.count());
  line("OPT_OUT_DIGIT",
       config.opt_out_digit == 0 ? std::string("none") : std::string(1, config.opt_out_digit));
  line("DTMF_TO_AGENT", config.dtmf_to_agent);
  line("BRIDGING_CLIP_FILE", config.bridging_clip.empty() ? "(built in)" : "(read)");
  line("CALLER_IDS", fmt::format("({} numbers)", config.outbound.caller_ids.size()));
  line("CALLS_PER_SECOND", config.outbound.calls_per_second);
  line("DIAL_RUNNING_MAX", config.outbound.running_max);
  line("DIAL_PER_DAY_MAX", config.outbound.per_day_max);
  line("ANSWERING_MACHINE", to_string(config.outbound.answering_machine));
  line("MACHINE_MESSAGE", config.outbound.machine_message);
  const auto& reviewed = config.outbound.rules_reviewed;
  line("CALLING_RULES_REVIEWED", reviewed ? core::to_text(*reviewed) : "(as built)");
  line("MAX_CALLS", config.max_calls);
  line("CALL_TIME_LIMIT_SECONDS", config.call_time_limit.count());
  line("FALLBACK_NUMBER", config.fallback_number.masked());
  line("DRAIN_TIMEOUT_SECONDS", config.drain_timeout.count());
  line("SPOOL_DIR", config.spool_dir);
  line("SPOOL_MAX_BYTES", config.spool_bytes_max);
  line("RETENTION_DAYS", config.retention_days);
  line("PHONE_HASH_KEY", state_of(config.phone_hash_key));
  line("TRANSCRIPT_KEY", state_of(config.transcript_key));
  line("STORE_EMOTION_SCORES", config.store_emotion_scores);
  line("SHARDS", config.shards == 0 ? std::string("(cores - 1)") : std::to_string(config.shards));
  line("LOG_LEVEL", to_string(config.log_level));
  return out;
}

}  // namespace tandem
