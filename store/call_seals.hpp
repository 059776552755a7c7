// Sealed text of calls through one connection: finds or makes the data key of a call, and keeps it
// for as long as this object lives (one batch, one answer). Without TRANSCRIPT_KEY in the
// connection's vault nothing is sealed, and what others sealed cannot be read.
//
// Not here: the cryptography (store/sealing). Everything throws PostgresError.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "store/postgres.hpp"
#include "store/sealing.hpp"

namespace tandem::store {

/// `place` of a transcript line.
std::string sealed_line(std::int32_t seq);
/// Events whose data is what somebody said or keyed in, or how it sounded: sealed like messages.
bool has_words(std::string_view event_type) noexcept;

class CallSeals {
 public:
  /// `connection` outlives this.
  explicit CallSeals(Connection& connection) : connection_(connection) {}

  /// Whether what is written through this connection is sealed.
  [[nodiscard]] bool is_on() const noexcept;

  /// `text` as it goes into the database: sealed, or as it is when sealing is off. `place` names
  /// column and line, without the call. Makes the call's data key if it has none: call it inside
  /// the transaction that writes the text. `call_id`: a UUID.
  std::string seal(const std::string& call_id, std::string_view place, std::string_view text);
  /// The same for the data of an event: a JSON object that holds the sealed text of one.
  std::string seal_event(const std::string& call_id, std::int32_t seq, std::string_view json);
  std::string open_event(const std::string& call_id, std::int32_t seq, std::string json);
  /// The digest to store instead of a plain hash of `content`. Precondition: is_on().
  std::string digest(const std::string& call_id, std::string_view content);

  /// What seal() made of the text, opened. Text that was never sealed comes back as it is; text
  /// that cannot be opened (no key here, another key, erased) as unreadable().
  std::string open(const std::string& call_id, std::string_view place, std::string text);

  static std::string_view unreadable() noexcept { return "[sealed]"; }

 private:
  const DataKey* find(const std::string& call_id);
  const DataKey& find_or_make(const std::string& call_id);
  const DataKey* remember(const std::string& call_id, std::string_view wrapped);

  Connection& connection_;
  std::map<std::string, std::optional<DataKey>, std::less<>> keys_;
};

}  // namespace tandem::store
