// Twilio's side of the public web: requests to the addresses that a customer configured, signed,
// with the time limits, retries and URL-fragment overrides of "Webhooks: connection overrides". A
// route plays the customer's TLS proxy (README.md).
#pragma once

#include <map>
#include <memory>
#include <string>

#include "http.hpp"

namespace tandem::standins {

struct Route {
  std::string host;  // public authority, host[:port]
  std::string address;
  std::uint16_t port = 0;
};

// "wss://bridge.test=127.0.0.1:8080"; throws BadInput.
Route parse_route(const std::string& text);

struct WebhookAnswer {
  int error = 0;  // 0, or Twilio's code: 11200, 11205, 11210, 11217, 11220, 11216, 12300 is judged
                  // by the caller
  std::string reason;
  std::string url;  // the address that answered in the end, after redirects
  HttpResponse response;
  std::int64_t latency_ms = 0;
  int attempts = 0;
};

class PublicWeb {
 public:
  PublicWeb(std::string auth_token, std::vector<Route> routes, std::shared_ptr<TlsContext> trust);

  // Sends the form signed; `method` GET puts the fields into the query. Never throws WireError.
  WebhookAnswer ask(const std::string& url, const std::string& method, const Fields& fields) const;
  // Connected, TLS done where the URL asks for it and no route stands in. Throws WireError.
  Connection connect(const Url& url, TimePoint deadline) const;
  // Behind a route the proxy adds what proxies add.
  Headers base_headers(const Url& url) const;
  std::string sign(const std::string& url, const Fields& fields) const;

 private:
  struct Overrides;
  WebhookAnswer attempt(Url url, std::string method, const Fields& fields,
                        const std::string& idempotency, const Overrides& overrides) const;
  HttpResponse exchange(const Url& url, const std::string& method, const Fields& fields,
                        const std::string& idempotency, const Overrides& overrides) const;
  const Route* route_for(const Url& url) const;

  std::string auth_token_;
  std::vector<Route> routes_;
  std::shared_ptr<TlsContext> trust_;
};

}  // namespace tandem::standins
