// The settings of the program: environment -> one immutable Config, or the list of everything that
// is wrong.
//
// deploy/env.example is the manual of every name; docs/configuration.md the reference. Pure: the
// environment, the reading of files and the day come in as arguments. What a setting means for a
// running system (is the database there, is the key accepted) is the business of `tandem check`,
// not of this file.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bridge/client_address.hpp"
#include "bridge/core/result.hpp"
#include "bridge/core/types.hpp"
#include "bridge/ops/log.hpp"

namespace tandem {

enum class VoiceProviderName : std::uint8_t { hume, gemini, openai };
std::string_view to_string(VoiceProviderName name) noexcept;

/// What to do when a machine answers a call that we placed.
enum class AnsweringMachine : std::uint8_t { talk, hang_up, leave_message };
std::string_view to_string(AnsweringMachine policy) noexcept;

using ops::LogLevel;

/// Every URL in here is "scheme://host[:port][/path]" without a trailing slash, https unless the
/// host is loopback.
struct Config {
  std::string public_url;  ///< scheme://host[:port], no path: what signatures are checked against
  std::uint16_t port = 8080;
  std::string bind = "127.0.0.1";
  std::vector<AddressRange> trusted_proxies;  ///< whose X-Forwarded-For is believed
  core::Secret database_url;                  ///< postgresql://…, may carry a password
  std::string database_url_file;  ///< where it came from: read again at every connect; may be empty

  struct Twilio {
    std::string account_sid;
    core::Secret auth_token;  ///< signs the webhooks; also REST when no API key is set
    std::string api_key;      ///< set together with api_secret or not at all
    core::Secret api_secret;
    core::PhoneNumber phone_number;  ///< empty: no outbound calls
    std::string api_url = "https://api.twilio.com";
  } twilio;

  VoiceProviderName voice_provider = VoiceProviderName::hume;
  std::optional<VoiceProviderName> voice_fallback;

  struct Hume {
    core::Secret api_key;      ///< set when Hume is the voice provider or its fallback
    core::Secret webhook_key;  ///< signs Hume's webhooks; empty: every one is refused
    std::string config_id;
    std::optional<int> config_version;
    std::string url = "https://api.hume.ai";
  } hume;

  struct Gemini {
    core::Secret api_key;  ///< empty: no outcome analysis
    std::string model = "gemini-3.5-flash-lite";
    std::string live_model = "gemini-3.8-live";
    std::string url = "https://generativelanguage.googleapis.com";
  } gemini;

  struct OpenAi {
    core::Secret api_key;
    std::string realtime_model = "gpt-realtime-2.1-mini";
    std::string url = "https://api.openai.com";
  } openai;

  /// For providers without a stored configuration. Empty: the built-in receptionist.
  struct Agent {
    std::string prompt;  ///< content of AGENT_PROMPT_FILE
    std::string greeting;
    std::string voice;
  } agent;

  std::string disclosure_text =
      "You are speaking with an automated assistant. This call is recorded and "
      "transcribed.";  ///< empty: none

  std::chrono::milliseconds greeting_protected{0};  ///< the greeting cannot be interrupted so long
  char opt_out_digit = 0;      ///< this key means "do not call me again"; 0: none
  bool dtmf_to_agent = false;  ///< what the caller keys in is told to the agent
  /// Mu-law, 8 kHz: played while the agent is away. Empty: the built-in one.
  std::vector<std::uint8_t> bridging_clip;

  /// Calls that we place, within what the dial gate allows.
  struct Outbound {
    std::vector<core::PhoneNumber> caller_ids;  ///< ours, beside twilio.phone_number
    double calls_per_second = 1;                ///< of this node; the carrier queues what is beyond
    int running_max = 10;                       ///< over all nodes, ringing and talking
    int per_day_max = 500;                      ///< over all nodes, in any 24 hours
    AnsweringMachine answering_machine = AnsweringMachine::hang_up;
    std::string machine_message;  ///< set when answering_machine is leave_message
    /// The day on which the operator says to have compared the calling hours with the law.
    std::optional<std::chrono::sys_days> rules_reviewed;
  } outbound;

  int max_calls = 500;
  std::chrono::seconds call_time_limit{3600};
  core::PhoneNumber fallback_number;  ///< empty: apologies instead of transfers
  std::chrono::seconds drain_timeout{900};

  std::string spool_dir = "var/spool";
  std::uint64_t spool_bytes_max = 4ULL << 30;
  int retention_days = 90;      ///< 0: calls are kept for ever
  core::Secret phone_hash_key;  ///< empty: numbers are not hashed, nobody can be erased
  core::Secret transcript_key;  ///< empty: what was said is stored in the clear
  bool store_emotion_scores = false;  ///< of EVI, beside the transcript
  int shards = 0;  ///< 0: one fewer than there are cores, at least one
  LogLevel log_level = LogLevel::info;
};

/// One thing that is wrong with one setting. Never holds the value: it may be a secret.
struct ConfigProblem {
  std::string key;
  std::string found;   ///< class of the value: "missing", "text of 3 characters"
  std::string remedy;  ///< what to set instead

  /// "PORT: text of 3 characters; set a whole number from 1 to 65535"
  [[nodiscard]] std::string message() const;
};

using Environment = std::map<std::string, std::string, std::less<>>;
/// Content of a file, or nothing when it cannot be read.
using ReadFile = std::function<std::optional<std::string>(const std::string& path)>;

/// `serve` needs everything; `database` (migrate, export, dnc …) only DATABASE_URL. What is set is
/// always checked.
enum class ConfigNeed : std::uint8_t { serve, database };

/// An empty value counts as unset, except for DISCLOSURE_TEXT. Problems come in the order of
/// deploy/env.example. `today` is UTC's: no day of a review may be after it.
core::Result<Config, std::vector<ConfigProblem>> load_config(const Environment& environment,
                                                             const ReadFile& read_file,
                                                             std::chrono::sys_days today,
                                                             ConfigNeed need = ConfigNeed::serve);

/// The whole configuration as "NAME=value" lines for people: secrets as (set) or (not set), numbers
/// masked.
std::string describe(const Config& config);

}  // namespace tandem
