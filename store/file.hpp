// The few file operations a spool needs, each of which tells the truth about failure. POSIX only.
// All of them go through a table of calls, so that a test can put a disk of its own under the spool
// (tests/unit/store/crash_disk): one that loses power, is full, or fails at the n-th call.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tandem::store {

/// Every call with which the spool touches a disk. Answers and errno as the system's own, unless
/// said otherwise.
struct FileCalls {
  int (*open)(const char* path, int flags, mode_t mode);
  int (*close)(int);
  ssize_t (*write)(int, const void*, std::size_t);
  ssize_t (*read_at)(int, void*, std::size_t, off_t);
  /// Of a regular file; -1 for anything else.
  off_t (*size)(int);
  int (*sync_data)(int);
  int (*sync)(int);
  int (*truncate)(int, off_t);
  /// Answers the error itself, as posix_fallocate(3).
  int (*allocate)(int, off_t from, off_t bytes);
  /// Exclusive, without waiting.
  int (*lock)(int);
  int (*rename)(const char* from, const char* to);
  int (*unlink)(const char*);
  int (*make_directory)(const char*, mode_t);
  int (*change_mode)(const char*, mode_t);
  /// The names in a directory, in any order; -1 when it cannot be read.
  int (*list)(const char* directory, std::vector<std::string>& names);
  /// What an ordinary process may still write to the disk of this path; no answer: max.
  std::uint64_t (*free_bytes)(const char* path);
};
/// open(2), write(2), fdatasync(2) and so on.
const FileCalls& system_file_calls() noexcept;

/// A directory or file that cannot be made, opened or locked. The text names the path and the
/// system's reason.
class FileError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// An open file descriptor, closed when it goes.
class FileDescriptor {
 public:
  FileDescriptor() = default;
  FileDescriptor(const FileCalls& calls, int fd) noexcept : close_(calls.close), fd_(fd) {}
  FileDescriptor(FileDescriptor&& other) noexcept
      : close_(other.close_), fd_(std::exchange(other.fd_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept;
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  ~FileDescriptor() { close(); }

  /// errno stays as it is.
  void close() noexcept;
  [[nodiscard]] int get() const noexcept { return fd_; }
  [[nodiscard]] bool is_open() const noexcept { return fd_ >= 0; }

 private:
  int (*close_)(int) = nullptr;
  int fd_ = -1;
};

/// open(2) with O_CLOEXEC; not open on failure (errno tells why). New files get mode 0600.
FileDescriptor open_file(const FileCalls& calls, const std::string& path, int flags) noexcept;

/// Writes everything; 0, or the errno that stopped it (some bytes may be written then).
int write_all(const FileCalls& calls, int fd, std::string_view bytes) noexcept;

/// fdatasync(2) of the calls; 0 or the errno. Whoever is told of a failure must not ask again.
int sync_data(const FileCalls& calls, int fd) noexcept;

struct ReadOutcome {
  int error = 0;               ///< the file cannot be opened or read at all; nothing was appended
  std::size_t unreadable = 0;  ///< bytes that the disk does not give back: zeros stand for them
};
/// Appends the bytes [from, to) of a file to `out`, all of them unless there is an error. A block
/// that cannot be read, or is missing at the end of the file, does not hide those around it.
ReadOutcome read_range(const FileCalls& calls, const std::string& path, std::size_t from,
                       std::size_t to, std::string& out);

/// Size of a regular file; nothing, with errno, when it cannot be opened or is none.
std::optional<std::size_t> file_size(const FileCalls& calls, const std::string& path) noexcept;

/// The whole file, or nothing when not every byte of it can be read.
std::optional<std::string> read_file(const FileCalls& calls, const std::string& path);

/// Makes the names in a directory durable; false, with errno, on failure.
bool sync_directory(const FileCalls& calls, const std::string& path) noexcept;

/// Writes `path`.tmp, syncs it, renames it over `path` and syncs the directory: after a crash the
/// file holds the old or the new content, never a mixture. False, with errno, on failure.
bool replace_file(const FileCalls& calls, const std::string& directory, const std::string& name,
                  std::string_view content);

/// Text of a system error: "No space left on device"
std::string system_message(int error);

}  // namespace tandem::store
