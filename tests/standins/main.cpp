// tandem-standins serve: plays Twilio, EVI, Gemini and OpenAI until it is told to stop. README.md
// says how to use it.
#include <fmt/format.h>
#include <pthread.h>

#include <csignal>
#include <cstdio>
#include <memory>

#include "control.hpp"
#include "options.hpp"
#include "server.hpp"

namespace {

using namespace tandem::standins;

void announce(const char* party, bool tls, const std::string& address, std::uint16_t port) {
  fmt::print("{}\n",
             json::serialize(json::object{
                 {"party", party},
                 {"url", fmt::format("{}://{}:{}", tls ? "https" : "http", address, port)}}));
  std::fflush(stdout);
}

// Signals are taken by this thread alone, so that no handler runs inside another one.
void wait_for_end(const sigset_t& signals, std::int64_t max_seconds) {
  const timespec limit{max_seconds, 0};
  sigtimedwait(&signals, nullptr, &limit);
  stop_program();
}

TwilioAccount account_of(const Options& options) {
  return {options.account_sid,  options.auth_token, options.api_key, options.api_secret,
          options.phone_number, options.say_speed,  options.cps};
}

json::object evi_settings_of(const Options& options) {
  return {
      {"rate", options.evi_rate}, {"chunk_ms", options.evi_chunk_ms}, {"speed", options.evi_speed}};
}

// The parties that are played; nullptr: not this one.
struct Services {
  std::unique_ptr<TwilioExchange> twilio;
  std::unique_ptr<EviService> evi;
  std::unique_ptr<GeminiService> gemini;
  std::unique_ptr<GeminiLiveService> gemini_live;
  std::unique_ptr<RealtimeService> openai;

  Services(const Options& options, const SpeechData& speech) {
    std::vector<Route> routes;
    for (const std::string& route : options.routes) routes.push_back(parse_route(route));
    const std::string& scenario = options.scenario;
    if (options.twilio)
      twilio = std::make_unique<TwilioExchange>(account_of(options), routes,
                                                TlsContext::for_client(options.ca), speech);
    if (options.evi)
      evi = std::make_unique<EviService>(options.evi_api_key, evi_settings_of(options), scenario,
                                         speech);
    if (options.gemini) {
      gemini = std::make_unique<GeminiService>(options.gemini_api_key);
      gemini_live = std::make_unique<GeminiLiveService>(options.gemini_api_key, scenario, speech);
    }
    if (options.openai)
      openai = std::make_unique<RealtimeService>(options.openai_api_key, scenario, speech);
  }

  Parties parties() const {
    return {.twilio = twilio.get(),
            .evi = evi.get(),
            .gemini = gemini.get(),
            .gemini_live = gemini_live.get(),
            .openai = openai.get()};
  }
};

template <class Service>
Server::Upgrade upgrades_of(Service& service) {
  return [&service](Connection connection, const HttpRequest& request, std::string leftover) {
    service.handle_upgrade(std::move(connection), request, std::move(leftover));
  };
}

int serve(const Options& options, const sigset_t& signals) {
  const SpeechData speech(options.data);
  const auto tls = options.tls_cert.empty()
                       ? nullptr
                       : TlsContext::for_server(options.tls_cert, options.tls_key);
  const Services services(options, speech);
  const Control control(services.parties());
  // Listeners go first at the end: their threads use the services.
  std::vector<std::unique_ptr<Server>> servers;
  const auto open = [&](const char* party, std::uint16_t port,
                        const std::shared_ptr<TlsContext>& security, Server::Handler handler,
                        Server::Upgrade upgrade = {}) {
    servers.push_back(std::make_unique<Server>(options.bind, port, security, std::move(handler),
                                               std::move(upgrade)));
    announce(party, security != nullptr, options.bind, servers.back()->port());
  };
  if (services.twilio) {
    open("twilio", options.twilio_port, nullptr,
         [&](const HttpRequest& request) { return services.twilio->handle_rest(request); });
  }
  if (services.evi) {
    open(
        "evi", options.evi_port, tls,
        [&](const HttpRequest& request) { return services.evi->handle_http(request); },
        upgrades_of(*services.evi));
  }
  if (services.gemini) {
    open(
        "gemini", options.gemini_port, tls,
        [&](const HttpRequest& request) { return services.gemini->handle(request); },
        upgrades_of(*services.gemini_live));
  }
  if (services.openai) {
    open(
        "openai", options.openai_port, tls,
        [&](const HttpRequest& request) { return services.openai->handle_http(request); },
        upgrades_of(*services.openai));
  }
  open("control", options.control_port, nullptr,
       [&](const HttpRequest& request) { return control.handle(request); });
  wait_for_end(signals, options.max_seconds);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments.empty() || arguments[0] != "serve") {
    fmt::print(stderr, "usage: tandem-standins serve [options]   (see tests/standins/README.md)\n");
    return 2;
  }
  std::signal(SIGPIPE, SIG_IGN);
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  try {
    return serve(Options::from({arguments.begin() + 1, arguments.end()}), signals);
  } catch (const BadInput& error) {
    fmt::print(stderr, "tandem-standins: {}\n", error.what());
    return 2;
  } catch (const std::exception& error) {
    fmt::print(stderr, "tandem-standins: {}\n", error.what());
    return 1;
  }
}
