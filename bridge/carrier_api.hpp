// Twilio's REST API for one call at a time: places it, once, ends it, patiently, or asks for its
// state. A hang-up is idempotent, so it is tried again until it is known to have worked; placing a
// call is not, so it is never repeated here (O01). Runs on the control thread.
#pragma once

#include "bridge/config.hpp"
#include "bridge/core/types.hpp"
#include "bridge/net/http_client.hpp"
#include "bridge/net/task.hpp"
#include "bridge/ops/log.hpp"
#include "bridge/twilio/rest.hpp"

namespace tandem {

/// As whom we speak to Twilio: by API key when one is set, else by the account's own token.
twilio::RestAccount rest_account(const Config& config);

class CarrierApi {
 public:
  CarrierApi(net::asio::io_context& context, net::HttpClient& client, twilio::RestAccount account,
             ops::Log& log);

  /// Returns at once. An already ended call is a success.
  void hang_up(core::CarrierCallId id, core::CallId call_id);
  /// The same for a call that nobody has answered yet; one that was answered meanwhile goes on.
  void cancel(core::CarrierCallId id, core::CallId call_id);
  using Fetched = core::Result<twilio::CallResource, twilio::RestFailure>;
  /// Once, whatever the answer is.
  net::Task<Fetched> create(twilio::CreateCall call);
  using Listing = core::Result<std::vector<twilio::CallResource>, twilio::RestFailure>;
  /// The newest calls between two numbers, one page.
  net::Task<Listing> list(twilio::ListCalls filter);
  /// Once, without repeating: who asks asks again.
  net::Task<Fetched> fetch(core::CarrierCallId id);
  /// Gives up what still waits for another try; join() then ends soon.
  void stop();
  net::Task<void> join() { return tasks_.join(); }

 private:
  /// Sends `request` until it is known to have worked; `what` names it in the log.
  net::Task<void> run_end(core::OutgoingRequest request, core::CallId call_id,
                          std::string_view what);

  net::asio::io_context& context_;
  net::HttpClient& client_;
  twilio::RestAccount account_;
  ops::Log& log_;
  bool is_stopping_ = false;
  net::TaskGroup tasks_;
};

}  // namespace tandem
