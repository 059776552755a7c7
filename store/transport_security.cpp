#include "store/transport_security.hpp"

#include <libpq-fe.h>

#include <memory>
#include <string_view>

namespace tandem::store {

namespace {

/// "127.0.0.1", not "127.example".
bool is_loopback(std::string_view host) noexcept {
  return host.starts_with("127.") &&
         host.find_first_not_of("0123456789.") == std::string_view::npos;
}

bool is_on_this_machine(std::string_view host) noexcept {
  return host.empty() || host.starts_with('/') || host.starts_with('@') || host == "localhost" ||
         host == "::1" || is_loopback(host);
}

bool are_on_this_machine(std::string_view hosts) noexcept {
  for (auto comma = hosts.find(','); comma != std::string_view::npos; comma = hosts.find(',')) {
    if (!is_on_this_machine(hosts.substr(0, comma))) return false;
    hosts.remove_prefix(comma + 1);
  }
  return is_on_this_machine(hosts);
}

}  // namespace

bool talks_to_strangers(const core::Secret& url) {
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options(
      PQconninfoParse(url.expose().c_str(), nullptr), &PQconninfoFree);
  std::string_view host, address, mode;
  for (auto* option = options.get(); option != nullptr && option->keyword != nullptr; ++option) {
    if (option->val == nullptr) continue;
    const std::string_view keyword = option->keyword;
    if (keyword == "host") host = option->val;
    if (keyword == "hostaddr") address = option->val;
    if (keyword == "sslmode") mode = option->val;
  }
  // where hostaddr is set, libpq goes there, and host is only the name to be proven
  const bool is_near = are_on_this_machine(address.empty() ? host : address);
  return !is_near && mode != "verify-full" && mode != "verify-ca";
}

}  // namespace tandem::store
