#include "store/queries_dial_orders.hpp"

#include "store/audit.hpp"
#include "store/dialling.hpp"
#include "store/vault.hpp"

namespace tandem::store {

namespace {

PhoneHash hash_of(Connection& connection, const core::PhoneNumber& number) {
  const Vault* vault = connection.vault();
  return vault == nullptr ? std::nullopt : vault->phone_hash(number);
}

Changed audited(Connection& connection, const std::string& who, const std::string& action,
                Changed changed) {
  if (changed.any()) audit(connection, {who, action, changed.words()});
  return changed;
}

}  // namespace

Changed order_do_not_call(Connection& connection, const DoNotCallEntry& entry) {
  return audited(connection, entry.added_by, "dnc add",
                 add_do_not_call(connection, entry, hash_of(connection, entry.number)));
}

Changed order_call_allowed(Connection& connection, const core::PhoneNumber& number,
                           const std::string& who) {
  return audited(connection, who, "dnc remove",
                 remove_do_not_call(connection, number, hash_of(connection, number)));
}

Changed order_consent(Connection& connection, const ConsentEntry& entry, const std::string& who) {
  return audited(connection, who, "consent add",
                 add_consent(connection, entry, hash_of(connection, entry.number)));
}

Changed order_revocation(Connection& connection, const core::PhoneNumber& number,
                         const std::string& who) {
  return audited(connection, who, "consent revoke",
                 revoke_consents(connection, number, hash_of(connection, number)));
}

void order_dial_switch(Connection& connection, bool is_stopped, const std::string& reason,
                       const std::string& who) {
  set_dial_switch(connection, is_stopped, reason, who);
  audit(connection, {who, is_stopped ? "dialling stopped" : "dialling resumed"});
}

}  // namespace tandem::store
