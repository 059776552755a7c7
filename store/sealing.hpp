// Sealed text, pure but for random numbers: AES-256-GCM under a data key of the call, which is
// itself wrapped by the master key (envelope). Whoever reads the database or a backup without the
// master key sees lengths; deleting the wrapped key makes the text unreadable everywhere at once.
//
// Not here: where data keys are kept (store/call_seals), where the master key comes from.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "bridge/core/types.hpp"

namespace tandem::store {

using DataKey = std::array<unsigned char, 32>;

/// Random; throws std::runtime_error when the system gives no randomness.
DataKey make_data_key();

/// "sealed:1:" and base64 of nonce, ciphertext and tag. `place` says where the text belongs (call,
/// column, line) and is authenticated: a sealed text moved elsewhere does not open. The nonce is
/// random: a call has thousands of texts, not the 2^32 at which that would matter.
std::string seal(const DataKey& key, std::string_view place, std::string_view text);

/// Whether it looks like what seal() makes; a caller may say such words as well.
bool is_sealed(std::string_view text) noexcept;

/// Nothing when it is no sealed text, was changed, belongs to another place or another key.
std::optional<std::string> unseal(const DataKey& key, std::string_view place,
                                  std::string_view sealed);

/// First half of HMAC-SHA-256, as bytea text ("\x..."): tells equal content from different without
/// telling the content, as a plain hash of a short sentence would.
std::string sealed_digest(const DataKey& key, std::string_view content);

/// Wraps data keys. Its own key is derived from the text of TRANSCRIPT_KEY.
class MasterKey {
 public:
  explicit MasterKey(const core::Secret& text);
  ~MasterKey();
  MasterKey(const MasterKey&) = default;
  MasterKey& operator=(const MasterKey&) = delete;

  [[nodiscard]] std::string wrap(const DataKey& key, std::string_view call_id) const;
  /// Nothing when it was wrapped by another master key or for another call.
  [[nodiscard]] std::optional<DataKey> unwrap(std::string_view wrapped,
                                              std::string_view call_id) const;

 private:
  DataKey key_{};
};

}  // namespace tandem::store
