#include "bridge/carrier_api.hpp"

#include <array>

#include "bridge/arrival.hpp"

namespace tandem {

namespace {

using namespace std::chrono_literals;

/// Between the tries. The media socket is closed 3 s after the first one whatever happens here,
/// which ends most calls.
constexpr std::array<std::chrono::milliseconds, 5> retry_pauses = {250ms, 1000ms, 4000ms, 15000ms,
                                                                   60000ms};

}  // namespace

twilio::RestAccount rest_account(const Config& config) {
  twilio::RestAccount account;
  core::parse_url(config.twilio.api_url, account.api);
  account.account_id = config.twilio.account_sid;
  const bool has_key = !config.twilio.api_key.empty();
  account.user = has_key ? config.twilio.api_key : config.twilio.account_sid;
  account.password = has_key ? config.twilio.api_secret : config.twilio.auth_token;
  return account;
}

CarrierApi::CarrierApi(net::asio::io_context& context, net::HttpClient& client,
                       twilio::RestAccount account, ops::Log& log)
    : context_(context),
      client_(client),
      account_(std::move(account)),
      log_(log),
      tasks_(context, [&log](std::exception_ptr) { log.error("carrier_api_task_failed"); }) {}

void CarrierApi::hang_up(core::CarrierCallId id, core::CallId call_id) {
  tasks_.spawn(run_end(twilio::hang_up_request(account_, id), std::move(call_id), "hang_up"));
}

void CarrierApi::cancel(core::CarrierCallId id, core::CallId call_id) {
  tasks_.spawn(run_end(twilio::cancel_request(account_, id), std::move(call_id), "cancel"));
}

net::Task<CarrierApi::Fetched> CarrierApi::create(twilio::CreateCall call) {
  auto request = twilio::create_call_request(account_, call);
  const core::OutgoingResponse response = co_await client_.send(std::move(request));
  co_return twilio::parse_created(response);
}

net::Task<CarrierApi::Listing> CarrierApi::list(twilio::ListCalls filter) {
  auto request = twilio::list_calls_request(account_, filter);
  const core::OutgoingResponse response = co_await client_.send(std::move(request));
  co_return twilio::parse_listed(response);
}

void CarrierApi::stop() { is_stopping_ = true; }

net::Task<CarrierApi::Fetched> CarrierApi::fetch(core::CarrierCallId id) {
  auto request = twilio::fetch_call_request(account_, id);
  const core::OutgoingResponse response = co_await client_.send(std::move(request));
  co_return twilio::parse_fetched(response);
}

net::Task<void> CarrierApi::run_end(core::OutgoingRequest request, core::CallId call_id,
                                    std::string_view what) {
  for (std::size_t attempt = 0; !is_stopping_; ++attempt) {
    auto again = request;
    const core::OutgoingResponse response = co_await client_.send(std::move(again));
    const auto outcome = twilio::parse_ended(response);
    if (outcome) {
      log_.info(what == "cancel" ? "call_canceled" : "call_hung_up",
                {{"call_id", call_id}, {"status", response.status}});
      co_return;
    }
    const auto& failure = outcome.error();
    log_.warn(what == "cancel" ? "cancel_failed" : "hang_up_failed",
              {{"call_id", call_id},
               {"fault", twilio::to_string(failure.fault)},
               {"status", failure.status},
               {"code", failure.code}});
    if (failure.fault != twilio::RestFault::retry_safe || attempt == retry_pauses.size()) co_return;
    co_await pause_unless(context_, is_stopping_, retry_pauses[attempt]);
  }
}

}  // namespace tandem
