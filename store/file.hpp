// The few file operations a spool needs, each of which tells the truth about failure. POSIX only.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace tandem::store {

/// The calls that may fail on a bad disk, as a table: a test puts its own in to play EIO and
/// ENOSPC.
struct FileCalls {
  ssize_t (*write)(int, const void*, std::size_t);
  int (*sync_data)(int);
};
/// write(2) and fdatasync(2).
FileCalls system_file_calls() noexcept;

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
  explicit FileDescriptor(int fd) noexcept : fd_(fd) {}
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept;
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  ~FileDescriptor() { close(); }

  void close() noexcept;
  [[nodiscard]] int get() const noexcept { return fd_; }
  [[nodiscard]] bool is_open() const noexcept { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

/// open(2) with O_CLOEXEC; not open on failure (errno tells why). New files get mode 0600.
FileDescriptor open_file(const std::string& path, int flags) noexcept;

/// Writes everything; 0, or the errno that stopped it (some bytes may be written then).
int write_all(const FileCalls& calls, int fd, std::string_view bytes) noexcept;

/// The whole file, or nothing when it cannot be read.
std::optional<std::string> read_file(const std::string& path);

/// Appends the bytes [from, to) of a file to `out`; false when they cannot all be read.
bool read_range(const std::string& path, std::size_t from, std::size_t to, std::string& out);

/// Makes the names in a directory durable; false on failure.
bool sync_directory(const std::string& path) noexcept;

/// Writes `path`.tmp, syncs it, renames it over `path` and syncs the directory: after a crash the
/// file holds the old or the new content, never a mixture. False on failure.
bool replace_file(const std::string& directory, const std::string& name, std::string_view content);

/// Text of the last system error: "No space left on device"
std::string system_message(int error);

}  // namespace tandem::store
