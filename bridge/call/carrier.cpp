#include "bridge/call/carrier.hpp"

#include <array>

namespace tandem::call {

std::string_view to_string(CarrierError error) noexcept {
  static constexpr std::array<std::string_view, 5> names = {"not_json", "bad_shape", "bad_payload",
                                                            "payload_size", "wrong_stream"};
  return names[static_cast<std::size_t>(error)];
}

}  // namespace tandem::call
