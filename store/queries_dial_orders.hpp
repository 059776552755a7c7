// Changes to our own list, to consents and to the switch of dialling as people order them over the
// API: each together with its line in the audit log, in the transaction of the caller. The line
// names rows and never a number. Numbers are hashed with the key that the connection carries.
#pragma once

#include <string>

#include "store/do_not_call.hpp"

namespace tandem::store {

/// As add_do_not_call; `entry.added_by` is who ordered it.
Changed order_do_not_call(Connection& connection, const DoNotCallEntry& entry);
/// As remove_do_not_call.
Changed order_call_allowed(Connection& connection, const core::PhoneNumber& number,
                           const std::string& who);
Changed order_consent(Connection& connection, const ConsentEntry& entry, const std::string& who);
/// As revoke_consents.
Changed order_revocation(Connection& connection, const core::PhoneNumber& number,
                         const std::string& who);
/// As set_dial_switch of store/dialling.
void order_dial_switch(Connection& connection, bool is_stopped, const std::string& reason,
                       const std::string& who);

}  // namespace tandem::store
