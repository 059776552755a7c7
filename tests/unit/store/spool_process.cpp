#include "tests/unit/store/spool_process.hpp"

namespace tandem::test {

SpoolProcess::SpoolProcess(store::SpoolLimits limits, SpoolBook& book)
    : book_(book),
      first_(book.entries.size()),
      limits_(limits),
      directory_(directory_path, notices(), CrashDisk::calls()),
      writer_(directory_, table_, limits_, notices()),
      acknowledged_(directory_.checkpoint()) {
  for (const store::Segment& segment : directory_.recovered()) table_.add(segment);
  if (limits_.reserve_bytes > 0) directory_.set_aside_reserve(limits_.reserve_bytes);
}

store::NoticeSink SpoolProcess::notices() {
  return [this](const store::Notice& notice) { book_.notices.push_back(notice.code); };
}

void SpoolProcess::append(store::SyncClass sync) {
  const int number = static_cast<int>(book_.entries.size());
  core::Record record;
  record.call_id = core::CallId("00000000-0000-4000-8000-00000000000" + std::to_string(number % 3));
  record.wall = core::WallTime(std::chrono::seconds(1'795'000'000 + number));
  if (sync == store::SyncClass::best_effort) {
    record.body = core::CallEvent{number, "frame_stats", "{}"};
  } else {
    const std::string text(static_cast<std::size_t>(number) * 37 % 600, 'w');
    record.body = core::TranscriptEntry{number, core::Speaker::user, text, "user_message", "live"};
  }
  book_.entries.push_back({store::encode_record(record), false, false});
  book_.numbers[book_.entries.back().payload] = number;
  store::DurableCallback on_durable;
  if (sync == store::SyncClass::durable) {
    on_durable = [&book = book_, number](bool is_durable) {
      if (is_durable) book.entries[static_cast<std::size_t>(number)].is_durable = true;
    };
  }
  writer_.accept(record, std::move(on_durable));
}

void SpoolProcess::turn(std::chrono::milliseconds later, bool flushes) {
  now_ += later;
  if (flushes) writer_.retry_now();
  writer_.write(now_);
  writer_.settle(now_, flushes);
  if (!writer_.is_settled() || writer_.counters().dropped_full > 0) return;
  // what Spool::flush says to whoever waits for it
  for (std::size_t i = first_; i < book_.entries.size(); ++i) book_.entries[i].is_durable = true;
}

std::vector<int> SpoolProcess::readable() {
  store::SpoolReader reader(directory_.calls(), table_, notices());
  std::vector<int> numbers;
  store::SpoolPosition position = acknowledged_;
  while (true) {
    const auto records = reader.read_after(position, {.records_max = 5, .bytes_max = 2'000});
    if (records.empty()) return numbers;
    for (const auto& record : records) {
      if (record.payload.find("\"transcript_") != std::string::npos) continue;
      const auto known = book_.numbers.find(record.payload);
      numbers.push_back(known == book_.numbers.end() ? -1 : known->second);
    }
    position = records.back().position;
  }
}

void SpoolProcess::acknowledge(std::size_t count) {
  store::SpoolReader reader(directory_.calls(), table_, notices());
  const auto records = reader.read_after(acknowledged_, {.records_max = count});
  if (records.empty()) return;
  // the database has them, whatever becomes of the spool
  for (const auto& record : records) {
    const auto known = book_.numbers.find(record.payload);
    if (known == book_.numbers.end()) continue;
    book_.entries[static_cast<std::size_t>(known->second)].is_acknowledged = true;
  }
  acknowledged_ = records.back().position;
  if (directory_.save_checkpoint(acknowledged_)) directory_.trim(table_, acknowledged_);
}

}  // namespace tandem::test
