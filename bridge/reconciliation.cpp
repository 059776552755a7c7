#include "bridge/reconciliation.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <functional>
#include <memory>

#include "hume/alignment.hpp"

namespace tandem {

namespace {

using store::JobOutcome;
using store::JobState;

constexpr int reads_max = 3;
constexpr int group_pages_max = 5;
/// A session that our record does not know counts when it began while the call ran, give or take
/// two clocks.
constexpr auto clocks_apart_max = std::chrono::minutes(2);

/// What a job remembers from one reading to the next.
struct Progress {
  int reads = 0;
  std::string fingerprint;  ///< of what the last one said
  bool has_filled = false;  ///< the one under way is the one after the fill
};

Progress decode_progress(const std::string& payload) {
  Progress progress;
  simdjson::dom::parser parser;
  simdjson::dom::element json;
  if (parser.parse(payload).get(json) != simdjson::SUCCESS) return progress;
  std::int64_t reads = 0;
  std::string_view fingerprint;
  if (json["reads"].get(reads) == simdjson::SUCCESS)
    progress.reads = static_cast<int>(std::clamp<std::int64_t>(reads, 0, reads_max));
  if (json["fingerprint"].get(fingerprint) == simdjson::SUCCESS) progress.fingerprint = fingerprint;
  if (json["has_filled"].get(progress.has_filled) != simdjson::SUCCESS) progress.has_filled = false;
  return progress;
}

std::string encode_progress(const Progress& progress) {
  return fmt::format(R"({{"reads":{},"fingerprint":"{}","has_filled":{}}})", progress.reads,
                     progress.fingerprint, progress.has_filled);
}

/// Tells two readings apart. Not for keeping out anybody: a plain hash does.
std::string fingerprint_of(const CallHistory& history) {
  std::size_t hash = history.lines.size();
  for (const auto& line : history.lines) {
    for (const auto part :
         {std::hash<std::string>{}(line.event_id), std::hash<std::string>{}(line.text)})
      hash = hash * 1'000'003 + part;
  }
  return fmt::format("{:x}", hash);
}

bool is_evi(const store::ChatRow& chat) { return chat.provider == "hume"; }

/// Our lines that were said while EVI carried the call; another provider's history knows the
/// others.
std::vector<hume::RecordedLine> lines_with_evi(const store::ReconciliationCase& facts) {
  std::vector<hume::RecordedLine> lines;
  for (const auto& line : facts.lines) {
    const auto later = std::find_if(facts.chats.begin(), facts.chats.end(),
                                    [&](const auto& chat) { return chat.opened_at > line.at; });
    const auto& chat = later == facts.chats.begin() ? facts.chats.front() : *std::prev(later);
    if (is_evi(chat)) lines.push_back({line.speaker, line.text, line.at, line.offset});
  }
  return lines;
}

class HistoryReader {
 public:
  HistoryReader(const ReconciliationSettings& settings, const Exchange& exchange,
                CallHistory& history)
      : settings_(settings), exchange_(exchange), history_(history) {}

  void read_chat(const std::string& chat_id) {
    ++history_.chats;
    for (int page = 0, pages = 1; page < pages; ++page) {
      if (page == hume::history_pages_max) return failed(hume::HistoryError::other);
      auto answer = hume::parse_chat_events(
          exchange_(hume::chat_events_request(settings_.access, chat_id, page)));
      if (!answer) return failed(answer.error());
      // pages of a list that is being written may grow in number, and may not shrink to nothing
      const bool is_short = answer->events == 0 && page + 1 < answer->total_pages;
      if (is_short) return failed(hume::HistoryError::bad_answer);
      pages = answer->total_pages;
      history_.is_active = history_.is_active || answer->is_active;
      for (auto& line : answer->lines) {
        line.chat_id = chat_id;
        history_.lines.push_back(std::move(line));
      }
    }
  }

  std::vector<hume::GroupChat> read_group(const std::string& group_id) {
    std::vector<hume::GroupChat> chats;
    for (int page = 0, pages = 1; page < pages && page < group_pages_max; ++page) {
      auto answer = hume::parse_group_chats(
          exchange_(hume::group_chats_request(settings_.access, group_id, page)));
      if (!answer) {
        // the sessions that we know can be read without it
        if (hume::is_passing(answer.error())) history_.passing = answer.error();
        return chats;
      }
      pages = answer->total_pages;
      chats.insert(chats.end(), answer->chats.begin(), answer->chats.end());
    }
    return chats;
  }

