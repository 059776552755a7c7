#include "store/file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <system_error>

namespace tandem::store {

FileCalls system_file_calls() noexcept { return {.write = ::write, .sync_data = ::fdatasync}; }

FileDescriptor& FileDescriptor::operator=(FileDescriptor&& other) noexcept {
  if (this != &other) {
    close();
    fd_ = std::exchange(other.fd_, -1);
  }
  return *this;
}

void FileDescriptor::close() noexcept {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

FileDescriptor open_file(const std::string& path, int flags) noexcept {
  return FileDescriptor(::open(path.c_str(), flags | O_CLOEXEC, 0600));
}

int write_all(const FileCalls& calls, int fd, std::string_view bytes) noexcept {
  while (!bytes.empty()) {
    const ssize_t written = calls.write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    if (written == 0) return EIO;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return 0;
}

std::optional<std::string> read_file(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  std::string bytes;
  if (!read_range(path, 0, static_cast<std::size_t>(status.st_size), bytes)) return std::nullopt;
  return bytes;
}

bool read_range(const std::string& path, std::size_t from, std::size_t to, std::string& out) {
  const FileDescriptor file = open_file(path, O_RDONLY);
  if (!file.is_open()) return false;
  const std::size_t start = out.size();
  out.resize(start + (to - from));
  for (std::size_t done = 0; from + done < to;) {
    const ssize_t count = ::pread(file.get(), out.data() + start + done, to - from - done,
                                  static_cast<off_t>(from + done));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) {
      out.resize(start);
      return false;
    }
    done += static_cast<std::size_t>(count);
  }
  return true;
}

bool sync_directory(const std::string& path) noexcept {
  const FileDescriptor directory = open_file(path, O_RDONLY | O_DIRECTORY);
  return directory.is_open() && ::fsync(directory.get()) == 0;
}

bool replace_file(const std::string& directory, const std::string& name, std::string_view content) {
  const std::string path = directory + "/" + name;
  const std::string temporary = path + ".tmp";
  {
    const FileDescriptor file = open_file(temporary, O_WRONLY | O_CREAT | O_TRUNC);
    if (!file.is_open() || write_all(system_file_calls(), file.get(), content) != 0 ||
        ::fsync(file.get()) != 0) {
      return false;
    }
  }
  return std::rename(temporary.c_str(), path.c_str()) == 0 && sync_directory(directory);
}

std::string system_message(int error) { return std::generic_category().message(error); }

}  // namespace tandem::store
