// A throw-away certificate authority, made anew by each run: no key is ever stored in the
// repository.
#pragma once

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>
#include <string>

namespace tandem::test {

struct KeyDeleter {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
struct CertificateDeleter {
  void operator()(X509* certificate) const { X509_free(certificate); }
};
using KeyPointer = std::unique_ptr<EVP_PKEY, KeyDeleter>;
using CertificatePointer = std::unique_ptr<X509, CertificateDeleter>;

/// What a TLS server shows, as PEM.
struct Identity {
  std::string certificate;
  std::string key;
};

class Authority {
 public:
  Authority();
  ~Authority();
  Authority(const Authority&) = delete;
  Authority& operator=(const Authority&) = delete;

  /// `names` as in OpenSSL's subjectAltName: "DNS:localhost,IP:127.0.0.1". Valid from an hour ago;
  /// with `is_expired` until a minute ago.
  Identity issue(const std::string& names, bool is_expired = false) const;
  /// The authority's own certificate in a PEM file that lives as long as this.
  [[nodiscard]] const std::string& file() const { return file_; }

 private:
  KeyPointer key_;
  CertificatePointer certificate_;
  std::string file_;
};

}  // namespace tandem::test
