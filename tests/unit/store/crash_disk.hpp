// A disk in memory that can lose power, run full and fail at its n-th call: it stands under the
// store's FileCalls. It keeps of a file and of a directory's names only what was synced; whatever
// else was written since may or may not be there after a power loss, sector by sector and name by
// name, in any combination. A failed sync forgets what it should have written, and the next one
// says that all is well (as Linux does).
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <mutex>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "store/file.hpp"

namespace tandem::test {

class CrashDisk {
 public:
  static constexpr std::size_t sector_bytes = 512;
  static constexpr std::uint64_t never = std::numeric_limits<std::uint64_t>::max();

  /// Has the directory "/" only.
  CrashDisk();
  CrashDisk(const CrashDisk& other);
  CrashDisk& operator=(const CrashDisk&) = delete;

  /// The calls of store::FileCalls on the disk that is in use.
  static const store::FileCalls& calls();
  /// While one exists, the calls go to this disk.
  class Use {
   public:
    explicit Use(CrashDisk& disk);
    ~Use();
    Use(const Use&) = delete;
    Use& operator=(const Use&) = delete;

   private:
    CrashDisk* before_;
  };

  /// What the calls number `at` (from 1) to at + count - 1 answer.
  struct Fault {
    std::uint64_t at = never;
    std::uint64_t count = 1;
    int error = 0;  ///< 0: a read or write that moves half of the bytes only
    bool spares_reads = false;
  };
  Fault fault;
  std::uint64_t power_off_at = never;  ///< from this call on nothing changes and all fails
  std::uint64_t capacity = never;      ///< bytes of files, in blocks of 4096
  std::uint64_t calls_made = 0;

  /// What the next boot may find: one of the many possible disks.
  [[nodiscard]] CrashDisk after_power_loss(std::mt19937_64& random) const;

  /// Only what can be reached, all of it synced: cheaper to copy.
  void settle();
  /// Bytes of a file, to look at or to damage.
  std::string& bytes_of(const std::string& path);
  [[nodiscard]] std::vector<std::string> names_in(const std::string& directory) const;

 private:
  friend struct CrashDiskCalls;
  struct Write {
    std::size_t offset = 0;
    std::string bytes;
    std::size_t size_after = 0;
  };
  struct Naming {
    std::string removed;  ///< may be empty
    std::string added;    ///< may be empty
    int node = 0;
  };
  struct Node {
    bool is_directory = false;
    std::string bytes, synced_bytes;
    std::vector<Write> writes;  ///< since the last sync
    std::map<std::string, int> names, synced_names;
    std::vector<Naming> namings;
  };
  struct Open {
    int node = 0;
    bool appends = false;
  };

  int begin(bool is_read = false);
  int find(const std::string& path) const;
  Node* parent_of(const std::string& path, std::string& name);
  void name(Node& directory, Naming naming);
  void write(Node& file, std::size_t offset, std::string_view bytes);
  void resize(Node& file, std::size_t size);
  [[nodiscard]] std::uint64_t used() const;
  [[nodiscard]] bool fits(std::size_t before, std::size_t after) const;
  static void lose_power(Node& node, std::mt19937_64& random);

  mutable std::mutex mutex_;
  std::map<int, Node> nodes_;
  std::map<int, Open> open_;
  std::set<int> locked_;  ///< nodes
  int next_ = 100;        ///< node and descriptor numbers
};

}  // namespace tandem::test
