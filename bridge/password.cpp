#include "bridge/password.hpp"

#include <argon2.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <stdexcept>

namespace tandem {

namespace {

constexpr std::uint32_t passes = 2;
constexpr std::uint32_t memory_kib = 19 * 1024;
constexpr std::uint32_t lanes = 1;
constexpr std::size_t hash_bytes = 32;

using Salt = std::array<unsigned char, 16>;

Salt random_salt() {
  Salt salt{};
  if (RAND_bytes(salt.data(), static_cast<int>(salt.size())) != 1)
    throw std::runtime_error("no randomness");
  return salt;
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

}  // namespace

std::optional<std::string> password_problem(std::string_view password, std::string_view user_name) {
  if (password.size() < password_characters_min)
    return "at least " + std::to_string(password_characters_min) + " characters";
  if (password.size() > password_bytes_max)
    return "at most " + std::to_string(password_bytes_max) + " bytes";
  if (!user_name.empty() && lower(password).find(lower(user_name)) != std::string::npos)
    return "without the user's name in it";
  const bool is_monotonous =
      std::all_of(password.begin(), password.end(), [&](char c) { return c == password.front(); });
  if (is_monotonous) return "more than one character over and over";
  return std::nullopt;
}

std::string hash_password(std::string_view password) {
  const Salt salt = random_salt();
  std::string text(argon2_encodedlen(passes, memory_kib, lanes, salt.size(), hash_bytes, Argon2_id),
                   '\0');
  const int error =
      argon2id_hash_encoded(passes, memory_kib, lanes, password.data(), password.size(),
                            salt.data(), salt.size(), hash_bytes, text.data(), text.size());
  if (error != ARGON2_OK) throw std::runtime_error(argon2_error_message(error));
  text.resize(text.find('\0'));
  return text;
}

bool is_password(const std::string& hash, std::string_view password) {
  if (password.size() > password_bytes_max) return false;
  return argon2id_verify(hash.c_str(), password.data(), password.size()) == ARGON2_OK;
}

const std::string& nobodys_hash() {
  static const std::string hash = [] {
    const Salt password = random_salt();
    return hash_password({reinterpret_cast<const char*>(password.data()), password.size()});
  }();
  return hash;
}

}  // namespace tandem
