// What the store's tests share: a temporary directory, scripted records, waiting for a condition
// with a deadline.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "bridge/core/record.hpp"
#include "store/importer.hpp"
#include "store/spool.hpp"

namespace tandem::test {

/// A new directory under /tmp, removed with everything in it.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  [[nodiscard]] const std::string& path() const noexcept { return path_; }

 private:
  std::string path_;
};

/// A call id made of a number: "00000000-0000-4000-8000-00000000002a"
core::CallId call_id(int number);

/// 2026-11-22 12:00:00 UTC plus so many seconds.
core::WallTime wall_at(int seconds);

core::Record make_record(int call, int second, core::RecordBody body);
core::Record entry(int call, int seq, const std::string& text,
                   core::Speaker speaker = core::Speaker::user);

/// All records of one answered inbound call of 60 s with `turns` questions and answers, in order.
std::vector<core::Record> scripted_call(int call, int turns);

/// Waits until `condition` holds, looking every 5 ms; false when it did not within 20 s.
bool eventually(const std::function<bool()>& condition);

store::SpoolSettings spool_settings(const std::string& directory);
store::ImporterSettings importer_settings(const core::Secret& url);

/// A new database with the schema, in the cluster that the tests share.
core::Secret migrated_database();

/// Writes the records as the importer does; none of them may be refused.
void write(store::Connection& db, const std::vector<core::Record>& records);

/// Calls 1 to `count`, one minute apart, inbound from +155501 and five digits.
void write_calls(store::Connection& db, int count);

/// Appends them; none may be refused.
void append_all(store::Spool& spool, const std::vector<core::Record>& records);

/// Waits until everything appended is written, imported and acknowledged.
bool all_imported(const store::Spool& spool);

/// One number from the database.
std::int64_t number_from(store::Connection& connection, const std::string& statement);

/// Path of every regular file in a directory whose name ends so.
std::vector<std::string> files_ending(const std::string& directory, const std::string& end);

}  // namespace tandem::test
