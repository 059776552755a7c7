#include "webhook.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "json.hpp"

namespace tandem::standins {

namespace {

// Documents above 64 kB are refused later with their own code; this only bounds memory.
constexpr std::size_t answer_limit = 1 << 20;

std::int64_t elapsed_ms(TimePoint since) {
  return std::chrono::duration_cast<Milliseconds>(Clock::now() - since).count();
}

bool is_followed(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307;
}

}  // namespace

struct PublicWeb::Overrides {
  Milliseconds connect{5000}, read{15000}, total{15000};
  int retries = 1;
  std::string when = "ct";

  static Overrides from(const std::string& fragment) {
    Overrides result;
    for (const auto& [key, value] : form_decode(fragment)) {
      const auto number = [&](int low, int high) {
        return std::clamp(std::atoi(value.c_str()), low, high);
      };
      if (key == "ct") result.connect = Milliseconds(number(100, 10000));
      if (key == "rt") result.read = Milliseconds(number(100, 15000));
      if (key == "tt") result.total = Milliseconds(number(100, 15000));
      if (key == "rc") result.retries = number(0, 5);
      if (key == "rp") result.when = value;
    }
    return result;
  }

  bool retry_on(const WebhookAnswer& answer) const {
    const auto listed = [&](std::string_view word) {
      return when == "all" ||
             ("," + when + ",").find(fmt::format(",{},", word)) != std::string::npos;
    };
    if (answer.error == 11205 || answer.error == 11220) return listed("ct");
    if (answer.error == 11200) return listed("rt");
    if (answer.error == 11217) return listed(answer.response.status >= 500 ? "5xx" : "4xx");
    return false;
  }
};

Route parse_route(const std::string& text) {
  const std::size_t equals = text.find('=');
  const std::size_t colon = text.rfind(':');
  const std::size_t scheme = text.find("://");
  if (equals == std::string::npos || colon == std::string::npos || colon < equals) {
    throw BadInput("a route is scheme://public.host=address:port");
  }
  const std::size_t start = scheme == std::string::npos || scheme > equals ? 0 : scheme + 3;
  return {text.substr(start, equals - start), text.substr(equals + 1, colon - equals - 1),
          static_cast<std::uint16_t>(std::atoi(text.c_str() + colon + 1))};
}

PublicWeb::PublicWeb(std::string auth_token, std::vector<Route> routes,
                     std::shared_ptr<TlsContext> trust)
    : auth_token_(std::move(auth_token)), routes_(std::move(routes)), trust_(std::move(trust)) {}

const Route* PublicWeb::route_for(const Url& url) const {
  const auto found = std::find_if(routes_.begin(), routes_.end(), [&](const Route& route) {
    return route.host == url.authority() || route.host == url.host;
  });
  return found == routes_.end() ? nullptr : &*found;
}

Connection PublicWeb::connect(const Url& url, TimePoint deadline) const {
  if (const Route* route = route_for(url))
    return Connection::open(route->address, route->port, deadline);
  Connection connection = Connection::open(url.host, url.effective_port(), deadline);
  if (url.secure()) connection.connect_tls(*trust_, url.host, deadline);
  return connection;
}

Headers PublicWeb::base_headers(const Url& url) const {
  Headers headers{{"Host", url.authority()}, {"User-Agent", "TwilioProxy/1.1"}};
  if (route_for(url) != nullptr) {
    headers.emplace_back("X-Forwarded-Proto", url.secure() ? "https" : "http");
    headers.emplace_back("X-Forwarded-For", "203.0.113.7");
  }
  return headers;
}

std::string PublicWeb::sign(const std::string& url, const Fields& fields) const {
  return twilio_signature(auth_token_, url, fields);
}

HttpResponse PublicWeb::exchange(const Url& url, const std::string& method, const Fields& fields,
                                 const std::string& idempotency, const Overrides& overrides) const {
  Url target = url;
  if (target.target.empty()) target.target = "/";
  if (method == "GET" && !fields.empty()) {
    target.target +=
        (target.target.find('?') == std::string::npos ? "?" : "&") + form_encode(fields);
  }
  // HTTPS callbacks are signed without port and user information (twilio.md 5.2, from Twilio's
  // "Security").
  Url signed_url = target;
  if (signed_url.scheme == "https") signed_url.port.reset();
  HttpRequest request{method, target.target, base_headers(url), {}};
  request.headers.emplace_back("Accept", "*/*");
  request.headers.emplace_back("I-Twilio-Idempotency-Token", idempotency);
  request.headers.emplace_back("X-Twilio-Signature",
                               sign(signed_url.text(), method == "GET" ? Fields() : fields));
  if (method != "GET") {
    request.headers.emplace_back("Content-Type",
                                 "application/x-www-form-urlencoded; charset=UTF-8");
    request.body = form_encode(fields);
  }
  if (!url.user_info.empty()) {
    request.headers.emplace_back("Authorization",
                                 "Basic " + base64_encode(url_decode(url.user_info)));
  }
  Connection connection = connect(url, Clock::now() + overrides.connect);
  const TimePoint deadline = Clock::now() + overrides.read;
  connection.send(request_text(request));
  connection.flush(deadline);
  std::string buffer;
  return read_response(connection, buffer, deadline, answer_limit);
}

WebhookAnswer PublicWeb::attempt(Url url, std::string method, const Fields& fields,
                                 const std::string& idempotency, const Overrides& overrides) const {
  WebhookAnswer answer;
  try {
    for (int hop = 0; hop < 10; ++hop) {
      answer.url = url.text();
      answer.response = exchange(url, method, fields, idempotency, overrides);
      const std::string location(answer.response.headers.get("Location"));
      if (!is_followed(answer.response.status) || location.empty()) break;
      if (answer.response.status != 307) method = "GET";
      url = url.resolve(location);
    }
    const int status = answer.response.status;
    if (status >= 300 && status < 400) {
      answer.error = 11216;
      answer.reason = "redirection that Twilio does not follow";
    } else if (status >= 400) {
      answer.error = 11217;
      answer.reason = fmt::format("status {}", status);
    }
  } catch (const WireError& error) {
    const std::string_view text = error.what();
    answer.reason = text;
    const bool connecting = text.starts_with("refused") ||
                            text.starts_with("timed out connecting") ||
                            text.starts_with("unreachable");
    answer.error = connecting                         ? 11205
                   : text.starts_with("unknown host") ? 11210
                   : text.starts_with("tls")          ? 11220
                                                      : 11200;
  }
  return answer;
}

WebhookAnswer PublicWeb::ask(const std::string& url, const std::string& method,
                             const Fields& fields) const {
  const TimePoint begin = Clock::now();
  WebhookAnswer answer;
  try {
    const Url parsed = Url::parse(url);
    const Overrides overrides = Overrides::from(parsed.fragment);
    const std::string idempotency = random_uuid();
    for (int attempts = 1; attempts <= overrides.retries + 1; ++attempts) {
      answer = attempt(parsed, method, fields, idempotency, overrides);
      answer.attempts = attempts;
      if (!overrides.retry_on(answer) || Clock::now() - begin >= overrides.total) break;
    }
  } catch (const WireError& error) {
    answer.error = 11100;
    answer.reason = error.what();
  }
  answer.latency_ms = elapsed_ms(begin);
  return answer;
}

}  // namespace tandem::standins
