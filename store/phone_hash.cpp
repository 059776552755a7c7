#include "store/phone_hash.hpp"

#include <fmt/format.h>
#include <openssl/hmac.h>

#include <array>

namespace tandem::store {

std::string PhoneHasher::hash(const core::PhoneNumber& number) const {
  const std::string& key = key_.expose();
  const std::string& text = number.expose();
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(), &size);
  std::string hex;
  for (unsigned i = 0; i < size; ++i) hex += fmt::format("{:02x}", digest[i]);
  return hex;
}

}  // namespace tandem::store
