#include "bridge/dependencies.hpp"

#include <boost/asio/post.hpp>

#include "bridge/carrier_api.hpp"
#include "bridge/clock.hpp"
#include "bridge/twilio/rest.hpp"
#include "store/queries.hpp"
#include "web/answers.hpp"

namespace tandem {

namespace {

using namespace std::chrono_literals;
using State = web::DependencyState;

constexpr auto patience = 3s;
constexpr auto fresh_for = 5s;

}  // namespace

/// One look at everything. The question that did not come back in time counts as no answer.
struct Dependencies::Round {
  explicit Round(net::asio::io_context& context) : timer(context) {}
  net::Timer timer;
  bool is_over = false;
  std::optional<store::QueryResult<store::DatabaseHealth>> database;
  std::optional<core::OutgoingResponse> carrier;
};

Dependencies::Dependencies(Parts parts) : parts_(parts) {
  const Config& config = parts_.config;
  note("voice:" + std::string(to_string(config.voice_provider)), State::unknown, "");
  if (config.voice_fallback)
    note("voice:" + std::string(to_string(*config.voice_fallback)), State::unknown, "");
}

void Dependencies::note(std::string_view name, State state, std::string_view error) {
  table_.note(name, state, error, wall_now());
}

void Dependencies::note_voice(std::string_view provider, ProviderHealth::Outcome outcome,
                              std::string_view why) {
  using Outcome = ProviderHealth::Outcome;
  const auto state = outcome == Outcome::ready     ? State::ok
                     : outcome == Outcome::trouble ? State::degraded
                                                   : State::down;
  note("voice:" + std::string(provider), state, outcome == Outcome::ready ? "" : why);
}

void Dependencies::answer(net::Respond respond) { ask({false, std::move(respond)}); }
void Dependencies::answer_carrier(net::Respond respond) { ask({true, std::move(respond)}); }

void Dependencies::ask(Waiting waiting) {
  const auto now = clock_now();
  const bool is_fresh = asked_at_ != core::TimePoint{} && now - asked_at_ < fresh_for;
  if (is_fresh && !is_asking_) {
    note_known();
    return reply(waiting);
  }
  waiting_.push_back(std::move(waiting));
  if (!std::exchange(is_asking_, true)) begin_round();
}

void Dependencies::begin_round() {
  asked_at_ = clock_now();
  const auto round = std::make_shared<Round>(parts_.context);
  round->timer.expires_after(patience);
  round->timer.async_wait([this, round](boost::system::error_code) { finish(round); });
  probe_database(round);
  probe_carrier(round);
}

void Dependencies::probe_database(const std::shared_ptr<Round>& round) {
  using Answer = store::QueryResult<store::DatabaseHealth>;
  const bool is_queued = parts_.record.queries().post<store::DatabaseHealth>(
      store::load_health, [this, round](Answer answer) {
        net::asio::post(parts_.context, [this, round, answer = std::move(answer)]() mutable {
          round->database = std::move(answer);
          if (round->carrier) finish(round);
        });
      });
  if (!is_queued) round->database = store::QueryError{.text = "too many questions are waiting"};
}

void Dependencies::probe_carrier(const std::shared_ptr<Round>& round) {
  twilio::ListCalls newest;
  newest.page_size = 1;
  auto request = twilio::list_calls_request(rest_account(parts_.config), newest);
  request.timeout = patience;
  parts_.client.send(std::move(request), [this, round](core::OutgoingResponse response) {
    round->carrier = std::move(response);
    if (round->database) finish(round);
  });
}

void Dependencies::finish(const std::shared_ptr<Round>& round) {
  if (std::exchange(round->is_over, true)) return;
  round->timer.cancel();
  is_asking_ = false;
  const auto* trouble =
      round->database ? std::get_if<store::QueryError>(&*round->database) : nullptr;
  const bool has_database = round->database && trouble == nullptr;
  note("database", has_database ? State::ok : State::down,
       has_database         ? ""
       : trouble != nullptr ? trouble->text
                            : "no answer within 3 s");
  core::OutgoingResponse no_answer;
  no_answer.failure = core::OutgoingResponse::Failure::unknown;
  const auto listed = twilio::parse_listed(round->carrier.value_or(std::move(no_answer)));
  carrier_answers_ = static_cast<bool>(listed);
  note("carrier", listed ? State::ok : State::down,
       listed ? "" : twilio::to_string(listed.error().fault));
  note_known();
  for (const auto& each : std::exchange(waiting_, {})) reply(each);
}

/// What needs no question.
void Dependencies::note_known() {
  const auto spool = parts_.record.spool().counters();
  const bool is_full = spool.failing || spool.state == store::SpoolState::full;
  const bool is_waiting = spool.state == store::SpoolState::spooling;
  note("spool",
       is_full      ? State::down
       : is_waiting ? State::degraded
                    : State::ok,
       spool.failing ? "the disk refuses"
       : is_full     ? "the spool is full"
                     : "");
  const auto importer = parts_.record.importing();
  const bool is_importing = importer.state == store::ImporterState::importing;
  std::string trouble(is_importing ? "" : to_string(importer.state));
  if (!is_importing && !importer.last_failure.empty()) trouble += ": " + importer.last_failure;
  note("importer", is_importing ? State::ok : State::degraded, trouble);
  const auto last = parts_.record.last_analysis();
  if (parts_.config.gemini.api_key.empty()) return note("analysis", State::not_configured, "");
  const bool has_failed = last && !last->empty();
  note("analysis",
       !last        ? State::unknown
       : has_failed ? State::degraded
                    : State::ok,
       last.value_or(""));
}

void Dependencies::reply(const Waiting& waiting) const {
  if (!waiting.is_for_carrier)
    return waiting.respond(web::json_answer(web::render_dependencies(table_.all(), wall_now())));
  if (carrier_answers_) return waiting.respond(web::json_answer(R"({"success":true})"));
  waiting.respond(web::problem(503, "Twilio does not answer",
                               "`tandem check` says what is wrong; /api/v1/health/dependencies "
                               "has the reason in short."));
}

}  // namespace tandem
