// What a comparison of a call with its voice provider's own history needs from the record, and what
// it leaves there. How the two are compared is not known here (hume/alignment), nor when
// (bridge/reconciliation). Everything throws PostgresError.
//
// A line that only the history has becomes a row of `transcriptions` with source "history",
// numbered from `first_history_seq` on. Should the call's own record of it come after all, a
// trigger of migration 0006 puts that in its place: nothing is there twice, and the late record
// finds its own number free.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bridge/core/types.hpp"
#include "store/postgres.hpp"

namespace tandem::store {

/// A call numbers its own lines from 0; the longest has some hundred.
inline constexpr std::int32_t first_history_seq = 1'000'000;

/// One session of a call with a voice provider.
struct ChatRow {
  std::string chat_id;
  std::string chat_group_id;
  std::string provider;  ///< "hume", "gemini", "openai"
  core::WallTime opened_at{};
};

/// A line that the call itself wrote down.
struct OwnLine {
  core::Speaker speaker = core::Speaker::user;
  std::string text;
  core::WallTime at{};
  core::MediaOffset offset{0};
};

struct ReconciliationCase {
  core::WallTime began{};  ///< of the media stream, or of the call when there was none
  core::WallTime ended{};
  std::vector<ChatRow> chats;  ///< oldest first
  std::vector<OwnLine> lines;  ///< in the order in which they were said
  int greetings_withheld = 0;  ///< events "second_greeting_suppressed"
};

/// Nothing when there is no such call, or it has not ended.
std::optional<ReconciliationCase> load_reconciliation_case(Connection& connection,
                                                           const std::string& call_id);

/// Of these sessions, those that other calls had: a call that another process took over shares its
/// group with the first one.
std::vector<std::string> chats_of_other_calls(Connection& connection, const std::string& call_id,
                                              const std::vector<std::string>& chat_ids);

/// A line that goes into the record.
struct FilledLine {
  std::string chat_id;
  std::string event_id;
  core::Speaker speaker = core::Speaker::user;
  std::string text;
  core::WallTime at{};
  core::MediaOffset offset{0};
};

/// An event of the history whose words the record has by itself.
struct KnownEvent {
  std::string chat_id;
  std::string event_id;
};

struct ReconciliationRow {
  std::string result;  ///< "match", "filled", "extra", "unavailable"
  std::int32_t matched = 0;
  std::int32_t filled = 0;
  std::int32_t late = 0;
  std::int32_t extra = 0;
  std::int32_t chats = 0;
  std::int32_t reads = 0;
  std::string reason;
};

/// Inside a transaction of the caller: writes the lines that are not there yet, takes out those
/// that `known` makes superfluous, keeps the result. A call that "unavailable" is said of keeps an
/// earlier, better result. Returns how many lines are new; when there are any, the verdict about
/// the call is asked for again.
std::int32_t store_reconciliation(Connection& connection, const std::string& call_id,
                                  const ReconciliationRow& row,
                                  const std::vector<FilledLine>& lines,
                                  const std::vector<KnownEvent>& known);

/// The provider says that a session is over: the comparison of its call is due now, if the call has
/// ended and was not compared yet. Returns whether there was anything to hurry.
bool hurry_reconciliation(Connection& connection, const std::string& chat_id);

}  // namespace tandem::store
