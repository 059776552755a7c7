// What happens to a caller whose media stream is over, and to one who was put through: the answers
// to /twilio/connect-done, /twilio/transfer-done and /twilio/whisper. Runs on the control thread.
//
//   the call lives (its socket broke)        a new stream; twice at most
//   it ended, and the line with it           hang up
//   it ended without an agent                an apology, or FALLBACK_NUMBER
//   transferred                              <Dial>, with a whisper to the person who answers
//   opted_out                                a confirmation, once the wish is on disk
//   this process does not know the call, or  ask the record: a new call that goes on where the
//   lost its stream some time ago            other left off (R01), or hang up (T27)
#pragma once

#include <chrono>
#include <string>
#include <unordered_set>

#include "bridge/call/end_reason.hpp"
#include "bridge/config.hpp"
#include "bridge/core/http.hpp"
#include "bridge/earlier_calls.hpp"
#include "bridge/net/http_server.hpp"
#include "bridge/net/task.hpp"
#include "bridge/ops/log.hpp"
#include "bridge/ops/metrics.hpp"
#include "bridge/switchboard.hpp"
#include "bridge/twilio/webhook.hpp"
#include "bridge/twilio_documents.hpp"

namespace tandem {

/// What connect-done does next. Pure.
enum class AfterStream {
  hang_up,
  stream_again,
  transfer,
  confirm_opt_out,
  apologise,
  ask_record,
};
/// `entry` null: this process does not know the call. `status`: the carrier's word about the call.
AfterStream after_stream(const CallDirectory::Entry* entry, twilio::CallStatus status) noexcept;

class ConnectDone {
 public:
  static constexpr int streams_again_max = 2;  ///< of one call of this process
  /// How long the answer to an opted-out caller waits for the disk.
  static constexpr std::chrono::seconds opt_out_patience{2};

  struct Parts {
    net::asio::io_context& context;
    ops::Log& log;
    ops::Metrics& metrics;
    Switchboard& switchboard;
    const TwilioDocuments& documents;
    EarlierCalls& earlier;
    /// Ends the row of a call that its process could not end.
    std::function<void(core::Record)> write_down;
  };
  explicit ConnectDone(Parts parts);

  void answer(const twilio::VoiceWebhook& webhook, net::Respond respond);
  core::HttpResponse transfer_done(const twilio::VoiceWebhook& webhook);
  core::HttpResponse whisper(const std::string& nonce);

  /// Answers what is waiting soon; then join() ends.
  void stop() noexcept { is_stopping_ = true; }
  net::Task<void> join() { return tasks_.join(); }

 private:
  net::Task<void> confirm_opt_out(core::CallId id, net::Respond respond);
  net::Task<void> ask_record(twilio::VoiceWebhook webhook, net::Respond respond);
  std::string take_over(const twilio::VoiceWebhook& webhook, const EarlierCalls::Answer& answer);
  std::string stream_again(Switchboard::Entry& entry);
  std::string transfer(const Switchboard::Entry& entry);
  std::string without_agent(const core::CallId& id, std::string_view words,
                            const core::PhoneNumber& caller);

  Parts parts_;
  /// Phone calls about which the record is being asked: a repeated webhook waits for the first.
  std::unordered_set<std::string> asking_;
  bool is_stopping_ = false;
  net::TaskGroup tasks_;
};

inline constexpr std::string_view trouble_text =
    "We are sorry, something went wrong on our side. Please call again. Goodbye.";
inline constexpr std::string_view busy_text =
    "All our lines are busy at the moment. Please call again in a few minutes. Goodbye.";

}  // namespace tandem
