#include "gemini/live_tools.hpp"

#include <algorithm>
#include <utility>

namespace tandem::gemini {

namespace {

constexpr std::chrono::seconds repeat_window{10};
constexpr std::size_t remembered_max = 16;

}  // namespace

LiveTools::Kind LiveTools::add(const LiveFunctionCall& call, std::chrono::milliseconds at) {
  const auto has_id = [&](const Call& known) { return known.function.id == call.id; };
  if (std::any_of(calls_.begin(), calls_.end(), has_id)) return Kind::same_id;
  const bool is_repeat = std::any_of(calls_.begin(), calls_.end(), [&](const Call& known) {
    return known.function.name == call.name && known.function.arguments == call.arguments &&
           at - known.at < repeat_window;
  });
  if (calls_.size() == remembered_max) calls_.pop_front();
  calls_.push_back({call, at, !is_repeat});
  return is_repeat ? Kind::repeat : Kind::fresh;
}

bool LiveTools::answer(std::string_view id) {
  for (Call& known : calls_) {
    if (known.function.id == id) return std::exchange(known.waits, false);
  }
  return false;
}

bool LiveTools::cancel(std::string_view id) {
  const bool waited = answer(id);
  std::erase_if(calls_, [&](const Call& known) { return known.function.id == id; });
  return waited;
}

}  // namespace tandem::gemini
