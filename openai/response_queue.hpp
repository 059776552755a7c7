// One answer at a time: which answers we want of the server, and when each may be asked for. Only
// one response may write to a conversation; the server's own voice detection makes them too, so an
// ask of ours may come too late and is then repeated when the other is done.
//
// It holds complete messages and sends nothing: whoever owns it takes the next one after every
// message that came in.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <string_view>

namespace tandem::openai {

/// A response.create that is wanted.
struct WantedResponse {
  std::string event_id;    ///< of `message`
  std::string message;     ///< complete
  std::string after_item;  ///< not before the server has this item of ours; empty: at once
};

class ResponseQueue {
 public:
  /// Queues it. An answer to an item replaces an earlier one: one answer serves both.
  void want(WantedResponse wanted);
  /// A response of whoever is being generated or asked for.
  [[nodiscard]] bool is_busy() const noexcept { return !active_.empty() || asked_.has_value(); }
  [[nodiscard]] std::string_view active() const noexcept { return active_; }

  /// The server has this item.
  void item_arrived(std::string_view item);
  /// `wanted_by` empty: the server made it by itself; it then answers every item that had arrived.
  void created(std::string_view response, std::string_view wanted_by);
  void done(std::string_view response);
  /// The response being generated failed: what asked for it is wanted once more. False when nobody
  /// did, or it is another response.
  bool repeat(std::string_view response);
  /// The server refused the message of that event id. `again`: only because another was active.
  void refused(std::string_view event_id, bool again);
  /// While held, answers wait; what was asked for in so many words (no `after_item`) does not.
  void hold_answers(bool held) noexcept { holds_answers_ = held; }

  /// The message to send now, or nothing.
  std::optional<std::string> next();

 private:
  struct Entry {
    WantedResponse wanted;
    bool has_item = false;
    [[nodiscard]] bool is_answer() const noexcept { return !wanted.after_item.empty(); }
    [[nodiscard]] bool is_answered() const noexcept { return is_answer() && has_item; }
  };

  std::deque<Entry> queue_;
  std::optional<Entry> asked_;       // sent, not confirmed
  std::string active_;               // id of the response being generated
  std::optional<Entry> active_ask_;  // what asked for it
  bool holds_answers_ = false;
};

}  // namespace tandem::openai
