// A spool directory on disk: lock, identity, checkpoint, reserve, and recovery when a process
// starts.
//
//   lock  node_id  ckpt  reserve  <epoch>-<first lsn>.seg  quarantine/
//
// A start is refused only when another process holds the directory (fault R11) or it cannot be used
// at all: never because of bad bytes (store/spool_recovery), never because the disk is full.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "store/file.hpp"
#include "store/notice.hpp"
#include "store/segment_table.hpp"

namespace tandem::store {

/// "0f0e..." as 8-4-4-4-12 hexadecimal digits.
std::string uuid_text(const NodeId& node);

/// A new version 4 UUID.
NodeId random_uuid();

/// What the file `ckpt` says: everything up to `through` was imported; `epoch` is of the process
/// that wrote it.
struct Checkpoint {
  std::uint64_t epoch = 0;
  SpoolPosition through;
  bool operator==(const Checkpoint&) const = default;
};
std::string checkpoint_text(const Checkpoint& checkpoint);
/// Nothing when it is not exactly what checkpoint_text wrote.
std::optional<Checkpoint> parse_checkpoint(const std::string& text);

class SpoolDirectory {
 public:
  /// Creates the directory (mode 0700) if needed, takes the lock, begins a new epoch and recovers
  /// what is there. Throws FileError. `calls` must outlive this.
  SpoolDirectory(std::string path, const NoticeSink& notices,
                 const FileCalls& calls = system_file_calls());

  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  [[nodiscard]] const FileCalls& calls() const noexcept { return calls_; }
  [[nodiscard]] const NodeId& node() const noexcept { return node_; }
  [[nodiscard]] std::string node_text() const { return uuid_text(node_); }
  [[nodiscard]] std::uint64_t epoch() const noexcept { return epoch_; }
  /// Everything up to here was imported before this start.
  [[nodiscard]] SpoolPosition checkpoint() const noexcept { return checkpoint_; }
  /// Segments of earlier epochs that still hold records, oldest first, all sealed.
  [[nodiscard]] const std::vector<Segment>& recovered() const noexcept { return recovered_; }
  /// Damaged spans and missing runs of records that were found.
  [[nodiscard]] std::uint64_t damaged() const noexcept { return damaged_; }

  /// Makes `through` the durable checkpoint; false, with errno, when the disk refuses. A full disk
  /// gets the reserve for it, because only a checkpoint lets segments be deleted.
  bool save_checkpoint(SpoolPosition through);
  /// Deletes the segments wholly at or before `through`, which must be the durable checkpoint; a
  /// damaged one goes to quarantine/ instead.
  void trim(SegmentTable& table, SpoolPosition through);

  /// Where a new segment of this epoch goes.
  [[nodiscard]] std::string segment_path(std::uint64_t first_lsn) const;

  // The reserve: disk space kept for class A records. From any thread.

  /// Sets so many bytes aside, or on a small disk a quarter of what is free; the bytes set aside.
  std::size_t set_aside_reserve(std::size_t bytes);
  /// Gives the reserve back to the disk; false when there was none.
  bool release_reserve();
  /// True after release_reserve() until space could be set aside again.
  [[nodiscard]] bool is_reserve_out() const noexcept { return is_reserve_out_; }
  [[nodiscard]] std::uint64_t free_bytes() const noexcept;

 private:
  void make_directory(const NoticeSink& notices);
  void take_lock();
  bool load_identity();
  bool replace(const std::string& name, std::string_view content);

  std::string path_;
  const FileCalls& calls_;
  FileDescriptor lock_;
  NodeId node_{};
  bool is_identity_saved_ = true;
  std::uint64_t epoch_ = 1;
  SpoolPosition checkpoint_;
  std::vector<Segment> recovered_;
  std::uint64_t damaged_ = 0;
  std::atomic<bool> is_reserve_out_{false};
};

}  // namespace tandem::store
