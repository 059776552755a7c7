#include "store/transport_security.hpp"

#include "tests/unit/catch.hpp"

using tandem::core::Secret;
using tandem::store::talks_to_strangers;

TEST_CASE("a database on this machine needs no certificate") {
  for (const char* url :
       {"postgresql:///tandem", "postgresql://localhost/tandem",
        "postgresql://127.0.0.1:6432/tandem", "postgresql://[::1]/tandem",
        "postgresql://%2Fvar%2Frun%2Fpostgresql/tandem", "host=/tmp dbname=tandem",
        "host=db.example hostaddr=127.0.0.1 dbname=tandem"}) {
    INFO(url);
    CHECK_FALSE(talks_to_strangers(Secret(url)));
  }
}

TEST_CASE("P17: across a network only verify-full and verify-ca keep strangers out") {
  const std::string url = "postgresql://user:invented@db.example/tandem";
  CHECK(talks_to_strangers(Secret(url)));
  for (const char* mode : {"disable", "allow", "prefer", "require"}) {
    INFO(mode);
    CHECK(talks_to_strangers(Secret(url + "?sslmode=" + mode)));
  }
  CHECK_FALSE(talks_to_strangers(Secret(url + "?sslmode=verify-ca")));
  CHECK_FALSE(talks_to_strangers(Secret(url + "?sslmode=verify-full")));
}

TEST_CASE("one remote host of several is enough; hosts that only look like loopback are remote") {
  for (const char* url :
       {"postgresql://localhost,db.example/tandem", "postgresql://db.example,localhost/tandem",
        "postgresql://localhost.example/tandem", "postgresql://10.0.0.1/tandem",
        "host=localhost hostaddr=192.0.2.7 dbname=tandem"}) {
    INFO(url);
    CHECK(talks_to_strangers(Secret(url)));
  }
}
