// Bad configurations are data: tests/config/NAME.env with the exact messages in NAME.expected.
#include "bridge/config.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/unit/catch.hpp"

namespace tandem {

namespace {

const std::filesystem::path folder = std::filesystem::path(TANDEM_SOURCE_DIR) / "tests/config";

std::optional<std::string> read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  std::ostringstream content;
  content << file.rdbuf();
  return content.str();
}

std::optional<std::string> read_beside(const std::string& name) { return read_file(folder / name); }

/// NAME=value lines; '#' begins a comment line.
Environment read_environment(const std::filesystem::path& path) {
  Environment environment;
  std::istringstream lines(read_file(path).value());
  for (std::string line; std::getline(lines, line);) {
    const auto equals = line.find('=');
    if (line.starts_with('#') || equals == std::string::npos) continue;
    environment[line.substr(0, equals)] = line.substr(equals + 1);
  }
  return environment;
}

Environment complete() { return read_environment(folder / "complete.env"); }

constexpr std::chrono::sys_days today = std::chrono::year{2026} / std::chrono::November / 23;

std::string messages(const Environment& environment, ConfigNeed need = ConfigNeed::serve) {
  const auto result = load_config(environment, read_beside, today, need);
  std::string out;
  if (!result.ok()) {
    for (const auto& problem : result.error()) out += problem.message() + "\n";
  }
  return out;
}

Config loaded(const Environment& environment) {
  auto result = load_config(environment, read_beside, today);
  INFO(messages(environment));
  REQUIRE(result.ok());
  return std::move(result).value();
}

}  // namespace

TEST_CASE("every configuration in tests/config is answered with exactly the messages beside it") {
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".env") continue;
    INFO(entry.path().filename().string());
    const auto expected =
        read_file(std::filesystem::path(entry.path()).replace_extension("expected"));
    REQUIRE(expected.has_value());
    CHECK(messages(read_environment(entry.path())) == *expected);
    ++files;
  }
  CHECK(files >= 10);
}

TEST_CASE("a message about a setting never repeats its value") {
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".env") continue;
    const auto environment = read_environment(entry.path());
    const auto text = messages(environment);
    for (const auto& [key, value] : environment) {
      if (value.size() < 12 || text.find(key + ":") == std::string::npos) continue;
      INFO(entry.path().filename().string() << " " << key);
      CHECK(text.find(value) == std::string::npos);
    }
  }
}

TEST_CASE("the defaults are those of the manual") {
  // deploy/env.example sets every default explicitly: reading it over a complete configuration
  // changes nothing.
  auto environment = complete();
  const auto before = describe(loaded(environment));
  for (const auto& [key, value] :
       read_environment(std::filesystem::path(TANDEM_SOURCE_DIR) / "deploy/env.example")) {
    if (!value.empty()) environment[key] = value;
  }
  CHECK(describe(loaded(environment)) == before);
}