 private:
  void failed(hume::HistoryError error) {
    (hume::is_passing(error) ? history_.passing : history_.unavailable) = error;
  }

  const ReconciliationSettings& settings_;
  const Exchange& exchange_;
  CallHistory& history_;
};

/// A session to be read, and when it began.
using Session = std::pair<core::WallTime, std::string>;

bool has(const std::vector<Session>& sessions, const std::string& id) {
  return std::any_of(sessions.begin(), sessions.end(),
                     [&](const Session& session) { return session.second == id; });
}

/// Adds the sessions of a group that the record lost, and that are nobody else's.
void add_unknown(store::Connection& connection, const std::string& call_id,
                 const store::ReconciliationCase& facts, const std::vector<hume::GroupChat>& group,
                 std::vector<Session>& sessions) {
  std::vector<std::string> ids;
  for (const auto& chat : group) ids.push_back(chat.id);
  const auto others = store::chats_of_other_calls(connection, call_id, ids);
  for (const auto& chat : group) {
    const bool is_others = std::find(others.begin(), others.end(), chat.id) != others.end();
    const bool is_of_this_time = chat.began >= facts.began - clocks_apart_max &&
                                 chat.began <= facts.ended + clocks_apart_max;
    if (!is_others && is_of_this_time && !has(sessions, chat.id))
      sessions.emplace_back(chat.began, chat.id);
  }
}

hume::CallFacts facts_of(const store::ReconciliationCase& facts) {
  return {facts.began, facts.ended, facts.greetings_withheld};
}

/// One reading, compared.
struct Finding {
  store::ReconciliationRow row;
  std::vector<store::FilledLine> lines;
  std::vector<store::KnownEvent> known;
};

Finding unavailable(std::string_view reason) {
  Finding finding;
  finding.row.result = "unavailable";
  finding.row.reason = reason;
  return finding;
}

void add_lines(const CallHistory& history, const std::vector<hume::MissingLine>& missing,
               std::vector<store::FilledLine>& lines) {
  for (const auto& place : missing) {
    const auto& line = history.lines[place.line];
    lines.push_back({line.chat_id, line.event_id, line.speaker, line.text, place.at, place.offset});
  }
}

Finding compare_with_record(const CallHistory& history, const store::ReconciliationCase& facts) {
  const auto record = lines_with_evi(facts);
  // with data retention off a session may be there and say nothing
  if (history.lines.empty() && !record.empty() && !history.unavailable)
    return unavailable("nothing_kept");
  if (history.lines.empty() && history.unavailable)
    return unavailable(hume::to_string(*history.unavailable));
  const auto comparison = hume::compare(history.lines, record, facts_of(facts));
  if (!comparison) return unavailable("too_long");
  Finding finding;
  add_lines(history, comparison->missing, finding.lines);
  add_lines(history, comparison->late, finding.lines);
  for (const auto line : comparison->matched)
    finding.known.push_back({history.lines[line].chat_id, history.lines[line].event_id});
  auto& row = finding.row;
  row.matched = static_cast<std::int32_t>(comparison->matched.size());
  row.filled = static_cast<std::int32_t>(comparison->missing.size());
  row.late = static_cast<std::int32_t>(comparison->late.size());
  // of a session that cannot be read, nothing can be missed
  row.extra = history.unavailable ? 0 : static_cast<std::int32_t>(comparison->extra);
  if (history.unavailable) row.reason = hume::to_string(*history.unavailable);
  row.result = row.filled > 0        ? "filled"
               : history.unavailable ? "unavailable"
               : row.extra > 0       ? "extra"
                                     : "match";
  return finding;
}

class ReconciliationJob {
 public:
  ReconciliationJob(ReconciliationSettings settings, Exchange exchange, OnReconciled on_reconciled)
      : settings_(std::move(settings)),
        exchange_(std::move(exchange)),
        on_reconciled_(std::move(on_reconciled)) {}

