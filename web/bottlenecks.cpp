#include "web/bottlenecks.hpp"

#include <algorithm>
#include <numeric>

#include "web/json.hpp"

namespace tandem::web {

namespace {

using core::Timing;

/// From here on a busy thread, and not the design, is what callers notice.
constexpr std::int64_t slow_loop_us = 20'000;

enum Party : std::size_t { bridge, network, provider, carrier, unexplained, party_count };
using Parts = std::array<std::int64_t, party_count>;

constexpr std::array<std::string_view, party_count> names = {"bridge", "network", "provider",
                                                             "carrier", "unexplained"};

/// One turn among the parties; adds up to its gap.
Parts split(const core::MeasuredTurn& measured) {
  const auto& turn = measured.turn;
  const auto thinking = turn.to_text_final_us + turn.to_first_audio_us;
  Parts parts{};
  parts[bridge] = turn.to_last_audio_sent_us + turn.to_carrier_us;
  parts[network] = std::min(thinking, core::microseconds(measured.voice_network));
  parts[provider] = thinking - parts[network];
  parts[carrier] = turn.to_audible_us;
  parts[unexplained] = turn.unexplained_us;
  return parts;
}

/// The slowest tenth of the turns, one at least.
std::vector<const core::MeasuredTurn*> slowest(const std::vector<core::MeasuredTurn>& turns) {
  std::vector<const core::MeasuredTurn*> all;
  for (const auto& turn : turns) all.push_back(&turn);
  const auto wanted = std::max<std::size_t>(1, all.size() / 10);
  std::partial_sort(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(wanted), all.end(),
                    [](const auto* a, const auto* b) { return a->turn.gap_us > b->turn.gap_us; });
  all.resize(wanted);
  return all;
}

/// Nearest rank.
std::int64_t p95_gap_us(const std::vector<core::MeasuredTurn>& turns) {
  std::vector<std::int64_t> gaps;
  for (const auto& turn : turns) gaps.push_back(turn.turn.gap_us);
  std::sort(gaps.begin(), gaps.end());
  return gaps[(gaps.size() * 95 + 99) / 100 - 1];
}

std::vector<Timing> evidence_of(Party party) {
  switch (party) {
    case bridge:
      return {Timing::voice_last_audio_sent, Timing::carrier_first_audio, Timing::loop_lag,
              Timing::pacing_lateness,       Timing::uplink_transit,      Timing::downlink_transit};
    case network:
      return {Timing::voice_network, Timing::voice_connect};
    case provider:
      return {Timing::voice_text_final, Timing::voice_first_audio};
    case carrier:
      return {Timing::audible, Timing::carrier_round_trip, Timing::inbound_gap};
    default:
      return {Timing::unexplained};
  }
}

struct Advice {
  std::string_view words;
  std::vector<std::string_view> settings;
};

/// What of a provider can be chosen.
Advice advice_on_provider(std::string_view name, bool hears_slowly) {
  if (name == "hume") {
    return {hears_slowly
                ? "Most of it passes before the agent knows that the caller has finished: shorten "
                  "the end-of-turn silence in the EVI configuration of HUME_CONFIG_ID, or compare "
                  "another VOICE_PROVIDER."
                : "The agent's language model or voice is slow: choose a faster one in the EVI "
                  "configuration of HUME_CONFIG_ID, or compare another VOICE_PROVIDER.",
            {"HUME_CONFIG_ID", "VOICE_PROVIDER"}};
  }
  if (name == "gemini") {
    return {
        "The model takes its time: try a faster GEMINI_LIVE_MODEL, a shorter prompt in "
        "AGENT_PROMPT_FILE, or compare another VOICE_PROVIDER.",
        {"GEMINI_LIVE_MODEL", "AGENT_PROMPT_FILE", "VOICE_PROVIDER"}};
  }
  return {
      "The model takes its time: try a faster OPENAI_REALTIME_MODEL, a shorter prompt in "
      "AGENT_PROMPT_FILE, or compare another VOICE_PROVIDER.",
      {"OPENAI_REALTIME_MODEL", "AGENT_PROMPT_FILE", "VOICE_PROVIDER"}};
}

Advice advice_on_bridge(const LatencyFigures& figures) {
  if (sum_of(figures, Timing::loop_lag).quantile_us(0.99) > slow_loop_us)
    return {
        "Threads of this node are late: give it more cores and SHARDS, or fewer calls by "
        "MAX_CALLS.",
        {"SHARDS", "MAX_CALLS"}};
  if (sum_of(figures, Timing::carrier_first_audio).quantile_us(0.95) > slow_loop_us)
    return {
        "The first words wait to fill a message, or behind words that are still played: lower "
        "playout_message_ms, and playout_lead_ms with it.",
        {"playout_message_ms", "playout_lead_ms"}};
  return {
      "It is the framing of 20 ms and little else; no setting makes it shorter. More than that "
      "would point at SHARDS.",
      {"SHARDS"}};
}

std::string_view url_of(std::string_view provider_name) {
  if (provider_name == "hume") return "HUME_URL";
  return provider_name == "gemini" ? "GEMINI_URL" : "OPENAI_URL";
}

Advice advice_on(Party party, const LatencyFigures& figures, std::string_view provider_name) {
  switch (party) {
    case bridge:
      return advice_on_bridge(figures);
    case network:
      return {
          "Audio travels far between this node and the voice provider: run the node nearer to "
          "it, or point its URL at a nearer region.",
          {url_of(provider_name)}};
    case provider: {
      const auto text = sum_of(figures, Timing::voice_text_final).quantile_us(0.95);
      const auto answer = sum_of(figures, Timing::voice_first_audio).quantile_us(0.95);
      return advice_on_provider(provider_name, text > answer);
    }
    case carrier:
      return {
          "The way to the caller's ear, by the echoes of marks: serve PUBLIC_URL nearer to "
          "Twilio's edge, without proxies that buffer.",
          {"PUBLIC_URL"}};
    default:
      return {
          "Stamps are missing in these turns: look at them one by one. A provider that writes "
          "the caller's words down late, or answers before, leaves such holes; compare another "
          "VOICE_PROVIDER.",
          {"VOICE_PROVIDER"}};
  }
}

}  // namespace

std::vector<Bottleneck> rank_bottlenecks(const LatencyFigures& figures) {
  if (figures.turns.size() < turns_needed) return {};
  const auto tail = slowest(figures.turns);
  Parts sums{};
  for (const auto* turn : tail) {
    const auto parts = split(*turn);
    for (std::size_t i = 0; i < party_count; ++i) sums[i] += parts[i];
  }
  const auto whole = std::max<std::int64_t>(1, std::accumulate(sums.begin(), sums.end(), 0LL));
  const auto p95 = static_cast<double>(p95_gap_us(figures.turns));
  std::vector<Bottleneck> ranking;
  for (std::size_t i = 0; i < party_count; ++i) {
    const auto party = static_cast<Party>(i);
    Bottleneck found;
    found.party = names[i];
    found.share = static_cast<double>(sums[i]) / static_cast<double>(whole);
    found.us = static_cast<std::int64_t>(found.share * p95);
    for (const auto timing : evidence_of(party))
      found.evidence.push_back({to_string(timing), sum_of(figures, timing).quantile_us(0.95)});
    auto advice = advice_on(party, figures, tail.front()->provider);
    found.recommendation = advice.words;
    found.settings = std::move(advice.settings);
    ranking.push_back(std::move(found));
  }
  std::stable_sort(ranking.begin(), ranking.end(),
                   [](const auto& a, const auto& b) { return a.share > b.share; });
  return ranking;
}

std::string render_bottlenecks(const LatencyQuery& query, const LatencyFigures& figures) {
  const auto ranking = rank_bottlenecks(figures);
  JsonWriter json;
  json.begin_object()
      .member("window", query.window)
      .member_if_known("provider", query.provider)
      .member("turns", static_cast<std::int64_t>(figures.turns.size()))
      .member("turns_needed", static_cast<std::int64_t>(turns_needed))
      .key("p95_gap_us");
  ranking.empty() ? json.null() : json.value(p95_gap_us(figures.turns));
  json.member_if_known("problem", ranking.empty() ? "not enough turns" : "");
  json.key("ranking").begin_array();
  for (const auto& each : ranking) {
    json.begin_object()
        .member("party", each.party)
        .member("share", each.share)
        .member("us", each.us)
        .key("evidence")
        .begin_array();
    for (const auto& evidence : each.evidence)
      json.begin_object()
          .member("name", evidence.name)
          .member("p95_us", evidence.p95_us)
          .end_object();
    json.end_array().member("recommendation", each.recommendation).key("settings").begin_array();
    for (const auto setting : each.settings) json.value(setting);
    json.end_array().end_object();
  }
  return json.end_array().end_object().finish();
}

}  // namespace tandem::web
