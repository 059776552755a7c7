#include "bridge/connect_done.hpp"

#include "tests/unit/catch.hpp"

namespace tandem {

namespace {

using call::EndReason;
using twilio::CallStatus;

AfterStream after(std::optional<EndReason> reason, int streams_again = 0) {
  CallDirectory::Entry entry;
  entry.end_reason = reason;
  entry.streams_again = streams_again;
  if (reason == EndReason::transferred)
    entry.transfer = call::TransferCall{core::PhoneNumber("+14155550142"), ""};
  return after_stream(&entry, CallStatus::in_progress);
}

}  // namespace

TEST_CASE("T17: a caller whose stream broke gets another one, twice at most") {
  CHECK(after(std::nullopt, 0) == AfterStream::stream_again);
  CHECK(after(std::nullopt, 1) == AfterStream::stream_again);
  CHECK(after(std::nullopt, 2) == AfterStream::apologise);
}

TEST_CASE("T16: after an end that was meant, the line is hung up") {
  for (const auto reason :
       {EndReason::caller_hung_up, EndReason::agent_hung_up, EndReason::operator_hung_up,
        EndReason::time_limit, EndReason::voice_ended, EndReason::bad_token, EndReason::wrong_call})
    CHECK(after(reason) == AfterStream::hang_up);
}

TEST_CASE("a caller whom the agent left alone hears an apology") {
  for (const auto reason : {EndReason::voice_refused, EndReason::voice_unavailable,
                            EndReason::voice_lost, EndReason::voice_frozen, EndReason::internal,
                            EndReason::carrier_protocol, EndReason::shutdown})
    CHECK(after(reason) == AfterStream::apologise);
}

TEST_CASE("a transferred caller is put through, one who opted out is confirmed that") {
  CHECK(after(EndReason::transferred) == AfterStream::transfer);
  CHECK(after(EndReason::opted_out) == AfterStream::confirm_opt_out);
}

TEST_CASE(
    "T27: about a call that is not known here, or lost its stream long ago, the record is asked") {
  CHECK(after_stream(nullptr, CallStatus::in_progress) == AfterStream::ask_record);
  CHECK(after(EndReason::carrier_lost) == AfterStream::ask_record);
}

TEST_CASE("T30: when the caller is gone, nothing is begun for them") {
  CHECK(after_stream(nullptr, CallStatus::completed) == AfterStream::hang_up);
  CallDirectory::Entry live;
  CHECK(after_stream(&live, CallStatus::completed) == AfterStream::hang_up);
}

}  // namespace tandem
