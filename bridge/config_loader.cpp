#include "bridge/config_loader.hpp"

#include <algorithm>

#include "bridge/core/day.hpp"
#include "bridge/core/http.hpp"

namespace tandem {

namespace {

/// Names that other programs of this field use for the same thing.
constexpr std::array aliases{
    std::pair{std::string_view("PUBLIC_URL"), std::string_view("PUBLIC_BASE_URL")},
    std::pair{std::string_view("TWILIO_PHONE_NUMBER"), std::string_view("TWILIO_FROM_NUMBER")},
    std::pair{std::string_view("GEMINI_API_KEY"), std::string_view("GOOGLE_API_KEY")}};

bool is_printable(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

bool is_text(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f; });
}

/// Two capitals and 32 hexadecimal digits: how Twilio writes its ids.
bool is_sid(std::string_view text, std::string_view prefix) noexcept {
  return text.size() == 34 && text.starts_with(prefix) &&
         std::all_of(text.begin() + 2, text.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool is_loopback(std::string_view host) noexcept {
  return host == "localhost" || host == "::1" ||
         (host.starts_with("127.") &&
          host.find_first_not_of("0123456789.") == std::string_view::npos);
}

bool is_address(std::string_view text) noexcept {
  return !text.empty() && text.size() <= 45 &&
         text.find_first_not_of("0123456789abcdefABCDEF.:") == std::string_view::npos &&
         text.find_first_of(".:") != std::string_view::npos;
}

}  // namespace

std::string ConfigLoader::class_of(std::string_view value) {
  return fmt::format("text of {} character{}", value.size(), value.size() == 1 ? "" : "s");
}

void ConfigLoader::complain(std::string_view key, std::string found, std::string remedy) {
  problems.push_back({std::string(key), std::move(found), std::move(remedy)});
}

void ConfigLoader::require(std::string_view key, bool is_set, std::string_view remedy) {
  const std::string file_key = std::string(key) + "_FILE";
  const bool is_known = std::any_of(
      problems.begin(), problems.end(),
      [&](const ConfigProblem& problem) { return problem.key == key || problem.key == file_key; });
  if (!is_set && !is_known) complain(key, "missing", std::string(remedy));
}

const std::string* ConfigLoader::find(std::string_view key) const {
  if (const std::string* value = look_up(key)) return value;
  for (const auto& [name, alias] : aliases) {
    if (name == key) return look_up(alias);
  }
  return nullptr;
}

void ConfigLoader::seconds(std::string_view key, std::chrono::seconds& target, int least,
                           int most) {
  int count = static_cast<int>(target.count());
  number(key, count, least, most);
  target = std::chrono::seconds(count);
}

void ConfigLoader::text(std::string_view key, std::string& target, std::size_t characters_max) {
  const std::string* value = find(key);
  if (value == nullptr) return;
  if (value->size() > characters_max || !is_text(*value)) {
    complain(key, class_of(*value),
             fmt::format("set one line of at most {} characters", characters_max));
    return;
  }
  target = *value;
}

void ConfigLoader::word(std::string_view key, std::string& target) {
  const std::string* value = find(key);
  if (value == nullptr) return;
  if (value->size() > 200 || !is_printable(*value)) {
    complain(key, class_of(*value), "set at most 200 printable characters without spaces");
    return;
  }
  target = *value;
}

void ConfigLoader::sid(std::string_view key, std::string& target, std::string_view prefix) {
  const std::string* value = find(key);
  if (value == nullptr) return;
  if (!is_sid(*value, prefix)) {
    complain(key, class_of(*value),
             fmt::format("set the id that begins with {} and has 32 hexadecimal digits", prefix));
    return;
  }
  target = *value;
}

void ConfigLoader::phone(std::string_view key, core::PhoneNumber& target) {
  const std::string* value = find(key);
  if (value == nullptr) return;
  core::PhoneNumber number(*value);
  if (!number.is_e164()) {
    complain(key, class_of(*value), "set an E.164 number: +, country code, digits, nothing else");
    return;
  }
  target = std::move(number);
}

void ConfigLoader::day(std::string_view key, std::optional<std::chrono::sys_days>& target,
                       std::chrono::sys_days latest) {
  const std::string* value = find(key);
  if (value == nullptr) return;
  const auto parsed = core::parse_day(*value);
  if (parsed && *parsed <= latest) {
    target = parsed;
    return;
  }
  complain(key, parsed ? "a day in the future" : class_of(*value),
           "set a day such as 2026-11-22, today (UTC) at the latest");
}

void ConfigLoader::ip_address(std::string_view key, std::string& target) {
  const std::string* value = find(key);
  if (value == nullptr) return;
  if (!is_address(*value)) {
    complain(key, class_of(*value), "set an IP address: 127.0.0.1, or 0.0.0.0 for every interface");
    return;
  }
  target = *value;
}

void ConfigLoader::url(std::string_view key, std::string& target, Path path) {
  const std::string* value = find(key);
  if (value == nullptr) return;
  core::Url parsed;
  if (!core::parse_url(*value, parsed) || (parsed.scheme != "https" && parsed.scheme != "http") ||
      parsed.target.find('?') != std::string::npos) {
    complain(key, class_of(*value), "set an address such as https://host.example");
  } else if (parsed.scheme == "http" && !is_loopback(parsed.host)) {
    complain(key, "an http address of another machine",
             "use https; http is allowed for loopback hosts only");
  } else if (path == Path::none && parsed.target != "/") {
    complain(key, "an address with a path", "leave the path out: https://host.example");
  } else {
    const auto end = parsed.target.find_last_not_of('/');
    target = parsed.scheme + "://" + parsed.authority() +
             (end == std::string::npos ? "" : parsed.target.substr(0, end + 1));
  }
}

void ConfigLoader::secret(std::string_view key, core::Secret& target) {
  const std::string* value = find(key);
  const std::string file_key = std::string(key) + "_FILE";
  if (look_up(file_key) == nullptr) {
    if (value != nullptr) accept_secret(key, *value, target);
    return;
  }
  if (value != nullptr) {
    complain(key, "set twice", fmt::format("set {} or {}, not both", key, file_key));
    return;
  }
  if (const auto content = file(file_key)) accept_secret(file_key, *content, target);
}

std::string ConfigLoader::secret_path(std::string_view key) const {
  const std::string* path = look_up(std::string(key) + "_FILE");
  return path == nullptr ? std::string() : *path;
}

std::optional<std::string> ConfigLoader::bytes(std::string_view key) {
  const std::string* path = look_up(key);
  if (path == nullptr) return std::nullopt;
  std::optional<std::string> content = read_file_(*path);
  if (!content) complain(key, "a file that cannot be read", "name a file that this user may read");
  return content;
}

std::optional<std::string> ConfigLoader::file(std::string_view key) {
  std::optional<std::string> content = bytes(key);
  if (!content) return std::nullopt;
  content->erase(content->find_last_not_of("\r\n") + 1);
  if (!content->empty()) return content;
  complain(key, "an empty file", "put the value into the file");
  return std::nullopt;
}

const std::string* ConfigLoader::look_up(std::string_view key) const {
  const auto found = environment_.find(key);
  return found == environment_.end() || found->second.empty() ? nullptr : &found->second;
}

void ConfigLoader::accept_secret(std::string_view key, const std::string& value,
                                 core::Secret& target) {
  if (!is_printable(value)) {
    complain(key, "text with spaces or control characters", "set the bare value, one word");
    return;
  }
  target = core::Secret(value);
}

}  // namespace tandem
