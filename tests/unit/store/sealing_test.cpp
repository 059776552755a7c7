#include "store/sealing.hpp"

#include "tests/unit/catch.hpp"

using namespace tandem;

namespace {

const store::MasterKey master(core::Secret("an invented master key of enough length"));

store::DataKey key_of(unsigned char byte) {
  store::DataKey key{};
  key.fill(byte);
  return key;
}

}  // namespace

TEST_CASE("sealed text opens at its place with its key, and nowhere else") {
  const auto key = key_of(1);
  const std::string text =
      GENERATE(as<std::string>{}, "", "a table for two", std::string(5000, 'x'));
  const std::string sealed = store::seal(key, "call|transcriptions|3", text);
  CHECK(store::is_sealed(sealed));
  CHECK(store::unseal(key, "call|transcriptions|3", sealed) == text);
  CHECK_FALSE(store::unseal(key, "call|transcriptions|4", sealed));
  CHECK_FALSE(store::unseal(key_of(2), "call|transcriptions|3", sealed));
}

TEST_CASE("the same words sealed twice look different, and show nothing of themselves") {
  const auto key = key_of(1);
  const std::string once = store::seal(key, "place", "my name is Quillon");
  CHECK(once != store::seal(key, "place", "my name is Quillon"));
  CHECK(once.find("Quillon") == std::string::npos);
}

TEST_CASE("a sealed text with any character changed or missing does not open") {
  const auto key = key_of(1);
  const std::string sealed = store::seal(key, "place", "at seven");
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    std::string changed = sealed;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    CHECK_FALSE(store::unseal(key, "place", changed));
    CHECK_FALSE(store::unseal(key, "place", sealed.substr(0, i)));
  }
}

TEST_CASE("a caller who says the words of a sealed text is not taken for one") {
  CHECK(store::is_sealed("sealed:1:AAAA"));
  CHECK_FALSE(store::unseal(key_of(1), "place", "sealed:1:AAAA"));
  CHECK_FALSE(store::is_sealed("it is sealed:1:AAAA"));
}

TEST_CASE("a data key is unwrapped by its master key for its call only") {
  const auto key = store::make_data_key();
  const std::string wrapped = master.wrap(key, "call-a");
  CHECK(master.unwrap(wrapped, "call-a") == key);
  CHECK_FALSE(master.unwrap(wrapped, "call-b"));
  const store::MasterKey other(core::Secret("another invented key of enough length"));
  CHECK_FALSE(other.unwrap(wrapped, "call-a"));
  CHECK(key != store::make_data_key());
}

TEST_CASE("a digest tells equal content from different only to who has the key") {
  CHECK(store::sealed_digest(key_of(1), "yes") == store::sealed_digest(key_of(1), "yes"));
  CHECK(store::sealed_digest(key_of(1), "yes") != store::sealed_digest(key_of(1), "no"));
  CHECK(store::sealed_digest(key_of(1), "yes") != store::sealed_digest(key_of(2), "yes"));
  CHECK(store::sealed_digest(key_of(1), "yes").size() == 34);
}
