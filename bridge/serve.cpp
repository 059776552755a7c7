#include "bridge/serve.hpp"

#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <csignal>
#include <ctime>
#include <future>
#include <thread>

#include "bridge/admin_sockets.hpp"
#include "bridge/api_routes.hpp"
#include "bridge/call_reaper.hpp"
#include "bridge/carrier_api.hpp"
#include "bridge/clock.hpp"
#include "bridge/connect_done.hpp"
#include "bridge/earlier_calls.hpp"
#include "bridge/hume_routes.hpp"
#include "bridge/latency_monitor.hpp"
#include "bridge/net/http_client.hpp"
#include "bridge/net/http_server.hpp"
#include "bridge/net/shard.hpp"
#include "bridge/outbound.hpp"
#include "bridge/placed_calls.hpp"
#include "bridge/providers.hpp"
#include "bridge/record_keeping.hpp"
#include "bridge/switchboard.hpp"
#include "bridge/twilio_documents.hpp"
#include "bridge/twilio_routes.hpp"
#include "bridge/version.hpp"

namespace tandem {

namespace {

namespace asio = net::asio;
using namespace std::chrono_literals;

constexpr auto second_signal_patience = 10s;  // R02
constexpr auto behind_age = 10s;  // records wait longer than this: the database is behind

std::string host_name() {
  std::array<char, 256> name{};
  return gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "node";
}

std::size_t shard_count(const Config& config) {
  if (config.shards > 0) return static_cast<std::size_t>(config.shards);
  const auto cores = std::thread::hardware_concurrency();
  return cores > 1 ? cores - 1 : 1;
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
  /// So many calls are about to be cut because draining took too long.
  void note_forced(std::size_t calls);
  void stop();
  [[nodiscard]] std::size_t calls() const;
  /// Somebody talks, or may answer a call of ours.
  [[nodiscard]] bool is_busy() const { return calls() > 0 || outbound_.ringing() > 0; }
  ops::Log& log() { return log_; }

 private:
  net::CallServices call_services();
  bool write_down(core::Record record);
  void note_voice(const call::VoiceReport& report);
  void note_verdict(const std::string& call_id, const store::AnalysisOutcome& outcome);
  [[nodiscard]] std::vector<std::string> running() const;
  [[nodiscard]] web::NodeStatus status() const;
  void on_control(std::function<void()> work);
  [[nodiscard]] bool is_ready() const;
  [[nodiscard]] bool may_place() const;
  core::OutgoingResponse exchange(core::OutgoingRequest request);
  net::HttpServer::Handlers handlers();
  void run_on_control(std::function<void()> work);
  net::Task<void> join_control();

  const Config& config_;
  ops::Log log_;
  ops::Metrics metrics_;
  net::TlsClientContext tls_;
  RecordKeeping record_;

  asio::io_context control_{1};
  std::optional<asio::executor_work_guard<net::Executor>> control_work_;
  net::TaskGroup control_tasks_;
  net::HttpClient client_;
  CarrierApi carrier_api_;
  ops::LatencyBoard latency_board_;
  LatencyMonitor latency_;
  net::CallServices services_;
  std::vector<std::unique_ptr<net::Shard>> shards_;
  Switchboard switchboard_;
  EarlierCalls earlier_;
  TwilioDocuments documents_;
  ConnectDone connect_done_;
  PlacedCalls placed_calls_;
  TwilioRoutes twilio_;
  HumeRoutes hume_;
  CallReaper reaper_;
  Outbound outbound_;
  Dependencies dependencies_;
  LiveBoard board_;
  AdminTickets tickets_;
  NodeCommands node_commands_;
  ApiRoutes api_;
  AdminSockets admin_;
  net::HttpServer server_;
  std::thread control_thread_;
  bool is_stopped_ = false;
};

std::vector<std::string> provider_names(const Config& config) {
  std::vector<std::string> names{std::string(to_string(config.voice_provider))};
  if (config.voice_fallback) names.emplace_back(to_string(*config.voice_fallback));
  return names;
}

/// The shards by their index, then control, by the names of their threads.
std::vector<std::string> lanes(const Config& config) {
  std::vector<std::string> threads;
  for (std::size_t i = 0; i < shard_count(config); ++i)
    threads.push_back("shard-" + std::to_string(i));
  threads.emplace_back("control");
  return threads;
}

std::vector<std::unique_ptr<net::Shard>> make_shards(std::size_t count,
                                                     net::CallServices& services) {
  std::vector<std::unique_ptr<net::Shard>> shards;
  for (std::size_t i = 0; i < count; ++i)
    shards.push_back(std::make_unique<net::Shard>(i, services));
  return shards;
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
      record_(config, log_, metrics_),
      control_tasks_(control_, [this](std::exception_ptr) { log_.error("control_task_failed"); }),
      client_(control_, tls_),
      carrier_api_(control_, client_, rest_account(config), log_),
      latency_board_(lanes(config), provider_names(config)),
      latency_({control_, latency_board_, metrics_, log_, record_.queries(), shards_,
                config.greeting_protected}),
      services_(call_services()),
      shards_(make_shards(shard_count(config), services_)),
      switchboard_({config, log_, metrics_, shards_, voice_sources(config), host_name(),
                    [this] { return record_.spool().has_room(); },
                    [this](call::CallSettings& settings) { latency_.apply(settings); }}),
      earlier_(control_, record_.queries(), record_.spool(), log_),
      documents_(config),
      connect_done_({control_, log_, metrics_, switchboard_, documents_, earlier_,
                     [this](core::Record record) { write_down(std::move(record)); }}),
      twilio_({config, log_, metrics_, switchboard_, documents_, connect_done_, placed_calls_,
               [this] { outbound_.look_again(); },
               [this](core::Record record) { write_down(std::move(record)); }}),
      hume_(
          {config, log_, metrics_, record_.queries(), [this] { record_.nudge_reconciliation(); }}),
      reaper_({control_, log_, metrics_, switchboard_, carrier_api_, record_.queries(), earlier_,
               [this](core::Record record) { write_down(std::move(record)); }, host_name(),
               config.call_time_limit}),
      outbound_({control_, config, log_, metrics_, switchboard_, carrier_api_, record_.queries(),
                 placed_calls_, [this](core::Record record) { write_down(std::move(record)); },
                 [this] { return may_place(); }, host_name()}),
      dependencies_({control_, config, record_, client_}),
      node_commands_(
          {control_, log_, record_.queries(), switchboard_, [this] { return running(); }}),
      api_({control_, config, log_, metrics_, record_, [this] { return calls(); },
            [this] { return is_ready(); }, node_commands_, tickets_, dependencies_, outbound_,
            latency_}),
      admin_({control_, config, log_, metrics_, shards_, switchboard_, api_.visitors(), tickets_,
              node_commands_, board_, [this] { return status(); }}),
      server_(control_, server_options(config), handlers()) {
  metrics_.gauge(ops::Family::build_info, {version}).set(1);
  metrics_.gauge(ops::Family::draining).set(0);
  metrics_.counter(ops::Family::drain_forced_total);
  record_.start(
      host_name(), [this](core::OutgoingRequest request) { return exchange(std::move(request)); },
      [this](const std::string& id, const store::AnalysisOutcome& outcome) {
        note_verdict(id, outcome);
      });
  for (auto& shard : shards_) shard->start();
  control_work_.emplace(control_.get_executor());
  server_.start();
  on_control([this] {
    reaper_.start();
    node_commands_.start();
    admin_.start();
    outbound_.start();
    latency_.start();
    api_.start(server_.port());
  });
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

net::CallServices Bridge::call_services() {
  return {tls_,
          log_,
          metrics_,
          [this](core::Record record) { return write_down(std::move(record)); },
          [this](const call::CallSettings& call) {
            on_control([this, id = call.carrier_call_id, call_id = call.id] {
              carrier_api_.hang_up(id, call_id);
            });
          },
          [this](const call::CallSettings& call, call::TransferCall transfer) {
            on_control([this, id = call.id, transfer = std::move(transfer)] {
              switchboard_.note_transfer(id, transfer);
            });
          },
          [this](const call::VoiceReport& report) { note_voice(report); },
          [this](const call::CallSettings& call, call::EndReason reason) {
            on_control([this, id = call.id, reason] { switchboard_.note_end(id, reason); });
          },
          latency_board_,
          [this](core::MeasuredTurn turn) {
            on_control([this, turn = std::move(turn)] { latency_.note(turn); });
          },
          [this](const core::CallId& id, call::Track track, core::MediaOffset offset,
                 std::string ulaw) {
            admin_.feed().pass(LiveSound{id, track, offset, std::move(ulaw)});
          }};
}

void Bridge::on_control(std::function<void()> work) { asio::post(control_, std::move(work)); }

/// From any thread; never waits. Two records mean something to the control thread as well.
bool Bridge::write_down(core::Record record) {
  const auto* event = std::get_if<core::CallEvent>(&record.body);
  const bool is_opt_out = event != nullptr && event->type == "opt_out";
  const bool is_end = std::holds_alternative<core::CallEnded>(record.body);
  const auto id = is_opt_out || is_end ? record.call_id : core::CallId{};
  admin_.feed().pass(record);
  bool is_taken = false;
  if (is_opt_out) {
    is_taken = record_.spool().append(std::move(record), [this, id](bool is_kept) {
      if (is_kept) on_control([this, id] { switchboard_.note_opt_out(id); });
    });
  } else {
    is_taken = record_.spool().append(std::move(record));
  }
  if (is_end) on_control([this, id] { switchboard_.note_gone(id); });
  if (!is_taken) metrics_.counter(ops::Family::record_queue_dropped_total).add();
  return is_taken;
}

void Bridge::note_voice(const call::VoiceReport& report) {
  using Outcome = ProviderHealth::Outcome;
  // A regular end and a refused resume say nothing about the provider.
  const bool is_news = report.is_ready || report.severity == call::VoiceSeverity::fatal ||
                       report.severity == call::VoiceSeverity::retry;
  if (!is_news) return;
  const auto outcome = report.is_ready                                 ? Outcome::ready
                       : report.severity == call::VoiceSeverity::fatal ? Outcome::refusal
                                                                       : Outcome::trouble;
  on_control([this, outcome, provider = report.provider, why = report.why] {
    switchboard_.note_voice(provider, outcome, why);
    dependencies_.note_voice(provider, outcome, why);
  });
}

/// From a worker's thread. A try that will be repeated is no verdict.
void Bridge::note_verdict(const std::string& call_id, const store::AnalysisOutcome& outcome) {
  using State = store::AnalysisOutcome::State;
  if (outcome.state == State::retry || outcome.state == State::postponed) return;
  web::CallAnalysed verdict{outcome.outcome, outcome.confidence};
  if (outcome.state == State::failed) verdict = {"failed"};
  if (outcome.state == State::needs_review) verdict.label = "needs_review";
  on_control([this, id = core::CallId(call_id), verdict] { admin_.note_verdict(id, verdict); });
}

std::vector<std::string> Bridge::running() const {
  std::vector<std::string> ids;
  for (const auto* const call : board_.calls()) ids.push_back(call->id.str());
  return ids;
}

web::NodeStatus Bridge::status() const {
  const auto spool = record_.spool().counters();
  const bool is_importing = record_.importing().state == store::ImporterState::importing;
  web::NodeStatus status;
  status.node = host_name();
  status.version = version;
  status.calls = calls();
  status.is_draining = switchboard_.is_draining();
  status.spool_fill = std::clamp(spool.fill_percent / 100.0, 0.0, 1.0);
  status.database = !is_importing ? "away" : spool.oldest_age > behind_age ? "behind" : "ok";
  return status;
}

bool Bridge::is_ready() const {
  return !switchboard_.is_draining() && record_.spool().has_room() && switchboard_.has_voice();
}

bool Bridge::may_place() const {
  return is_ready() && calls() < static_cast<std::size_t>(config_.max_calls);
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
            if (TwilioRoutes::owns(request.path()))
              return twilio_.handle(request, std::move(respond));
            if (request.path() == HumeRoutes::path)
              return respond(hume_.answer(request, wall_now()));
            api_.handle(std::move(request), std::move(respond));
          },
          [this](const core::HttpRequest& request) {
            if (request.path() == AdminSockets::path) return admin_.upgrade(request);
            return twilio_.upgrade(request);
          }};
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
  run_on_control([this] { switchboard_.drain(); });
}

void Bridge::note_forced(std::size_t calls) {
  if (calls == 0) return;
  log_.warn("drain_forced", {{"calls", calls}});
  metrics_.counter(ops::Family::drain_forced_total).add(calls);
}

net::Task<void> Bridge::join_control() {
  co_await connect_done_.join();
  co_await server_.join();
  co_await carrier_api_.join();
  client_.stop();
  co_await reaper_.join();
  co_await node_commands_.join();
  co_await admin_.join();
  co_await outbound_.join();
  co_await latency_.join();
  co_await client_.join();
}

void Bridge::stop() {
  if (std::exchange(is_stopped_, true)) return;
  for (auto& shard : shards_) shard->stop();
  for (auto& shard : shards_) shard->join();
  record_.stop();
  run_on_control([this] {
    server_.stop();
    carrier_api_.stop();
    connect_done_.stop();
    reaper_.stop();
    node_commands_.stop();
    admin_.stop();
    outbound_.stop();
    latency_.stop();
    api_.stop();
    control_tasks_.spawn(join_control());
    control_work_.reset();
  });
  control_thread_.join();
  record_.close();
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
  auto until = clock_now() + config.drain_timeout;
  bool was_told_twice = false;
  while (bridge.is_busy() && clock_now() < until) {
    if (!wait_for_signal(100ms) || was_told_twice) continue;
    was_told_twice = true;
    until = std::min(until, clock_now() + second_signal_patience);
  }
  bridge.note_forced(bridge.calls());
  bridge.stop();
  return 0;
}

}  // namespace tandem
