#include "bridge/carrier_answers.hpp"

namespace tandem {

namespace {

dial::Answer answer_of(twilio::RestFault fault) {
  using twilio::RestFault;
  switch (fault) {
    case RestFault::retry_safe:
      return dial::Answer::not_acted;
    case RestFault::refused:
      return dial::Answer::refused;
    case RestFault::configuration:
    case RestFault::account:
    case RestFault::queue_full:
    case RestFault::bad_request:
    case RestFault::not_found:  // there is no such account at this address
      return dial::Answer::misconfigured;
    case RestFault::unknown_outcome:
    case RestFault::unreadable:
    case RestFault::wrong_state:  // of a call that it must have made
      break;
  }
  return dial::Answer::unclear;
}

}  // namespace

dial::Created created_of(const core::Result<twilio::CallResource, twilio::RestFailure>& answer) {
  dial::Created created;
  if (answer) {
    created.answer = dial::Answer::accepted;
    created.carrier_call_id = answer->id;
    return created;
  }
  const auto& failure = answer.error();
  created.answer = answer_of(failure.fault);
  created.error_code = failure.code;
  created.needs_operator = failure.needs_operator();
  created.retry_after = failure.retry_after;
  return created;
}

core::Record status_record(const core::CallId& id, const twilio::CallResource& resource,
                           core::WallTime wall) {
  core::CarrierStatus status;
  status.carrier_call_id = resource.id;
  status.status = twilio::to_string(*resource.status);
  status.rank = twilio::rank(*resource.status);
  if (resource.duration_s) status.duration_s = static_cast<std::int32_t>(*resource.duration_s);
  if (resource.answered_by != twilio::AnsweredBy::not_detected)
    status.answered_by = twilio::to_string(resource.answered_by);
  core::Record record;
  record.call_id = id;
  record.wall = wall;
  record.body = std::move(status);
  return record;
}

}  // namespace tandem
