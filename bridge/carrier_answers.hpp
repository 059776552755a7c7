// What an answer of the carrier's API means for a call that we place, and for its record. Pure.
#pragma once

#include "bridge/core/record.hpp"
#include "bridge/dial/dialler.hpp"
#include "bridge/twilio/rest.hpp"

namespace tandem {

/// Of a request to place a call. The consequence of each error of Twilio's: 429 and what provably
/// never left us may be asked again; what one number is refused for fails that call; what no call
/// can work with halts the node; and everything that may have placed the call is unclear.
dial::Created created_of(const core::Result<twilio::CallResource, twilio::RestFailure>& answer);

/// The word of the carrier about this call, for its row. `resource.status` must be known.
core::Record status_record(const core::CallId& id, const twilio::CallResource& resource,
                           core::WallTime wall);

}  // namespace tandem
