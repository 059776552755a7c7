#include "bridge/serve.hpp"

#include <pthread.h>
#include <unistd.h>

#include <array>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <csignal>
#include <ctime>
#include <future>
#include <thread>

#include "bridge/analysis.hpp"
#include "bridge/api_routes.hpp"
#include "bridge/carrier_api.hpp"
#include "bridge/net/http_client.hpp"
#include "bridge/net/http_server.hpp"
#include "bridge/net/shard.hpp"
#include "bridge/providers.hpp"
#include "bridge/twilio_routes.hpp"
#include "bridge/version.hpp"
#include "store/importer.hpp"
#include "store/query_thread.hpp"

namespace tandem {

namespace {

namespace asio = net::asio;
using namespace std::chrono_literals;

constexpr auto second_signal_patience = 10s;  // R02
constexpr auto flush_patience = 5s;

std::string host_name() {
  std::array<char, 256> name{};
  return gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "node";
}

std::size_t shard_count(const Config& config) {
  if (config.shards > 0) return static_cast<std::size_t>(config.shards);
  const auto cores = std::thread::hardware_concurrency();
  return cores > 1 ? cores - 1 : 1;
}

gemini::AnalysisSettings analysis_settings(const Config& config) {
  gemini::AnalysisSettings settings;
  core::parse_url(config.gemini.url + "/v1beta", settings.base_url);
  settings.model = config.gemini.model;
  settings.api_key = config.gemini.api_key;
  return settings;
}

/// Everything that runs while the bridge serves. Members are in the order in which they start;
/// stop() takes them down in the order that loses nothing: no new calls, no calls, records flushed,
/// records imported, threads joined.
class Bridge {
 public:
  explicit Bridge(const Config& config);
  ~Bridge() { stop(); }
  Bridge(const Bridge&) = delete;
  Bridge& operator=(const Bridge&) = delete;

  void drain();
  void stop();
  [[nodiscard]] std::size_t calls() const;
  ops::Log& log() { return log_; }

 private:
  net::CallServices call_services();
  store::NoticeSink notices();
  core::OutgoingResponse exchange(core::OutgoingRequest request);
  net::HttpServer::Handlers handlers();
  void start_worker();
  void run_on_control(std::function<void()> work);

  const Config& config_;
  ops::Log log_;
  ops::Metrics metrics_;
  net::TlsClientContext tls_;
  store::DatabaseUrl database_;
  store::Spool spool_;
  std::unique_ptr<store::Importer> importer_;
  store::QueryThread queries_;

  asio::io_context control_{1};
  std::optional<asio::executor_work_guard<net::Executor>> control_work_;
  net::TaskGroup control_tasks_;
  net::HttpClient client_;
  CarrierApi carrier_api_;
  net::CallServices services_;
  std::vector<std::unique_ptr<net::Shard>> shards_;
  TwilioRoutes twilio_;
  ApiRoutes api_;
  net::HttpServer server_;
  std::unique_ptr<store::AnalysisWorker> worker_;
  std::thread control_thread_;
  bool is_stopped_ = false;
};

std::vector<std::unique_ptr<net::Shard>> make_shards(std::size_t count,
                                                     net::CallServices& services) {
  std::vector<std::unique_ptr<net::Shard>> shards;
  for (std::size_t i = 0; i < count; ++i)
    shards.push_back(std::make_unique<net::Shard>(i, services));
  return shards;
}

store::SpoolSettings spool_settings(const Config& config, store::NoticeSink notices) {
  store::SpoolSettings settings;
  settings.directory = config.spool_dir;
  settings.limits.bytes_max = config.spool_bytes_max;
  settings.notices = std::move(notices);
  return settings;
}

net::HttpServer::Options server_options(const Config& config) {
  net::HttpServer::Options options;
  options.address = config.bind;
  options.port = config.port;
  return options;
}

Bridge::Bridge(const Config& config)
    : config_(config),
      log_(STDERR_FILENO, config.log_level),
      database_([&config] { return config.database_url; }),
      spool_(spool_settings(config, notices())),
      queries_({.database = database_}),
      control_tasks_(control_, [this](std::exception_ptr) { log_.error("control_task_failed"); }),
      client_(control_, tls_),
      carrier_api_(control_, client_, rest_account(config), log_),
      services_(call_services()),
      shards_(make_shards(shard_count(config), services_)),
      twilio_({config, log_, metrics_, shards_, provider_maker(config, config.voice_provider),
               [this](core::Record record) { services_.write_down(std::move(record)); },
               host_name()}),
      api_({config, log_, metrics_, queries_, spool_, [this] { return calls(); },
            [this] { return !twilio_.is_draining() && !spool_.counters().failing; }}),
      server_(control_, server_options(config), handlers()) {
  metrics_.gauge(ops::Family::build_info, {version}).set(1);
  store::ImporterSettings importing;
  importing.database = database_;
  importing.node_name = host_name();
  importing.version = version;
  importing.notices = notices();
  importing.on_imported = [this](std::span<const core::Record> records) {
    for (const auto& record : records) {
      if (worker_ && std::holds_alternative<core::CallEnded>(record.body)) worker_->nudge();
    }
  };
  start_worker();
  importer_ = std::make_unique<store::Importer>(spool_, std::move(importing));
  for (auto& shard : shards_) shard->start();
  control_work_.emplace(control_.get_executor());
  server_.start();
  control_thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), "control");
    control_.run();
  });
  log_.info("serving", {{"address", config.bind},
                        {"port", server_.port()},
                        {"public_url", config.public_url},
                        {"shards", shards_.size()},
                        {"provider", to_string(config.voice_provider)},
                        {"version", version}});
}

