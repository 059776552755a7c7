// Places calls: carries out what dial::Dialler wants, with the database and the carrier's API, and
// keeps PlacedCalls true. The decisions are the Dialler's; here is who is asked. Runs on the
// control thread; questions to the database run on the query threads.
#pragma once

#include <atomic>
#include <functional>
#include <optional>
#include <string>
#include <unordered_set>

#include "bridge/carrier_api.hpp"
#include "bridge/config.hpp"
#include "bridge/core/record.hpp"
#include "bridge/dial/clock_watch.hpp"
#include "bridge/dial/dialler.hpp"
#include "bridge/net/task.hpp"
#include "bridge/ops/log.hpp"
#include "bridge/ops/metrics.hpp"
#include "bridge/placed_calls.hpp"
#include "bridge/switchboard.hpp"
#include "store/dialling.hpp"
#include "store/query_thread.hpp"

namespace tandem {

class Outbound {
 public:
  struct Parts {
    net::asio::io_context& context;
    const Config& config;
    ops::Log& log;
    ops::Metrics& metrics;
    Switchboard& switchboard;
    CarrierApi& carrier;
    store::QueryThread& queries;
    PlacedCalls& placed_calls;
    std::function<void(core::Record)> write_down;
    std::function<bool()> may_place;  ///< this node can carry a further call
    std::string node;
  };
  explicit Outbound(Parts parts);

  void start();
  void stop();
  net::Task<void> join() { return tasks_.join(); }

  /// Calls that this process placed and that nobody has answered yet: who drains waits for them.
  /// From any thread.
  [[nodiscard]] std::size_t ringing() const noexcept { return ringing_; }
  /// Something was queued here: it need not wait for the next survey.
  void nudge();
  /// The carrier asks about an intent that this node does not know yet.
  void look_again();
  /// What the gate is told now.
  [[nodiscard]] store::DialContext context() const;
  /// For the metrics: what the gate said. From any thread.
  void count_decision(const std::vector<std::string>& refusals);

 private:
  net::Task<void> run();
  void observe_clock();
  /// dialler_ was told something: its wishes need not wait for the next deadline.
  void wake();
  void count(std::string_view result);

  // One for each wish of the Dialler.
  void perform(const dial::TakeSurvey& wish);
  void perform(const dial::ClaimNext& wish);
  void perform(const dial::AskCarrier& wish);
  void perform(const dial::Note& wish);
  void perform(const dial::LookFor& wish);
  void perform(const dial::CancelCall& wish);
  void perform(const dial::EndPolitely& wish);
  void perform(const dial::FetchCall& wish);
  void perform(const dial::Alarm& wish);

  net::Task<void> take_survey();
  net::Task<void> claim();
  net::Task<void> ask_carrier(dial::AskCarrier wish);
  net::Task<void> keep(dial::Note note);
  net::Task<void> look_for(dial::LookFor wish);
  net::Task<void> fetch(dial::FetchCall wish);
  /// Calls that this node carries learn what any node was told.
  void tell_calls(const store::DialSurvey& survey);
  void count_ringing(const store::DialSurvey& survey);

  template <class T>
  net::Task<std::optional<T>> ask(std::function<T(store::Connection&)> question);

  Parts parts_;
  std::optional<store::PhoneHasher> hasher_;
  dial::Dialler dialler_;
  dial::ClockWatch clock_;
  net::Timer timer_;
  std::unordered_set<core::CallId> own_;  ///< placed by this process, as far as it knows ringing
  std::atomic<std::size_t> ringing_ = 0;  ///< how many those are
  bool is_stopping_ = false;
  bool is_database_away_ = false;
  net::TaskGroup tasks_;
};

}  // namespace tandem
