#include "bridge/config.hpp"

#include "tests/fuzz/support/environment.hpp"

// Any environment loads, or every problem is told; neither shows a secret.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tandem;
  const fuzz::AnyEnvironment environment({data, size});
  const auto serve = environment.load(ConfigNeed::serve);
  const auto database = environment.load(ConfigNeed::database);
  fuzz::must(database.ok() || !serve.ok(), "who can serve can migrate");
  for (const auto* loaded : {&serve, &database}) {
    const auto shown = fuzz::shown_of(*loaded);
    fuzz::must(!shown.empty(), "there is always something to say");
    fuzz::must(fuzz::keeps_secrets(environment, shown), "no secret shows");
  }
  return 0;
}
