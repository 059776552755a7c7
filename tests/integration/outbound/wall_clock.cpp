// Loaded into every program of a world under test (LD_PRELOAD): their wall clocks are
// TANDEM_WALL_SHIFT seconds ahead, so that calling hours are open whenever the test runs. Steady
// clocks, and everybody else's, stay as they are.
#include <dlfcn.h>
#include <sys/time.h>

#include <cstdlib>
#include <ctime>

namespace {

time_t shift() {
  static const time_t seconds = [] {
    const char* const text = std::getenv("TANDEM_WALL_SHIFT");
    return text == nullptr ? 0 : std::atol(text);
  }();
  return seconds;
}

template <class Function>
Function* real(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" int clock_gettime(clockid_t clock, timespec* time) {
  static auto* const real_clock_gettime = real<int(clockid_t, timespec*)>("clock_gettime");
  const int result = real_clock_gettime(clock, time);
  const bool is_wall = clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE;
  if (is_wall && result == 0) time->tv_sec += shift();
  return result;
}

extern "C" int gettimeofday(timeval* __restrict time, void* __restrict zone) noexcept {
  static auto* const real_gettimeofday = real<int(timeval*, void*)>("gettimeofday");
  const int result = real_gettimeofday(time, zone);
  if (result == 0) time->tv_sec += shift();
  return result;
}

extern "C" time_t time(time_t* out) noexcept {
  static auto* const real_time = real<time_t(time_t*)>("time");
  const time_t now = real_time(nullptr) + shift();
  if (out != nullptr) *out = now;
  return now;
}
