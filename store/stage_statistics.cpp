// load_stage_statistics of store/queries.hpp.
#include <algorithm>
#include <array>

#include "store/queries.hpp"
#include "store/record_json.hpp"

namespace tandem::store {

namespace {

struct Stage {
  const char* name;
  std::int64_t core::TurnLatency::*value;
};

constexpr std::array<Stage, 7> stages = {
    {{"to_last_audio_sent_us", &core::TurnLatency::to_last_audio_sent_us},
     {"to_text_final_us", &core::TurnLatency::to_text_final_us},
     {"to_first_audio_us", &core::TurnLatency::to_first_audio_us},
     {"to_carrier_us", &core::TurnLatency::to_carrier_us},
     {"to_audible_us", &core::TurnLatency::to_audible_us},
     {"unexplained_us", &core::TurnLatency::unexplained_us},
     {"gap_us", &core::TurnLatency::gap_us}}};

/// Nearest rank.
core::Percentiles percentiles_of(std::vector<std::int64_t> values) {
  std::sort(values.begin(), values.end());
  const auto at = [&](std::size_t percent) {
    return values[(values.size() * percent + 99) / 100 - 1];
  };
  return {.count = static_cast<std::int64_t>(values.size()),
          .p50_us = at(50),
          .p95_us = at(95),
          .p99_us = at(99),
          .max_us = values.back()};
}

}  // namespace

std::vector<StageStatistics> load_stage_statistics(Connection& connection, core::WallTime from,
                                                   core::WallTime to) {
  // jsonb to rows to sorted groups costs the database ten times what it costs here
  const Rows rows = connection.run(
      "select a.response_times from (select id from bridge.calls where start_time >= $1 "
      "and start_time < $2 order by start_time desc, id desc limit $3) c "
      "join bridge.analytics a on a.call_id = c.id",
      Parameters().add(from).add(to).add(stage_calls_max));
  std::array<std::vector<std::int64_t>, stages.size()> values;
  for (int row = 0; row < rows.size(); ++row) {
    for (const core::TurnLatency& turn : decode_turns(rows.text(row, 0))) {
      for (std::size_t i = 0; i < stages.size(); ++i) values[i].push_back(turn.*stages[i].value);
    }
  }
  std::vector<StageStatistics> statistics;
  for (std::size_t i = 0; i < stages.size(); ++i) {
    if (values[i].empty()) continue;
    statistics.push_back({stages[i].name, percentiles_of(std::move(values[i]))});
  }
  return statistics;
}

}  // namespace tandem::store