std::string_view word_of(store::AnalysisOutcome::State state) {
  constexpr std::array<std::string_view, 4> words = {"done", "retry", "failed", "needs_review"};
  return words[static_cast<std::size_t>(state)];
}

void Bridge::start_worker() {
  store::AnalysisWorkerSettings settings;
  settings.database = database_;
  settings.owner = host_name();
  settings.notices = notices();
  settings.analyse =
      make_analyse(analysis_settings(config_),
                   [this](core::OutgoingRequest request) { return exchange(std::move(request)); });
  settings.on_analysed = [this](const std::string& call_id, const store::AnalysisOutcome& outcome) {
    metrics_.counter(ops::Family::analysis_total, {outcome.outcome, word_of(outcome.state)}).add();
    log_.info("call_analysed",
              {{"call_id", call_id}, {"outcome", outcome.outcome}, {"reason", outcome.reason}});
  };
  worker_ = std::make_unique<store::AnalysisWorker>(std::move(settings));
}

net::CallServices Bridge::call_services() {
  return {tls_,
          log_,
          metrics_,
          [this](core::Record record) {
            if (spool_.append(std::move(record))) return true;
            metrics_.counter(ops::Family::record_queue_dropped_total).add();
            return false;
          },
          [this](const call::CallSettings& call) {
            asio::post(control_, [this, id = call.carrier_call_id, call_id = call.id] {
              carrier_api_.hang_up(id, call_id);
            });
          },
          [this](const call::CallSettings& call, call::TransferCall transfer) {
            asio::post(control_, [this, id = call.id, transfer = std::move(transfer)] {
              twilio_.note_transfer(id, transfer);
            });
          },
          [](const call::VoiceReport&) {},
          [this](const call::CallSettings& call, call::EndReason reason) {
            asio::post(control_, [this, id = call.id, reason] { twilio_.note_end(id, reason); });
          }};
}

store::NoticeSink Bridge::notices() {
  return [this](const store::Notice& notice) {
    const auto level = notice.severity == store::Severity::info      ? ops::LogLevel::info
                       : notice.severity == store::Severity::warning ? ops::LogLevel::warn
                                                                     : ops::LogLevel::error;
    log_.write(level, notice.code, {{"detail", notice.detail}});
  };
}

core::OutgoingResponse Bridge::exchange(core::OutgoingRequest request) {
  auto answer = std::make_shared<std::promise<core::OutgoingResponse>>();
  auto future = answer->get_future();
  client_.send(std::move(request), [answer](core::OutgoingResponse response) {
    answer->set_value(std::move(response));
  });
  return future.get();
}

net::HttpServer::Handlers Bridge::handlers() {
  return {[this](core::HttpRequest request, net::Respond respond) {
            if (TwilioRoutes::owns(request.path())) return respond(twilio_.handle(request));
            api_.handle(std::move(request), std::move(respond));
          },
          [this](const core::HttpRequest& request) { return twilio_.upgrade(request); }};
}

std::size_t Bridge::calls() const {
  std::size_t count = 0;
  for (const auto& shard : shards_) count += shard->calls();
  return count;
}

/// Runs on the control thread and returns when it has run.
void Bridge::run_on_control(std::function<void()> work) {
  std::promise<void> done;
  asio::post(control_, [&] {
    work();
    done.set_value();
  });
  done.get_future().wait();
}

void Bridge::drain() {
  log_.info("draining", {{"calls", calls()}});
  metrics_.gauge(ops::Family::draining).set(1);
  run_on_control([this] { twilio_.drain(); });
}

net::Task<void> join_all(net::HttpServer& server, CarrierApi& api, net::HttpClient& client) {
  co_await server.join();
  co_await api.join();
  client.stop();
  co_await client.join();
}

void Bridge::stop() {
  if (std::exchange(is_stopped_, true)) return;
  for (auto& shard : shards_) shard->stop();
  for (auto& shard : shards_) shard->join();
  worker_->stop(flush_patience);
  queries_.stop();
  spool_.flush(flush_patience);
  importer_->stop(flush_patience);
  run_on_control([this] {
    server_.stop();
    carrier_api_.stop();
    control_tasks_.spawn(join_all(server_, carrier_api_, client_));
    control_work_.reset();
  });
  control_thread_.join();
  spool_.stop();
  const auto left = spool_.counters().backlog;
  log_.info("stopped", {{"records_kept", left}, {"directory", config_.spool_dir}});
}

/// Waits for SIGTERM or SIGINT; false when none came in time.
bool wait_for_signal(std::chrono::nanoseconds timeout) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  const timespec wait{timeout.count() / 1'000'000'000, timeout.count() % 1'000'000'000};
  return sigtimedwait(&signals, nullptr, &wait) > 0;
}

void block_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGPIPE}) sigaddset(&signals, signal);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);  // inherited by every thread that starts later
}

}  // namespace

int serve(const Config& config) {
  block_signals();
  Bridge bridge(config);
  while (!wait_for_signal(1h)) {
  }
  bridge.drain();
  auto until = std::chrono::steady_clock::now() + config.drain_timeout;
  bool was_told_twice = false;
  while (bridge.calls() > 0 && std::chrono::steady_clock::now() < until) {
    if (!wait_for_signal(100ms) || was_told_twice) continue;
    was_told_twice = true;
    until = std::min(until, std::chrono::steady_clock::now() + second_signal_patience);
  }
  bridge.stop();
  return 0;
}

}  // namespace tandem
