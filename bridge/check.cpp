#include "bridge/check.hpp"

#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <cmath>
#include <filesystem>
#include <numbers>
#include <ostream>

#include "bridge/carrier_api.hpp"
#include "bridge/clock.hpp"
#include "bridge/net/http_client.hpp"
#include "bridge/net/task.hpp"
#include "bridge/net/tls.hpp"
#include "bridge/preflight.hpp"
#include "bridge/twilio/rest.hpp"
#include "codec/resampler.hpp"
#include "store/migrate.hpp"
#include "store/transport_security.hpp"

namespace tandem {

namespace {

enum class Mark { ok, warn, fail };

class Report {
 public:
  explicit Report(std::ostream& out) : out_(out) {}
  void line(Mark mark, std::string_view what, std::string_view detail) {
    constexpr std::array<std::string_view, 3> words = {"ok  ", "warn", "fail"};
    has_failed_ = has_failed_ || mark == Mark::fail;
    out_ << words[static_cast<std::size_t>(mark)] << "  " << what << ": " << detail << std::endl;
  }
  [[nodiscard]] bool passed() const noexcept { return !has_failed_; }

 private:
  std::ostream& out_;
  bool has_failed_ = false;
};

core::OutgoingResponse ask(core::OutgoingRequest request) {
  net::asio::io_context context{1};
  net::TlsClientContext tls;
  core::OutgoingResponse answer;
  {
    net::HttpClient client(context, tls);
    net::TaskGroup tasks(context, [](std::exception_ptr) {});
    client.send(std::move(request), [&](core::OutgoingResponse response) {
      answer = std::move(response);
      client.stop();
      tasks.spawn(client.join());
    });
    context.run();
  }
  return answer;
}

void check_database(const Config& config, Report& report) {
  try {
    store::Connection connection(config.database_url);
    const int has = store::schema_version(connection);
    const int needs = store::schema_version_needed();
    if (has == needs)
      return report.line(Mark::ok, "database", "reachable, schema version " + std::to_string(has));
    report.line(has < needs ? Mark::fail : Mark::warn, "database",
                "schema version " + std::to_string(has) + ", this program needs " +
                    std::to_string(needs) + "; run `tandem migrate`");
  } catch (const std::exception& error) {
    report.line(Mark::fail, "database", std::string(error.what()) + "; check DATABASE_URL");
  }
}

void check_transport(const Config& config, Report& report) {
  if (!store::talks_to_strangers(config.database_url)) return;
  report.line(Mark::warn, "database",
              "is across a network and may be anybody, in plain text too; set "
              "sslmode=verify-full and sslrootcert in DATABASE_URL");
}

void check_spool(const Config& config, Report& report) {
  std::error_code error;
  std::filesystem::create_directories(config.spool_dir, error);
  const auto space = std::filesystem::space(config.spool_dir, error);
  if (error || ::access(config.spool_dir.c_str(), W_OK) != 0) {
    return report.line(Mark::fail, "spool", config.spool_dir + " cannot be written; set SPOOL_DIR");
  }
  const bool fits = space.available > config.spool_bytes_max;
  report.line(fits ? Mark::ok : Mark::warn, "spool",
              fits ? config.spool_dir + " is writable"
                   : config.spool_dir + " has less free space than SPOOL_MAX_BYTES");
}

/// A 1 kHz tone at 48 kHz must come out at 8 kHz with its length and level: catches a miscompiled
/// or mislinked codec.
void check_resampler(Report& report) {
  constexpr int rate = 48'000;
  std::vector<std::int16_t> tone(rate / 2);
  for (std::size_t i = 0; i < tone.size(); ++i) {
    tone[i] = static_cast<std::int16_t>(
        10'000 * std::sin(2 * std::numbers::pi * 1000 * static_cast<double>(i) / rate));
  }
  std::vector<std::int16_t> phone;
  auto resampler = codec::Resampler::create(rate, 8'000);
  if (resampler) {
    resampler->push(tone, phone);
    resampler->flush(phone);
  }
  double power = 0;
  for (const auto sample : phone) power += static_cast<double>(sample) * sample;
  const double level = phone.empty() ? 0 : std::sqrt(power / static_cast<double>(phone.size()));
  const bool is_right = phone.size() == tone.size() / 6 && std::abs(level - 7071) < 150;
  report.line(is_right ? Mark::ok : Mark::fail, "resampler",
              is_right ? "self-test passed" : "self-test failed; this build is broken");
}

void check_twilio(const Config& config, Report& report) {
  const auto account = rest_account(config);
  twilio::ListCalls probe;
  probe.page_size = 1;
  const auto answer = twilio::parse_listed(ask(twilio::list_calls_request(account, probe)));
  if (answer) return report.line(Mark::ok, "twilio", "credentials accepted");
  const auto& failure = answer.error();
  if (failure.status == 0) {
    return report.line(
        Mark::fail, "twilio",
        config.twilio.api_url + " cannot be reached; check TWILIO_API_URL and the network");
  }
  report.line(Mark::fail, "twilio",
              std::string(twilio::to_string(failure.fault)) + ", HTTP " +
                  std::to_string(failure.status) +
                  "; check TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN (or the API key)");
}

/// Calls can be carried without the fallback, so what is wrong with it is a warning.
void check_voice(const Config& config, VoiceProviderName provider, bool is_fallback,
                 Report& report) {
  const auto result = judge_preflight(config, provider, ask(preflight_request(config, provider)));
  const std::string what =
      std::string(is_fallback ? "voice fallback " : "voice ") + std::string(to_string(provider));
  if (!result.is_ready)
    return report.line(is_fallback ? Mark::warn : Mark::fail, what, result.detail);
  report.line(result.is_worth_a_warning ? Mark::warn : Mark::ok, what, result.detail);
}

void check_calling_hours(const Config& config, Report& report) {
  const auto result = judge_hours_review(config, wall_now());
  const auto mark = result.is_worth_a_warning ? Mark::warn : Mark::ok;
  report.line(result.is_ready ? mark : Mark::fail, "calling hours", result.detail);
}

void check_analysis(const Config& config, Report& report) {
  if (config.gemini.api_key.empty()) {
    return report.line(Mark::warn, "analysis",
                       "GEMINI_API_KEY is not set: outcomes will not be analysed");
  }
  core::OutgoingRequest request;
  core::parse_url(config.gemini.url + "/v1beta/models/" + config.gemini.model, request.url);
  request.headers = {{"x-goog-api-key", config.gemini.api_key.expose()}};
  const auto answer = ask(std::move(request));
  if (answer.status == 200)
    return report.line(Mark::ok, "analysis", config.gemini.model + " is available");
  report.line(Mark::fail, "analysis",
              answer.status == 0 ? answer.failure_text + "; check GEMINI_URL"
                                 : "HTTP " + std::to_string(answer.status) +
                                       "; check GEMINI_API_KEY and GEMINI_MODEL");
}

}  // namespace

bool check(const Config& config, std::ostream& out) {
  Report report(out);
  report.line(Mark::ok, "settings", "complete");
  report.line(config.public_url.starts_with("https://") ? Mark::ok : Mark::warn, "public url",
              config.public_url.starts_with("https://")
                  ? config.public_url
                  : config.public_url + " is not https: Twilio cannot use it");
  report.line(config.disclosure_text.empty() ? Mark::warn : Mark::ok, "disclosure",
              config.disclosure_text.empty()
                  ? "DISCLOSURE_TEXT is empty: callers are not told about AI and recording"
                  : "spoken before any caller audio leaves the bridge");
  if (config.store_emotion_scores) {
    report.line(Mark::warn, "emotion scores",
                "are stored: whoever is called or calls from the European Union has to be told; "
                "say so in DISCLOSURE_TEXT");
  }
  check_resampler(report);
  check_spool(config, report);
  check_database(config, report);
  check_transport(config, report);
  check_twilio(config, report);
  check_voice(config, config.voice_provider, false, report);
  if (config.voice_fallback) check_voice(config, *config.voice_fallback, true, report);
  check_calling_hours(config, report);
  check_analysis(config, report);
  return report.passed();
}

}  // namespace tandem
