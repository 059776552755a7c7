#include "store/file.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <limits>
#include <system_error>

namespace tandem::store {

namespace {

constexpr std::size_t block_bytes = 4096;

int system_open(const char* path, int flags, mode_t mode) { return ::open(path, flags, mode); }

off_t system_size(int fd) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) return -1;
  if (S_ISREG(status.st_mode)) return status.st_size;
  errno = EISDIR;
  return -1;
}

int system_lock(int fd) { return ::flock(fd, LOCK_EX | LOCK_NB); }

int system_list(const char* directory, std::vector<std::string>& names) {
  DIR* open = ::opendir(directory);
  if (open == nullptr) return -1;
  while (const dirent* entry = ::readdir(open)) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  ::closedir(open);
  return 0;
}

std::uint64_t system_free_bytes(const char* path) {
  struct statvfs status {};
  if (::statvfs(path, &status) != 0) return std::numeric_limits<std::uint64_t>::max();
  return std::uint64_t{status.f_bavail} * status.f_frsize;
}

constexpr FileCalls system_calls = {.open = system_open,
                                    .close = ::close,
                                    .write = ::write,
                                    .read_at = ::pread,
                                    .size = system_size,
                                    .sync_data = ::fdatasync,
                                    .sync = ::fsync,
                                    .truncate = ::ftruncate,
                                    .allocate = ::posix_fallocate,
                                    .lock = system_lock,
                                    .rename = ::rename,
                                    .unlink = ::unlink,
                                    .make_directory = ::mkdir,
                                    .change_mode = ::chmod,
                                    .list = system_list,
                                    .free_bytes = system_free_bytes};

/// A signal is no failure.
template <class Call>
auto uninterrupted(Call call) noexcept {
  auto answer = call();
  while (answer < 0 && errno == EINTR) answer = call();
  return answer;
}

}  // namespace

const FileCalls& system_file_calls() noexcept { return system_calls; }

FileDescriptor& FileDescriptor::operator=(FileDescriptor&& other) noexcept {
  if (this != &other) {
    close();
    close_ = other.close_;
    fd_ = std::exchange(other.fd_, -1);
  }
  return *this;
}

void FileDescriptor::close() noexcept {
  const int error = errno;
  if (fd_ >= 0) close_(fd_);  // never twice: after EINTR the descriptor is gone on Linux
  fd_ = -1;
  errno = error;
}

FileDescriptor open_file(const FileCalls& calls, const std::string& path, int flags) noexcept {
  return {calls, uninterrupted([&] { return calls.open(path.c_str(), flags | O_CLOEXEC, 0600); })};
}

int write_all(const FileCalls& calls, int fd, std::string_view bytes) noexcept {
  while (!bytes.empty()) {
    const ssize_t written =
        uninterrupted([&] { return calls.write(fd, bytes.data(), bytes.size()); });
    if (written < 0) return errno;
    if (written == 0) return EIO;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return 0;
}

int sync_data(const FileCalls& calls, int fd) noexcept {
  return uninterrupted([&] { return calls.sync_data(fd); }) == 0 ? 0 : errno;
}

ReadOutcome read_range(const FileCalls& calls, const std::string& path, std::size_t from,
                       std::size_t to, std::string& out) {
  const FileDescriptor file = open_file(calls, path, O_RDONLY | O_NONBLOCK);
  if (!file.is_open()) return {.error = errno};
  ReadOutcome outcome;
  const std::size_t start = out.size();
  out.resize(start + (to - from), '\0');
  for (std::size_t at = from; at < to;) {
    const auto read = [&] {
      return calls.read_at(file.get(), out.data() + start + (at - from), to - at,
                           static_cast<off_t>(at));
    };
    ssize_t count = uninterrupted(read);
    if (count < 0) count = uninterrupted(read);  // disks do change their mind about a block
    if (count > 0) {
      at += static_cast<std::size_t>(count);
      continue;
    }
    // at the end of the file all the rest is missing, at a bad block only this one
    const std::size_t next = count == 0 ? to : std::min(to, (at / block_bytes + 1) * block_bytes);
    std::fill(out.begin() + static_cast<std::ptrdiff_t>(start + at - from),
              out.begin() + static_cast<std::ptrdiff_t>(start + next - from), '\0');
    outcome.unreadable += next - at;
    at = next;
  }
  return outcome;
}

std::optional<std::size_t> file_size(const FileCalls& calls, const std::string& path) noexcept {
  // a pipe of that name must not keep us waiting
  const FileDescriptor file = open_file(calls, path, O_RDONLY | O_NONBLOCK);
  if (!file.is_open()) return std::nullopt;
  const off_t size = uninterrupted([&] { return calls.size(file.get()); });
  if (size < 0) return std::nullopt;
  return static_cast<std::size_t>(size);
}

std::optional<std::string> read_file(const FileCalls& calls, const std::string& path) {
  const auto size = file_size(calls, path);
  if (!size) return std::nullopt;
  std::string bytes;
  const ReadOutcome outcome = read_range(calls, path, 0, *size, bytes);
  if (outcome.error != 0 || outcome.unreadable > 0) return std::nullopt;
  return bytes;
}

bool sync_directory(const FileCalls& calls, const std::string& path) noexcept {
  const FileDescriptor directory = open_file(calls, path, O_RDONLY | O_DIRECTORY);
  return directory.is_open() && uninterrupted([&] { return calls.sync(directory.get()); }) == 0;
}

bool replace_file(const FileCalls& calls, const std::string& directory, const std::string& name,
                  std::string_view content) {
  const std::string path = directory + "/" + name;
  const std::string temporary = path + ".tmp";
  {
    const FileDescriptor file = open_file(calls, temporary, O_WRONLY | O_CREAT | O_TRUNC);
    if (!file.is_open()) return false;
    if (const int error = write_all(calls, file.get(), content); error != 0) {
      errno = error;
      return false;
    }
    if (uninterrupted([&] { return calls.sync(file.get()); }) != 0) return false;
  }
  return uninterrupted([&] { return calls.rename(temporary.c_str(), path.c_str()); }) == 0 &&
         sync_directory(calls, directory);
}

std::string system_message(int error) { return std::generic_category().message(error); }

}  // namespace tandem::store