TEST_CASE("an empty environment names everything that serving needs, at once") {
  CHECK(messages({}).find("DATABASE_URL: missing") == 0);
  for (const char* key :
       {"PUBLIC_URL", "TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "HUME_API_KEY"}) {
    CHECK(messages({}).find(std::string("\n") + key + ": missing") != std::string::npos);
  }
}

TEST_CASE("database commands need the database address only") {
  CHECK(
      messages({{"DATABASE_URL", "postgresql://localhost/tandem"}}, ConfigNeed::database).empty());
  CHECK(messages({}, ConfigNeed::database) ==
        "DATABASE_URL: missing; set the address of a PostgreSQL database: postgresql://…\n");
}

TEST_CASE("a secret comes from the file that NAME_FILE names, without its line break") {
  auto environment = complete();
  environment.erase("HUME_API_KEY");
  environment["HUME_API_KEY_FILE"] = "files/hume-key";
  CHECK(loaded(environment).hume.api_key.expose() == "invented-key-from-a-file");
}

TEST_CASE("where the address of the database came from is kept, to be read again") {
  auto environment = complete();
  CHECK(loaded(environment).database_url_file.empty());
  environment.erase("DATABASE_URL");
  environment["DATABASE_URL_FILE"] = "files/database-url";
  const auto config = loaded(environment);
  CHECK(config.database_url.expose() == "postgresql://invented@db.example/tandem");
  CHECK(config.database_url_file == "files/database-url");
}

TEST_CASE("the public address keeps host and port and loses the trailing slash") {
  auto environment = complete();
  environment["PUBLIC_URL"] = "https://Bridge.Example:8443/";
  CHECK(loaded(environment).public_url == "https://Bridge.Example:8443");
  environment["PUBLIC_URL"] = "http://127.0.0.1:8080";
  CHECK(loaded(environment).public_url == "http://127.0.0.1:8080");
  environment["PUBLIC_URL"] = "https://bridge.example:443";
  CHECK(loaded(environment).public_url == "https://bridge.example");
}

TEST_CASE("http is refused for a host that only looks like loopback") {
  auto environment = complete();
  for (const char* url :
       {"http://127.0.0.1.example", "http://localhost.example", "http://10.0.0.1"}) {
    environment["HUME_URL"] = url;
    CHECK_FALSE(messages(environment).empty());
  }
}

TEST_CASE("names that other programs use are understood") {
  auto environment = complete();
  environment.erase("PUBLIC_URL");
  environment["PUBLIC_BASE_URL"] = "https://other.example";
  environment["TWILIO_FROM_NUMBER"] = "+14155550188";
  environment["GOOGLE_API_KEY"] = "invented-google-key";
  const auto config = loaded(environment);
  CHECK(config.public_url == "https://other.example");
  CHECK(config.twilio.phone_number.expose() == "+14155550188");
  CHECK(config.gemini.api_key.expose() == "invented-google-key");
}

TEST_CASE("an empty disclosure switches it off, an absent one means the default") {
  auto environment = complete();
  CHECK_FALSE(loaded(environment).disclosure_text.empty());
  environment["DISCLOSURE_TEXT"] = "";
  CHECK(loaded(environment).disclosure_text.empty());
}

TEST_CASE("how a conversation goes can be set") {
  auto environment = complete();
  CHECK(loaded(environment).opt_out_digit == 0);
  environment["GREETING_PROTECTED_MS"] = "1500";
  environment["OPT_OUT_DIGIT"] = "9";
  environment["DTMF_TO_AGENT"] = "true";
  environment["BRIDGING_CLIP_FILE"] = "../standins/data/agent/sorry.wav";
  const auto config = loaded(environment);
  CHECK(config.greeting_protected == std::chrono::milliseconds(1500));
  CHECK(config.opt_out_digit == '9');
  CHECK(config.dtmf_to_agent);
  CHECK(config.bridging_clip.size() > 8000);
  environment["OPT_OUT_DIGIT"] = "none";
  CHECK(loaded(environment).opt_out_digit == 0);
}

TEST_CASE("a described configuration shows neither secrets nor whole phone numbers") {
  auto environment = complete();
  environment["TWILIO_PHONE_NUMBER"] = "+14155550123";
  const auto text = describe(loaded(environment));
  for (const char* key : {"DATABASE_URL", "TWILIO_AUTH_TOKEN", "HUME_API_KEY"}) {
    CHECK(text.find(environment[key]) == std::string::npos);
    CHECK(text.find(std::string(key) + "=(set)") != std::string::npos);
  }
  CHECK(text.find("+14155550123") == std::string::npos);
}

TEST_CASE("the day of the last review is a day of the calendar, and none to come") {
  auto environment = complete();
  CHECK_FALSE(loaded(environment).outbound.rules_reviewed);
  environment["CALLING_RULES_REVIEWED"] = "2026-11-23";
  CHECK(loaded(environment).outbound.rules_reviewed == today);
  CHECK(describe(loaded(environment)).find("CALLING_RULES_REVIEWED=2026-11-23\n") !=
        std::string::npos);
  environment["CALLING_RULES_REVIEWED"] = "2026-11-24";
  CHECK(messages(environment) ==
        "CALLING_RULES_REVIEWED: a day in the future; set a day such as 2026-11-22, today (UTC) at "
        "the latest\n");
  for (const char* wrong : {"2026-02-30", "2026-11-2", "22.11.2026", "2026-11-22T00:00:00Z", "now",
                            "1969-12-31", "2026-00-10", "+026-11-22"}) {
    INFO(wrong);
    environment["CALLING_RULES_REVIEWED"] = wrong;
    CHECK(messages(environment).find("CALLING_RULES_REVIEWED: text of") == 0);
  }
}

}  // namespace tandem
