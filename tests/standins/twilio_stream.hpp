// One media stream: Twilio's end of the WebSocket, from the signed upgrade to the close, at an
// absolute cadence of 20 ms (twilio.com "Media Streams - WebSocket Messages"). Runs in the call's
// thread and returns when the stream is over.
#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <set>
#include <string>

#include "call_log.hpp"
#include "call_signals.hpp"
#include "caller.hpp"
#include "playback.hpp"
#include "webhook.hpp"
#include "websocket.hpp"

namespace tandem::standins {

struct StreamRequest {
  std::string url;
  Fields parameters;
  std::string account_sid, call_sid;
  json::object variations;                             // README.md, "`stream` variations"
  std::function<void(const std::string&)> on_upgrade;  // the request text, before it is sent
  std::function<void(const std::string&)> on_open;     // the stream sid
};

struct StreamOutcome {
  enum class By { caller, bridge, signals, failure };
  By by = By::failure;
  bool opened = false;
  int error = 0;  // Twilio's code when `by` is failure
  std::string reason;
  std::string stream_sid;
};

// The upgrade request, signed as `variation` says: valid, absent, wrong, slash, flip (bit `bit`).
// Throws WireError.
std::string upgrade_text(const PublicWeb& web, const Url& url, const std::string& variation,
                         int bit);
// Sends it and reads the answer's head. `leftover`: bytes behind the head.
struct Upgraded {
  Connection connection;
  std::string leftover;
  int status = 0;
};
Upgraded send_upgrade(const PublicWeb& web, const Url& url, const std::string& text);

class TwilioStream {
 public:
  TwilioStream(const PublicWeb& web, StreamRequest request, CallLog& log, Caller& caller,
               CallSignals& signals, TimePoint hang_up_at);

  StreamOutcome run();

 private:
  void converse();
  void send_opening();
  void finish_report();

  void tick();
  void send_media(std::span<const std::uint8_t> frame);
  void send_event(std::string_view event, std::string_view body);
  void stop_and_close();
  void linger();

  void handle(const WireEvent& event);
  void handle_text(const std::string& text);
  void warn_once(int code, const std::string& reason);
  void queue_echoes(const std::vector<MarkEcho>& echoes);
  void send_due_echoes();
  void obey_signals();

  // twilio_stream_faults.cpp
  void perform(const json::object& step);
  bool perform_fault(const std::string& what, const json::object& step);
  void send_oversize(const json::object& step);
  void send_fragmented(const json::object& step);
  void send_second_start(const json::object& step);
  void send_odd_payload(const std::string& kind);
  std::string start_message(const std::string& call_sid, const std::string& stream_sid);
  std::string media_message(std::string_view payload_json);

  std::int64_t stream_ms() const;
  std::int64_t timestamp() const;
  void end(StreamOutcome::By by, int error = 0, std::string reason = {});

  const PublicWeb& web_;
  StreamRequest request_;
  CallLog& log_;
  Caller& caller_;
  CallSignals& signals_;
  TimePoint hang_up_at_;

  std::optional<WebSocket> socket_;
  StreamOutcome outcome_;
  bool over_ = false;
  std::string stream_sid_;
  Playback playback_;
  TimePoint begin_{};
  std::int64_t ticks_ = 0;
  std::int64_t first_timestamp_ = 0;
  std::int64_t timestamp_shift_ = 0;
  std::uint64_t sequence_ = 0;
  std::uint64_t chunk_ = 0;
  std::vector<std::string> held_back_;
  TimePoint read_again_{};

  struct DueEcho {
    TimePoint due;
    MarkEcho echo;
  };
  std::deque<DueEcho> echoes_;
  std::set<int> warned_;
  std::int64_t messages_received_ = 0;
  std::int64_t bad_messages_ = 0;
  std::int64_t fragmented_messages_ = 0;
  std::size_t payload_min_ = 0;
  std::size_t payload_max_ = 0;
  std::int64_t first_media_ms_ = -1;
  int close_code_ = 0;
  std::string close_reason_;
};

}  // namespace tandem::standins
