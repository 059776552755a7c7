#include "bridge/twilio/webhook.hpp"

#include <algorithm>
#include <vector>

#include "tests/unit/catch.hpp"

namespace {

using namespace tandem;
using namespace tandem::twilio;

const std::string ids = "CallSid=CA5501&AccountSid=AC5501";

}  // namespace

TEST_CASE("an inbound call is read, unknown parameters are passed over") {
  const auto webhook = parse_voice_webhook(
      ids +
      "&From=%2B15555550101&To=%2B15555550102&Direction=inbound&CallStatus=ringing"
      "&CallerName=+Zo%C3%AB&StirVerstat=TN-Validation-Passed-A&NewFields=of+2027&FromCity=");
  REQUIRE(webhook);
  CHECK(webhook->call_id.str() == "CA5501");
  CHECK(webhook->account_id == "AC5501");
  CHECK(webhook->from.expose() == "+15555550101");
  CHECK(webhook->to.is_e164());
  CHECK(webhook->direction == core::Direction::inbound);
  CHECK(webhook->status == CallStatus::ringing);
  CHECK(webhook->answered_by == AnsweredBy::not_detected);
  CHECK(webhook->caller_name == " Zo\xC3\xAB");
  CHECK(webhook->stir_verstat == "TN-Validation-Passed-A");
}

TEST_CASE("a caller who withholds the number is still a caller") {
  for (const char* from :
       {"anonymous", "client%3Ajoe", "sip%3Ajoe%40example.com", "", "%2B266696687"}) {
    const auto webhook = parse_voice_webhook(ids + "&CallStatus=ringing&From=" + from);
    CAPTURE(from);
    REQUIRE(webhook);
  }
  const auto webhook = parse_voice_webhook(ids + "&CallStatus=ringing&From=anonymous");
  CHECK_FALSE(webhook->from.is_e164());
}

TEST_CASE("both outbound directions are outbound") {
  for (const char* direction : {"outbound-api", "outbound-dial"}) {
    const auto webhook =
        parse_voice_webhook(ids + "&CallStatus=in-progress&Direction=" + direction);
    REQUIRE(webhook);
    CHECK(webhook->direction == core::Direction::outbound);
  }
}

TEST_CASE("what makes a webhook unusable is named") {
  const auto error = [](const std::string& form) { return parse_voice_webhook(form).error(); };
  CHECK(error("CallSid=CA%5&AccountSid=AC1&CallStatus=ringing") == WebhookError::malformed_form);
  CHECK(error("AccountSid=AC1&CallStatus=ringing") == WebhookError::call_id_missing);
  CHECK(error("") == WebhookError::call_id_missing);
  CHECK(error("CallSid=..%2Fx&AccountSid=AC1&CallStatus=ringing") == WebhookError::call_id_missing);
  CHECK(error("CallSid=" + std::string(65, 'a') + "&AccountSid=AC1") ==
        WebhookError::call_id_missing);
  CHECK(error("CallSid=CA1&CallStatus=ringing") == WebhookError::account_missing);
  CHECK(error(ids) == WebhookError::unknown_status);
  CHECK(error(ids + "&CallStatus=asleep") == WebhookError::unknown_status);
  CHECK(parse_status_callback(ids + "&CallStatus=ringing&SequenceNumber=-1").error() ==
        WebhookError::bad_number);
  CHECK(parse_status_callback(ids + "&CallStatus=ringing&SequenceNumber=1x").error() ==
        WebhookError::bad_number);
  CHECK(parse_stream_status(ids + "&StreamEvent=stream-paused").error() ==
        WebhookError::unknown_status);
  CHECK(to_string(WebhookError::bad_number) == "bad_number");
  CHECK(to_string(WebhookError::malformed_form) == "malformed_form");
}

TEST_CASE("of a repeated parameter the first counts") {
  const auto webhook =
      parse_voice_webhook(ids + "&CallStatus=ringing&CallSid=CA9999&From=a&From=b");
  REQUIRE(webhook);
  CHECK(webhook->call_id.str() == "CA5501");
  CHECK(webhook->from.expose() == "a");
}

TEST_CASE("a final status callback tells duration, reason and order") {
  const auto callback = parse_status_callback(ids +
                                              "&CallStatus=no-answer&SequenceNumber=2&CallDuration="
                                              "0&SipResponseCode=487&Direction=outbound-api"
                                              "&Timestamp=Sun%2C+22+Nov+2026+12%3A00%3A35+%2B0000&"
                                              "AnsweredBy=machine_start&ErrorCode=32017");
  REQUIRE(callback);
  CHECK(callback->status == CallStatus::no_answer);
  CHECK(callback->sequence_number == 2);
  CHECK(callback->duration_s == 0);
  CHECK(callback->sip_response_code == "487");
  CHECK(callback->timestamp == "Sun, 22 Nov 2026 12:00:35 +0000");
  CHECK(callback->answered_by == AnsweredBy::machine);
  CHECK(callback->error_code == "32017");
  const auto bare = parse_status_callback(ids + "&CallStatus=queued");
  REQUIRE(bare);
  CHECK_FALSE(bare->sequence_number);
  CHECK_FALSE(bare->duration_s);
}

