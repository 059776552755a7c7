#include "bridge/net/file_descriptor.hpp"

#include <unistd.h>

namespace tandem::net {

FileDescriptor& FileDescriptor::operator=(FileDescriptor&& other) noexcept {
  if (this != &other) {
    close();
    fd_ = other.release();
  }
  return *this;
}

void FileDescriptor::close() noexcept {
  if (fd_ >= 0) ::close(release());
}

}  // namespace tandem::net
