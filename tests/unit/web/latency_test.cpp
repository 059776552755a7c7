#include "tests/unit/catch.hpp"
#include "tests/unit/web/requests.hpp"
#include "web/bottlenecks.hpp"

namespace tandem::web {

using namespace std::chrono_literals;

namespace {

core::HttpRequest post(std::string body) {
  return {.method = "POST",
          .target = "/latency/config",
          .headers = {{"Content-Type", "application/json"}},
          .body = std::move(body),
          .peer = "127.0.0.1"};
}

int status_of(const ApiTask& task) {
  const auto* response = std::get_if<core::HttpResponse>(&task);
  return response != nullptr ? response->status : 0;
}

core::MeasuredTurn turn_of(std::int64_t bridge_us, std::int64_t provider_us,
                           std::int64_t carrier_us, std::int64_t unexplained_us) {
  core::MeasuredTurn measured;
  measured.provider = "hume";
  measured.voice_network = 30ms;
  measured.turn.to_carrier_us = bridge_us;
  measured.turn.to_first_audio_us = provider_us;
  measured.turn.to_audible_us = carrier_us;
  measured.turn.unexplained_us = unexplained_us;
  measured.turn.gap_us = bridge_us + provider_us + carrier_us + unexplained_us;
  return measured;
}

LatencyFigures figures_of(std::vector<core::MeasuredTurn> turns) {
  LatencyFigures figures;
  figures.by_thread.resize(1);
  figures.threads = {"shard-0"};
  figures.turns = std::move(turns);
  return figures;
}

}  // namespace

TEST_CASE("the defaults fit their own bounds and do not contradict each other") {
  const LatencySettings defaults;
  for (const auto& rule : latency_rules()) {
    const auto value = value_of(rule, defaults);
    CAPTURE(rule.name, value);
    CHECK(value >= rule.min);
    CHECK(value <= rule.max);
    CHECK(value % rule.step == 0);
  }
  CHECK(contradictions(defaults).empty());
}

TEST_CASE("a change of settings is read member by member, and refused with all that is wrong") {
  const auto changes =
      std::get<LatencyTask>(test::ask(post(R"({"playout_lead_ms":160,"hold_max_ms":"default"})")));
  CHECK(changes.who == "tester");
  REQUIRE(changes.changes.size() == 2);
  CHECK(changes.changes[0].second == 160);
  CHECK_FALSE(changes.changes[1].second.has_value());
  const auto refused = test::ask(
      post(R"({"playout_lead_ms":79,"quiet_release_ms":455,"freeze_nudge_ms":"soon","colour":1,)"
           R"("hold_max_ms":null})"));
  REQUIRE(status_of(refused) == 422);
  const auto& body = std::get<core::HttpResponse>(refused).body;
  for (const auto* part :
       {R"("playout_lead_ms","code":"out_of_range")",
        R"("quiet_release_ms","code":"not_a_multiple")",
        R"("freeze_nudge_ms","code":"not_a_number")", R"("colour","code":"unknown_setting")",
        R"("hold_max_ms","code":"not_a_number")"}) {
    CAPTURE(part);
    CHECK(body.find(part) != std::string::npos);
  }
  CHECK(status_of(test::ask(post("{}"))) == 422);
  CHECK(status_of(test::ask(post("[1]"))) == 400);
}

TEST_CASE("settings that contradict each other are all named") {
  LatencySettings settings;
  settings.playout.lead = 80ms;
  settings.patience.freeze_resume = settings.patience.freeze_nudge;
  std::vector<std::string> names;
  for (const auto& error : contradictions(settings)) names.push_back(error.name);
  CHECK(names ==
        std::vector<std::string>{"playout_lead_ms", "playout_message_max_ms", "freeze_resume_ms"});
}

TEST_CASE("windows and providers of latency questions are read strictly") {
  const auto task =
      std::get<LatencyTask>(test::ask(test::get("/latency/stats?window=15m&provider=gemini")));
  CHECK(task.query.span() == std::chrono::seconds(900));
  CHECK(task.query.provider == "gemini");
  CHECK_FALSE(LatencyQuery{"all", ""}.span().has_value());
  CHECK(status_of(test::ask(test::get("/latency/bottlenecks?window=2m"))) == 400);
  CHECK(status_of(test::ask(test::get("/latency/session/nobody"))) == 404);
}

TEST_CASE("nobody is to blame before there are five turns") {
  const auto figures = figures_of(std::vector(4, turn_of(1'000, 900'000, 40'000, 0)));
  CHECK(rank_bottlenecks(figures).empty());
  const auto text = render_bottlenecks({}, figures);
  CHECK(text.find(R"("problem":"not enough turns")") != std::string::npos);
  CHECK(text.find(R"("p95_gap_us":null)") != std::string::npos);
}

TEST_CASE("parties are ranked by their share of the slow turns, and the shares add up") {
  std::vector<core::MeasuredTurn> turns(18, turn_of(1'000, 500'000, 40'000, 0));
  turns.push_back(turn_of(1'000, 500'000, 2'000'000, 0));  // the carrier makes the slow ones
  turns.push_back(turn_of(1'000, 500'000, 2'100'000, 7'000));
  const auto ranking = rank_bottlenecks(figures_of(turns));
  REQUIRE(ranking.size() == 5);
  CHECK(ranking[0].party == "carrier");
  CHECK(ranking[1].party == "provider");
  CHECK(ranking[2].party == "network");
  double sum = 0;
  for (const auto& each : ranking) {
    sum += each.share;
    CAPTURE(each.recommendation);
    CHECK_FALSE(each.settings.empty());
    CHECK(each.recommendation.size() > 20);
  }
  CHECK(sum == Approx(1));
  CHECK(ranking[0].us == Approx(2'501'000 * ranking[0].share).epsilon(0.001));
}

TEST_CASE("a busy loop, and not the playout, is blamed for a slow bridge") {
  auto figures = figures_of(std::vector(5, turn_of(300'000, 100'000, 10'000, 0)));
  auto& threads = figures.by_thread[0];
  threads[static_cast<std::size_t>(core::Timing::carrier_first_audio)].add(
      core::log_linear::bucket_of(300'000), 5);
  CHECK(rank_bottlenecks(figures)[0].settings.front() == "playout_message_ms");
  threads[static_cast<std::size_t>(core::Timing::loop_lag)].add(core::log_linear::bucket_of(90'000),
                                                                100);
  CHECK(rank_bottlenecks(figures)[0].settings.front() == "SHARDS");
}

TEST_CASE("a slow provider is told apart by what it is slow at, and by its name") {
  auto figures = figures_of(std::vector(5, turn_of(1'000, 900'000, 10'000, 0)));
  CHECK(rank_bottlenecks(figures)[0].recommendation.find("language model") != std::string::npos);
  figures.by_thread[0][static_cast<std::size_t>(core::Timing::voice_text_final)].add(
      core::log_linear::bucket_of(700'000), 5);
  CHECK(rank_bottlenecks(figures)[0].recommendation.find("end-of-turn") != std::string::npos);
  for (auto& turn : figures.turns) turn.provider = "openai";
  CHECK(rank_bottlenecks(figures)[0].settings.front() == "OPENAI_REALTIME_MODEL");
}

TEST_CASE("statistics show every timing with its buckets, per thread, and at most twenty turns") {
  auto figures = figures_of(std::vector(30, turn_of(1'000, 500'000, 40'000, 0)));
  figures.by_thread[0][static_cast<std::size_t>(core::Timing::loop_lag)].add(
      core::log_linear::bucket_of(130), 3);
  figures.steps.resize(2);
  const auto text = render_latency_stats({}, figures);
  CHECK(text.find(R"("name":"loop_lag","count":3,"p50_us":131,"p90_us":131,"p95_us":131,)"
                  R"("p99_us":131,"max_us":131,"buckets":[[130,132,3]],"threads":[{"thread":)"
                  R"("shard-0","count":3)") != std::string::npos);
  std::size_t turns = 0;
  for (std::size_t at = 0; (at = text.find(R"("offset_ms")", at)) != std::string::npos; ++at)
    ++turns;
  CHECK(turns == turns_shown);
  CHECK(text.find(R"("p50_us":[null,null])") != std::string::npos);
}

}  // namespace tandem::web
