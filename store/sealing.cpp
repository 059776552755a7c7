#include "store/sealing.hpp"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <algorithm>
#include <memory>
#include <span>
#include <stdexcept>
#include <vector>

#include "codec/base64.hpp"

namespace tandem::store {

namespace {

constexpr std::string_view mark = "sealed:1:";
constexpr std::size_t nonce_bytes = 12;
constexpr std::size_t tag_bytes = 16;

using Bytes = std::vector<std::uint8_t>;

struct FreeCipher {
  void operator()(EVP_CIPHER_CTX* context) const noexcept { EVP_CIPHER_CTX_free(context); }
};
using Cipher = std::unique_ptr<EVP_CIPHER_CTX, FreeCipher>;

const unsigned char* bytes_of(std::string_view text) noexcept {
  return reinterpret_cast<const unsigned char*>(text.data());
}

void require(bool worked) {
  if (!worked) throw std::runtime_error("sealing failed: the crypto library refused");
}

void randomise(std::span<std::uint8_t> out) {
  require(RAND_bytes(out.data(), static_cast<int>(out.size())) == 1);
}

DataKey hmac_sha256(std::string_view key, std::string_view content) {
  DataKey digest{};
  unsigned size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes_of(content), content.size(),
       digest.data(), &size);
  return digest;
}

Bytes decode(std::string_view base64) {
  Bytes bytes(codec::decoded_size_max(base64.size()));
  const auto decoded = codec::base64_decode(base64, bytes);
  bytes.resize(decoded ? decoded.size : 0);
  return bytes;
}

}  // namespace

DataKey make_data_key() {
  DataKey key{};
  randomise(key);
  return key;
}

std::string seal(const DataKey& key, std::string_view place, std::string_view text) {
  Bytes out(nonce_bytes + text.size() + tag_bytes);
  randomise(std::span(out).first(nonce_bytes));
  const Cipher cipher(EVP_CIPHER_CTX_new());
  int size = 0;
  require(EVP_EncryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, key.data(), out.data()) ==
          1);
  require(EVP_EncryptUpdate(cipher.get(), nullptr, &size, bytes_of(place),
                            static_cast<int>(place.size())) == 1);
  unsigned char* const body = out.data() + nonce_bytes;
  require(EVP_EncryptUpdate(cipher.get(), body, &size, bytes_of(text),
                            static_cast<int>(text.size())) == 1);
  require(EVP_EncryptFinal_ex(cipher.get(), body + size, &size) == 1);
  require(EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, tag_bytes, body + text.size()) ==
          1);
  std::string sealed(mark);
  codec::base64_encode(out, sealed);
  return sealed;
}

bool is_sealed(std::string_view text) noexcept { return text.starts_with(mark); }

std::optional<std::string> unseal(const DataKey& key, std::string_view place,
                                  std::string_view sealed) {
  if (!is_sealed(sealed)) return std::nullopt;
  Bytes in = decode(sealed.substr(mark.size()));
  if (in.size() < nonce_bytes + tag_bytes) return std::nullopt;
  const std::size_t text_bytes = in.size() - nonce_bytes - tag_bytes;
  unsigned char* const body = in.data() + nonce_bytes;
  const Cipher cipher(EVP_CIPHER_CTX_new());
  std::string text(text_bytes + tag_bytes, '\0');
  auto* const out = reinterpret_cast<unsigned char*>(text.data());
  int size = 0;
  const bool opened =
      EVP_DecryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, key.data(), in.data()) == 1 &&
      EVP_DecryptUpdate(cipher.get(), nullptr, &size, bytes_of(place),
                        static_cast<int>(place.size())) == 1 &&
      EVP_DecryptUpdate(cipher.get(), out, &size, body, static_cast<int>(text_bytes)) == 1 &&
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, tag_bytes, body + text_bytes) == 1 &&
      EVP_DecryptFinal_ex(cipher.get(), out + size, &size) == 1;
  if (!opened) return std::nullopt;
  text.resize(text_bytes);
  return text;
}

std::string sealed_digest(const DataKey& key, std::string_view content) {
  const std::string_view key_text(reinterpret_cast<const char*>(key.data()), key.size());
  const DataKey digest = hmac_sha256(key_text, content);
  std::string text = "\\x";
  for (std::size_t i = 0; i < digest.size() / 2; ++i) text += fmt::format("{:02x}", digest[i]);
  return text;
}

MasterKey::MasterKey(const core::Secret& text)
    : key_(hmac_sha256(text.expose(), "tandem transcripts 1")) {}

MasterKey::~MasterKey() { OPENSSL_cleanse(key_.data(), key_.size()); }

std::string MasterKey::wrap(const DataKey& key, std::string_view call_id) const {
  const std::string_view text(reinterpret_cast<const char*>(key.data()), key.size());
  return seal(key_, fmt::format("call_keys|{}", call_id), text);
}

std::optional<DataKey> MasterKey::unwrap(std::string_view wrapped, std::string_view call_id) const {
  const auto text = unseal(key_, fmt::format("call_keys|{}", call_id), wrapped);
  if (!text || text->size() != DataKey{}.size()) return std::nullopt;
  DataKey key{};
  std::copy(text->begin(), text->end(), key.begin());
  return key;
}

}  // namespace tandem::store
