#include "store/phone_hash.hpp"

#include "store/vault.hpp"
#include "tests/unit/catch.hpp"

using namespace tandem;

TEST_CASE("the keyed hash of a number is HMAC-SHA-256, as any other program computes it") {
  // printf '%s' '+15555550101' | openssl dgst -sha256 -hmac 'an invented key of thirty-two chars'
  const store::PhoneHasher hasher(core::Secret("an invented key of thirty-two chars"));
  CHECK(hasher.hash(core::PhoneNumber("+15555550101")) ==
        "1ec5670fc68145bb123a96a0e192b990405662dec2669d32faf1fc00551464d3");
  CHECK(hasher.hash(core::PhoneNumber("+15555550102")) !=
        hasher.hash(core::PhoneNumber("+15555550101")));
}

TEST_CASE("without a key, and without a number, there is no hash") {
  const store::Vault none({}, {});
  CHECK_FALSE(none.can_hash());
  CHECK_FALSE(none.phone_hash(core::PhoneNumber("+15555550101")));
  CHECK(none.master() == nullptr);
  const store::Vault vault(core::Secret("an invented key of thirty-two chars"),
                           core::Secret("another invented key of enough length"));
  CHECK(vault.phone_hash(core::PhoneNumber("+15555550101")));
  CHECK_FALSE(vault.phone_hash(core::PhoneNumber()));
  CHECK(vault.master() != nullptr);
}