TEST_CASE("only exactly human is a human") {
  CHECK(parse_answered_by("human") == AnsweredBy::human);
  CHECK(parse_answered_by("Human") == AnsweredBy::unknown);
  CHECK(parse_answered_by("human_maybe") == AnsweredBy::unknown);
  CHECK(parse_answered_by("machine_end_beep") == AnsweredBy::machine);
  CHECK(parse_answered_by("fax") == AnsweredBy::fax);
  CHECK(parse_answered_by("") == AnsweredBy::not_detected);
}

TEST_CASE("an answering machine verdict is read") {
  const auto callback =
      parse_amd_callback(ids + "&AnsweredBy=machine_end_beep&MachineDetectionDuration=4250");
  REQUIRE(callback);
  CHECK(callback->answered_by == AnsweredBy::machine);
  CHECK(callback->detection_ms == 4250);
}

TEST_CASE("a stream that failed says why") {
  const auto status =
      parse_stream_status(ids +
                          "&StreamEvent=stream-error&StreamError=Stream+-+WebSocket+-+Handshake+"
                          "Error&StreamSid=MZ5501&StreamName=agent");
  REQUIRE(status);
  CHECK(status->event == StreamEvent::error);
  CHECK(status->error == "Stream - WebSocket - Handshake Error");
  CHECK(status->stream_id.str() == "MZ5501");
  CHECK(parse_stream_status(ids + "&StreamEvent=stream-started")->event == StreamEvent::started);
  CHECK(parse_stream_status(ids + "&StreamEvent=stream-stopped")->event == StreamEvent::stopped);
}

TEST_CASE("connect-done and the end of a dialled leg read as voice webhooks") {
  const auto done = parse_connect_done(ids + "&CallStatus=in-progress&DialCallStatus=no-answer");
  REQUIRE(done);
  CHECK(done->dial_call_status == "no-answer");
}

TEST_CASE("every status word survives a round trip") {
  for (int i = 0; i <= static_cast<int>(CallStatus::canceled); ++i) {
    const auto status = static_cast<CallStatus>(i);
    CHECK(parse_call_status(to_string(status)) == status);
  }
  CHECK_FALSE(parse_call_status("in_progress"));
}

TEST_CASE("ranks order the life of a call, all ends are equal") {
  CHECK(rank(CallStatus::queued) == 0);
  CHECK(rank(CallStatus::initiated) == 1);
  CHECK(rank(CallStatus::ringing) == 2);
  CHECK(rank(CallStatus::in_progress) == 3);
  for (const auto status : {CallStatus::completed, CallStatus::busy, CallStatus::no_answer,
                            CallStatus::failed, CallStatus::canceled}) {
    CHECK(rank(status) == 4);
    CHECK(is_terminal(status));
  }
}

TEST_CASE("T26: callbacks in every order, with repeats, only move a call forward") {
  std::vector<CallStatus> order = {CallStatus::initiated, CallStatus::ringing,
                                   CallStatus::in_progress, CallStatus::completed,
                                   CallStatus::ringing};
  std::sort(order.begin(), order.end());
  do {
    CallProgress progress;
    int highest = -1;
    for (const CallStatus status : order) {
      const bool news = progress.advance(status);
      CHECK(news == (rank(status) > highest));
      highest = std::max(highest, rank(status));
      CHECK(rank(*progress.status()) == highest);
    }
    CHECK(progress.ended());
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST_CASE("T26: the first terminal status stays") {
  CallProgress progress;
  CHECK_FALSE(progress.status());
  CHECK_FALSE(progress.ended());
  CHECK(progress.advance(CallStatus::busy));
  CHECK_FALSE(progress.advance(CallStatus::completed));
  CHECK(progress.status() == CallStatus::busy);
}

TEST_CASE("how a transfer went is read from the dialled leg's status, unknown words as failed") {
  CHECK(parse_dial_outcome("completed") == DialOutcome::connected);
  CHECK(parse_dial_outcome("answered") == DialOutcome::connected);
  CHECK(parse_dial_outcome("busy") == DialOutcome::busy);
  CHECK(parse_dial_outcome("no-answer") == DialOutcome::no_answer);
  CHECK(parse_dial_outcome("canceled") == DialOutcome::canceled);
  CHECK(parse_dial_outcome("failed") == DialOutcome::failed);
  CHECK(parse_dial_outcome("") == DialOutcome::failed);
  CHECK(to_string(DialOutcome::no_answer) == "no_answer");
}