  JobOutcome run(store::Connection& connection, const store::Job& job) const {
    const auto facts = store::load_reconciliation_case(connection, job.key);
    if (!facts) return {.state = JobState::done, .note = "no such call"};
    if (std::none_of(facts->chats.begin(), facts->chats.end(), is_evi))
      return {.state = JobState::done, .note = "no session of EVI"};
    if (settings_.access.api_key.empty())
      return keep(job, unavailable("no_api_key"), JobState::done);
    auto history = read_history(settings_, exchange_, connection, job.key, *facts);
    if (history.passing) return try_later(job, *history.passing);
    auto progress = decode_progress(job.payload);
    const auto fingerprint = fingerprint_of(history);
    // a history that is not there, or says nothing, may only be late
    const bool is_final = progress.fingerprint == fingerprint && !history.is_active &&
                          !history.unavailable && !history.lines.empty();
    progress.fingerprint = fingerprint;
    ++progress.reads;
    if (!is_final && !progress.has_filled && progress.reads < reads_max)
      return read_again(progress);
    auto finding = compare_with_record(history, *facts);
    finding.row.chats = history.chats;
    finding.row.reads = progress.reads;
    const bool is_last = finding.lines.empty() || progress.has_filled;
    auto outcome = keep(job, std::move(finding), JobState::done);
    if (is_last) return outcome;
    progress.has_filled = true;
    outcome.state = JobState::again;
    outcome.delay = settings_.after_fill;
    outcome.payload = encode_progress(progress);
    return outcome;
  }

  /// The process ended more than once in the middle of this job.
  JobOutcome used_up(const store::Job& job) const {
    return keep(job, unavailable("attempts_used_up"), JobState::failed);
  }

 private:
  /// Attempts count anew: a reading that went well is no try that failed.
  JobOutcome read_again(const Progress& progress) const {
    JobOutcome outcome;
    outcome.state = JobState::again;
    outcome.delay = progress.reads == 1 ? settings_.second_read : settings_.third_read;
    outcome.payload = encode_progress(progress);
    return outcome;
  }

  JobOutcome try_later(const store::Job& job, hume::HistoryError error) const {
    const auto why = hume::to_string(error);
    auto outcome = keep(job, unavailable(why), JobState::retry);
    outcome.note = why;
    // only when it was the last try
    outcome.store = [store = std::move(outcome.store)](store::Connection& connection,
                                                       JobState state) {
      if (state == JobState::failed) store(connection, state);
    };
    outcome.stored = [stored = std::move(outcome.stored)](JobState state) {
      if (state == JobState::failed) stored(state);
    };
    return outcome;
  }

  JobOutcome keep(const store::Job& job, Finding finding, JobState state) const {
    JobOutcome outcome;
    outcome.state = state;
    const auto shared = std::make_shared<const Finding>(std::move(finding));
    const auto newly_filled = std::make_shared<std::int32_t>(0);
    outcome.store = [shared, newly_filled, id = job.key](store::Connection& connection, JobState) {
      *newly_filled =
          store::store_reconciliation(connection, id, shared->row, shared->lines, shared->known);
    };
    outcome.stored = [shared, newly_filled, id = job.key, report = on_reconciled_](JobState) {
      report(id, shared->row, *newly_filled);
    };
    return outcome;
  }

  ReconciliationSettings settings_;
  Exchange exchange_;
  OnReconciled on_reconciled_;
};

}  // namespace

CallHistory read_history(const ReconciliationSettings& settings, const Exchange& exchange,
                         store::Connection& connection, const std::string& call_id,
                         const store::ReconciliationCase& facts) {
  CallHistory history;
  HistoryReader reader(settings, exchange, history);
  std::vector<Session> sessions;
  std::vector<std::string> groups;
  for (const auto& chat : facts.chats) {
    if (!is_evi(chat)) continue;
    if (!has(sessions, chat.chat_id)) sessions.emplace_back(chat.opened_at, chat.chat_id);
    const auto known = std::find(groups.begin(), groups.end(), chat.chat_group_id);
    if (known == groups.end() && !chat.chat_group_id.empty()) groups.push_back(chat.chat_group_id);
  }
  for (const auto& group : groups)
    add_unknown(connection, call_id, facts, reader.read_group(group), sessions);
  std::sort(sessions.begin(), sessions.end());
  for (const auto& session : sessions) {
    if (history.passing) break;
    reader.read_chat(session.second);
  }
  return history;
}

store::JobHandler reconciliation_job(ReconciliationSettings settings, Exchange exchange,
                                     OnReconciled on_reconciled) {
  const auto job = std::make_shared<const ReconciliationJob>(
      std::move(settings), std::move(exchange), std::move(on_reconciled));
  return {.kind = "reconcile",
          .run = [job](store::Connection& connection,
                       const store::Job& claimed) { return job->run(connection, claimed); },
          .used_up = [job](const store::Job& claimed) { return job->used_up(claimed); }};
}

}  // namespace tandem
