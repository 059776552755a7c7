#include "tests/integration/net/certificates.hpp"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <stdexcept>

namespace tandem::test {

namespace {

constexpr long hour = 3600;

KeyPointer new_key() {
  const std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> context(
      EVP_PKEY_CTX_new_id(EVP_PKEY_EC, nullptr), &EVP_PKEY_CTX_free);
  EVP_PKEY* key = nullptr;
  if (EVP_PKEY_keygen_init(context.get()) != 1 ||
      EVP_PKEY_CTX_set_ec_paramgen_curve_nid(context.get(), NID_X9_62_prime256v1) != 1 ||
      EVP_PKEY_keygen(context.get(), &key) != 1) {
    throw std::runtime_error("no key");
  }
  return KeyPointer(key);
}

void add_extension(X509* certificate, int nid, const std::string& value) {
  X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, nullptr, nid, value.c_str());
  if (extension == nullptr) throw std::runtime_error("no extension " + value);
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

void set_name(X509* certificate, const char* common_name) {
  const auto* const bytes = reinterpret_cast<const unsigned char*>(common_name);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC, bytes, -1, -1,
                             0);
}

CertificatePointer unsigned_certificate(EVP_PKEY* key, std::string common_name, long valid_for_s) {
  static long serial = 1;
  common_name += " " + std::to_string(serial);  // authorities must differ in name
  CertificatePointer certificate(X509_new());
  X509_set_version(certificate.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), serial++);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -hour);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), valid_for_s);
  X509_set_pubkey(certificate.get(), key);
  set_name(certificate.get(), common_name.c_str());
  return certificate;
}

template <class Write>
std::string to_pem(Write write) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> memory(BIO_new(BIO_s_mem()), &BIO_free);
  write(memory.get());
  const char* data = nullptr;
  const long size = BIO_ctrl(memory.get(), BIO_CTRL_INFO, 0, &data);
  return std::string(data, static_cast<std::size_t>(size));
}

std::string certificate_pem(X509* certificate) {
  return to_pem([&](BIO* bio) { PEM_write_bio_X509(bio, certificate); });
}

}  // namespace

Authority::Authority() : key_(new_key()) {
  certificate_ = unsigned_certificate(key_.get(), "Throw-away test authority", 24 * hour);
  X509_set_issuer_name(certificate_.get(), X509_get_subject_name(certificate_.get()));
  add_extension(certificate_.get(), NID_basic_constraints, "critical,CA:TRUE");
  add_extension(certificate_.get(), NID_key_usage, "critical,keyCertSign");
  X509_sign(certificate_.get(), key_.get(), EVP_sha256());
  std::string name = "/tmp/tandem-authority-XXXXXX";
  const int fd = ::mkstemp(name.data());
  if (fd < 0) throw std::runtime_error("no temporary file");
  ::close(fd);
  file_ = name;
  std::ofstream(file_) << certificate_pem(certificate_.get());
}

Authority::~Authority() { ::unlink(file_.c_str()); }

Identity Authority::issue(const std::string& names, bool is_expired) const {
  const KeyPointer key = new_key();
  const CertificatePointer leaf =
      unsigned_certificate(key.get(), "Throw-away test server", is_expired ? -60 : hour);
  X509_set_issuer_name(leaf.get(), X509_get_subject_name(certificate_.get()));
  add_extension(leaf.get(), NID_subject_alt_name, names);
  X509_sign(leaf.get(), key_.get(), EVP_sha256());
  Identity identity;
  identity.certificate = certificate_pem(leaf.get());
  identity.key = to_pem([&](BIO* bio) {
    PEM_write_bio_PrivateKey(bio, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  });
  return identity;
}

}  // namespace tandem::test
