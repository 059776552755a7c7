// A spool directory on disk: lock, identity, checkpoint, and recovery when a process starts.
//
//   lock  node_id  ckpt  reserve  <epoch>-<first lsn>.seg  quarantine/
//
// Recovery never refuses because of bad bytes: a torn tail of the newest segment is cut off, damage
// elsewhere is copied to quarantine/ and stepped over, both with a notice. It refuses only a
// directory that another process holds (fault R11) or that cannot be used at all.
#pragma once

#include <cstdint>
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

class SpoolDirectory {
 public:
  /// Creates the directory (mode 0700) if needed, takes the lock, begins a new epoch and recovers
  /// what is there. Throws FileError.
  SpoolDirectory(std::string path, const NoticeSink& notices);

  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  [[nodiscard]] const NodeId& node() const noexcept { return node_; }
  [[nodiscard]] std::string node_text() const { return uuid_text(node_); }
  [[nodiscard]] std::uint64_t epoch() const noexcept { return epoch_; }
  /// Everything up to here was imported before this start.
  [[nodiscard]] SpoolPosition checkpoint() const noexcept { return checkpoint_; }
  /// Segments of earlier epochs that still hold records, oldest first, all sealed.
  [[nodiscard]] const std::vector<Segment>& recovered() const noexcept { return recovered_; }

  /// Makes `through` the durable checkpoint; false when the disk refuses.
  bool save_checkpoint(SpoolPosition through);
  /// Where a new segment of this epoch goes.
  [[nodiscard]] std::string segment_path(std::uint64_t first_lsn) const;
  /// Disk space kept for class A records; false when it could not be set aside.
  bool set_aside_reserve(std::size_t bytes);
  /// Gives the reserve back to the disk; false when there was none.
  bool release_reserve();

 private:
  void take_lock();
  void load_identity();
  void recover(const NoticeSink& notices);
  void recover_segment(Segment segment, bool is_newest, const NoticeSink& notices);
  void quarantine(const Segment& segment, std::string_view bytes, std::size_t offset);

  std::string path_;
  FileDescriptor lock_;
  NodeId node_{};
  std::uint64_t epoch_ = 1;
  SpoolPosition checkpoint_;
  std::vector<Segment> recovered_;
};

/// Segment files of a directory in order, judged by their names alone (`bytes` is the file's size).
/// Others are ignored.
std::vector<Segment> list_segments(const std::string& directory);

}  // namespace tandem::store
