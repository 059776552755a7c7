// What this process knows in memory of the calls that any node of ours placed: enough to answer the
// carrier's webhook without the database (T28). Lives on the control thread; bridge/outbound keeps
// it true.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

#include "bridge/core/types.hpp"
#include "store/dial_intents.hpp"

namespace tandem {

/// One call that the carrier has, or may have.
struct PlacedCall {
  std::string purpose;
  std::string message;                  ///< what the agent must know
  core::CarrierCallId carrier_call_id;  ///< empty until it is known
  std::string answered_by;              ///< the carrier's detection; empty: not told
  bool is_unwanted = false;        ///< the person must not be called any more, or all is stopped
  bool knows_answered_by = false;  ///< the call was told
};

class PlacedCalls {
 public:
  /// The carrier will ask about it soon: it was claimed by this process.
  void add(const core::CallId& id, PlacedCall call);
  /// All there are, as the database knows them. What was added here stays until it was seen there.
  void update(const store::DialSurvey& survey);
  /// Null when it is over, or of a node that the last survey did not show yet. Valid until the next
  /// update.
  PlacedCall* find(const core::CallId& id);

  enum class Verdict {
    expected,    ///< this is the call that we placed
    not_known,   ///< there is no such intent here (yet)
    unwanted,    ///< it is, but the person must not be called any more
    other_call,  ///< the intent has rung under another id: somebody would be rung twice
  };
  /// The carrier asks what to do with this call; remembers its id.
  Verdict judge(const core::CallId& id, const core::CarrierCallId& carrier_call_id);

  [[nodiscard]] std::size_t size() const noexcept { return calls_.size(); }

 private:
  struct Known {
    PlacedCall call;
    int surveys_missed = 0;
  };
  std::unordered_map<core::CallId, Known> calls_;
};

}  // namespace tandem
