#include "tests/unit/store/crash_disk.hpp"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <string_view>

namespace tandem::test {

namespace {

constexpr int root = 1;
constexpr std::uint64_t block = 4096;
CrashDisk* in_use = nullptr;

int answer(int error) {
  errno = error;
  return error == 0 ? 0 : -1;
}

}  // namespace

/// The table's functions; each begins by asking whether it may.
struct CrashDiskCalls {
  using Lock = std::lock_guard<std::mutex>;

  static int open(const char* path, int flags, mode_t) {
    CrashDisk& disk = *in_use;
    const Lock lock(disk.mutex_);
    const bool is_read = (flags & (O_WRONLY | O_RDWR | O_CREAT)) == 0;
    if (const int error = disk.begin(is_read); error > 0) return answer(error);
    int node = disk.find(path);
    if (node != 0 && (flags & O_EXCL) != 0) return answer(EEXIST);
    if (node == 0) {
      if ((flags & O_CREAT) == 0) return answer(ENOENT);
      std::string name;
      auto* directory = disk.parent_of(path, name);
      if (directory == nullptr) return answer(ENOENT);
      node = disk.next_++;
      disk.nodes_[node];
      disk.name(*directory, {.removed = "", .added = name, .node = node});
    }
    if ((flags & O_TRUNC) != 0) disk.resize(disk.nodes_[node], 0);
    disk.open_[disk.next_] = {node, (flags & O_APPEND) != 0};
    return disk.next_++;
  }

  static int close(int fd) {
    const Lock lock(in_use->mutex_);
    const auto open = in_use->open_.find(fd);
    if (open == in_use->open_.end()) return answer(EBADF);
    in_use->locked_.erase(open->second.node);
    in_use->open_.erase(open);
    return 0;
  }

  static ssize_t write(int fd, const void* bytes, std::size_t size) {
    CrashDisk& disk = *in_use;
    const Lock lock(disk.mutex_);
    const int error = disk.begin();
    if (error > 0) return answer(error);
    if (error < 0) size = std::max<std::size_t>(1, size / 2);
    auto& file = disk.nodes_[disk.open_.at(fd).node];
    // only files that are written from their start to their end are needed here
    const std::size_t offset = file.bytes.size();
    while (size > 0 && !disk.fits(offset, offset + size)) --size;
    if (size == 0) return answer(ENOSPC);
    disk.write(file, offset, {static_cast<const char*>(bytes), size});
    return static_cast<ssize_t>(size);
  }

  static ssize_t read_at(int fd, void* out, std::size_t size, off_t at) {
    CrashDisk& disk = *in_use;
    const Lock lock(disk.mutex_);
    const int error = disk.begin(true);
    if (error > 0) return answer(error);
    if (error < 0) size = std::max<std::size_t>(1, size / 2);
    const std::string& bytes = disk.nodes_[disk.open_.at(fd).node].bytes;
    const auto from = std::min(static_cast<std::size_t>(at), bytes.size());
    return static_cast<ssize_t>(bytes.copy(static_cast<char*>(out), size, from));
  }

  static off_t size(int fd) {
    const Lock lock(in_use->mutex_);
    if (const int error = in_use->begin(true); error > 0) return answer(error);
    const auto& node = in_use->nodes_[in_use->open_.at(fd).node];
    return node.is_directory ? answer(EISDIR) : static_cast<off_t>(node.bytes.size());
  }

  static int sync(int fd) {
    CrashDisk& disk = *in_use;
    const Lock lock(disk.mutex_);
    auto& node = disk.nodes_[disk.open_.at(fd).node];
    const int error = disk.begin();
    if (error > 0) {
      if (error == EIO && disk.calls_made < disk.power_off_at) node.writes.clear();
      return answer(error);
    }
    node.synced_bytes = node.bytes;
    node.writes.clear();
    node.synced_names = node.names;
    node.namings.clear();
    return 0;
  }

  static int truncate(int fd, off_t size) {
    const Lock lock(in_use->mutex_);
    if (const int error = in_use->begin(); error > 0) return answer(error);
    in_use->resize(in_use->nodes_[in_use->open_.at(fd).node], static_cast<std::size_t>(size));
    return 0;
  }

  static int allocate(int fd, off_t, off_t size) {
    const Lock lock(in_use->mutex_);
    if (const int error = in_use->begin(); error > 0) return error;
    auto& file = in_use->nodes_[in_use->open_.at(fd).node];
    if (!in_use->fits(file.bytes.size(), static_cast<std::size_t>(size))) return ENOSPC;
    in_use->resize(file, static_cast<std::size_t>(size));
    return 0;
  }

  static int lock(int fd) {
    const Lock lock(in_use->mutex_);
    if (const int error = in_use->begin(true); error > 0) return answer(error);
    return in_use->locked_.insert(in_use->open_.at(fd).node).second ? 0 : answer(EWOULDBLOCK);
  }

  static int rename(const char* from, const char* to) {
    CrashDisk& disk = *in_use;
    const Lock lock(disk.mutex_);
    if (const int error = disk.begin(); error > 0) return answer(error);
    const int node = disk.find(from);
    std::string old_name, new_name;
    auto* old_directory = disk.parent_of(from, old_name);
    auto* new_directory = disk.parent_of(to, new_name);
    if (node == 0 || new_directory == nullptr) return answer(ENOENT);
    if (old_directory == new_directory) {
      disk.name(*old_directory, {.removed = old_name, .added = new_name, .node = node});
    } else {
      disk.name(*new_directory, {.removed = "", .added = new_name, .node = node});
      disk.name(*old_directory, {.removed = old_name, .added = "", .node = node});
    }
    return 0;
  }

  static int unlink(const char* path) {
    CrashDisk& disk = *in_use;
    const Lock lock(disk.mutex_);
    if (const int error = disk.begin(); error > 0) return answer(error);
    const int node = disk.find(path);
    if (node == 0) return answer(ENOENT);
    std::string name;
    disk.name(*disk.parent_of(path, name), {.removed = name, .added = "", .node = node});
    return 0;
  }

  static int make_directory(const char* path, mode_t) {
    CrashDisk& disk = *in_use;
    const Lock lock(disk.mutex_);
    if (const int error = disk.begin(); error > 0) return answer(error);
    if (disk.find(path) != 0) return answer(EEXIST);
    std::string name;
    auto* directory = disk.parent_of(path, name);
    if (directory == nullptr) return answer(ENOENT);
    const int node = disk.next_++;
    disk.nodes_[node].is_directory = true;
    disk.name(*directory, {.removed = "", .added = name, .node = node});
    return 0;
  }

  static int change_mode(const char*, mode_t) { return 0; }

  static int list(const char* path, std::vector<std::string>& names) {
    CrashDisk& disk = *in_use;
    const Lock lock(disk.mutex_);
    if (const int error = disk.begin(true); error > 0) return answer(error);
    const int node = disk.find(path);
    if (node == 0) return answer(ENOENT);
    for (const auto& [name, of] : disk.nodes_[node].names) names.push_back(name);
    return 0;
  }

  static std::uint64_t free_bytes(const char*) {
    const Lock lock(in_use->mutex_);
    return in_use->capacity == CrashDisk::never ? CrashDisk::never
                                                : in_use->capacity - in_use->used();
  }
};

CrashDisk::CrashDisk() { nodes_[root].is_directory = true; }

CrashDisk::CrashDisk(const CrashDisk& other)
    : capacity(other.capacity), nodes_(other.nodes_), next_(other.next_) {}

const store::FileCalls& CrashDisk::calls() {
  using Calls = CrashDiskCalls;
  static constexpr store::FileCalls table = {.open = Calls::open,
                                             .close = Calls::close,
                                             .write = Calls::write,
                                             .read_at = Calls::read_at,
                                             .size = Calls::size,
                                             .sync_data = Calls::sync,
                                             .sync = Calls::sync,
                                             .truncate = Calls::truncate,
                                             .allocate = Calls::allocate,
                                             .lock = Calls::lock,
                                             .rename = Calls::rename,
                                             .unlink = Calls::unlink,
                                             .make_directory = Calls::make_directory,
                                             .change_mode = Calls::change_mode,
                                             .list = Calls::list,
                                             .free_bytes = Calls::free_bytes};
  return table;
}

CrashDisk::Use::Use(CrashDisk& disk) : before_(std::exchange(in_use, &disk)) {}
CrashDisk::Use::~Use() { in_use = before_; }

/// 0, the error with which this call fails, or -1: it moves half of its bytes.
int CrashDisk::begin(bool is_read) {
  ++calls_made;
  if (calls_made >= power_off_at) return EIO;
  const bool is_faulty = calls_made >= fault.at && calls_made - fault.at < fault.count;
  if (!is_faulty || (is_read && fault.spares_reads)) return 0;
  return fault.error == 0 ? -1 : fault.error;
}

int CrashDisk::find(const std::string& path) const {
  int node = root;
  for (std::size_t at = 1; at < path.size();) {
    const std::size_t end = std::min(path.find('/', at), path.size());
    const auto& names = nodes_.at(node).names;
    const auto next = names.find(path.substr(at, end - at));
    if (next == names.end()) return 0;
    node = next->second;
    at = end + 1;
  }
  return node;
}

CrashDisk::Node* CrashDisk::parent_of(const std::string& path, std::string& name) {
  const std::size_t slash = path.rfind('/');
  name = path.substr(slash + 1);
  const int node = find(path.substr(0, slash));
  return node == 0 ? nullptr : &nodes_[node];
}

void CrashDisk::name(Node& directory, Naming naming) {
  if (!naming.removed.empty()) directory.names.erase(naming.removed);
  if (!naming.added.empty()) directory.names[naming.added] = naming.node;
  directory.namings.push_back(std::move(naming));
}

void CrashDisk::write(Node& file, std::size_t offset, std::string_view bytes) {
  if (file.bytes.size() < offset + bytes.size()) file.bytes.resize(offset + bytes.size(), '\0');
  file.bytes.replace(offset, bytes.size(), bytes);
  file.writes.push_back({offset, std::string(bytes), file.bytes.size()});
}

void CrashDisk::resize(Node& file, std::size_t size) {
  file.bytes.resize(size, '\0');
  file.writes.push_back({0, "", size});
}

std::uint64_t CrashDisk::used() const {
  std::set<int> counted;
  std::uint64_t total = 0;
  for (const auto& [number, directory] : nodes_) {
    for (const auto& [name, node] : directory.names) {
      if (!counted.insert(node).second) continue;
      total += (nodes_.at(node).bytes.size() + block - 1) / block * block;
    }
  }
  return total;
}

bool CrashDisk::fits(std::size_t before, std::size_t after) const {
  if (capacity == never) return true;
  const auto blocks = [](std::size_t size) { return (size + block - 1) / block * block; };
  return after <= before || used() - blocks(before) + blocks(after) <= capacity;
}

/// Of the n things since the last sync, what survives: nothing, everything, a prefix, or each by
/// chance. `cut` gives for each sector or name how far time has come.
void CrashDisk::lose_power(Node& node, std::mt19937_64& random) {
  const auto upto = [&](std::size_t most) {
    return std::uniform_int_distribution<std::size_t>(0, most)(random);
  };
  const std::size_t mode = upto(3);
  const auto cut = [&](std::size_t count, std::size_t prefix) {
    return mode == 0 ? 0 : mode == 1 ? count : mode == 2 ? prefix : upto(count);
  };
  const std::size_t count = node.writes.size();
  const std::size_t prefix = upto(count);
  std::string bytes = node.synced_bytes;
  std::map<std::size_t, std::size_t> cuts;  // of each sector
  for (std::size_t i = 0; i < count; ++i) {
    const Write& write = node.writes[i];
    for (std::size_t at = 0; at < write.bytes.size();) {
      const std::size_t sector = (write.offset + at) / sector_bytes;
      const std::size_t end =
          std::min(write.bytes.size(), (sector + 1) * sector_bytes - write.offset);
      const auto [own, is_new] = cuts.try_emplace(sector, 0);
      if (is_new) own->second = cut(count, prefix);
      if (i < own->second) {
        if (bytes.size() < write.offset + end) bytes.resize(write.offset + end, '\0');
        bytes.replace(write.offset + at, end - at, write.bytes, at, end - at);
      }
      at = end;
    }
  }
  const std::size_t of_size = cut(count, prefix);
  bytes.resize(of_size == 0 ? node.synced_bytes.size() : node.writes[of_size - 1].size_after, '\0');
  node.synced_bytes = node.bytes = std::move(bytes);
  node.writes.clear();
  const std::size_t names_prefix = upto(node.namings.size());
  auto names = node.synced_names;
  for (std::size_t i = 0; i < node.namings.size(); ++i) {
    const bool survives = mode == 3 ? upto(1) == 1 : i < cut(node.namings.size(), names_prefix);
    if (!survives) continue;
    if (!node.namings[i].removed.empty()) names.erase(node.namings[i].removed);
    if (!node.namings[i].added.empty()) names[node.namings[i].added] = node.namings[i].node;
  }
  node.synced_names = node.names = std::move(names);
  node.namings.clear();
}

CrashDisk CrashDisk::after_power_loss(std::mt19937_64& random) const {
  CrashDisk disk(*this);
  for (auto& [number, node] : disk.nodes_) lose_power(node, random);
  return disk;
}

void CrashDisk::settle() {
  std::set<int> reached = {root};
  for (const auto& [number, directory] : nodes_) {
    for (const auto& [name, node] : directory.names) reached.insert(node);
  }
  std::erase_if(nodes_, [&](const auto& node) { return !reached.contains(node.first); });
  for (auto& [number, node] : nodes_) {
    node.synced_bytes = node.bytes;
    node.synced_names = node.names;
    node.writes.clear();
    node.namings.clear();
  }
}

std::string& CrashDisk::bytes_of(const std::string& path) { return nodes_[find(path)].bytes; }

std::vector<std::string> CrashDisk::names_in(const std::string& directory) const {
  std::vector<std::string> names;
  const int node = find(directory);
  if (node == 0) return names;
  for (const auto& [name, of] : nodes_.at(node).names) names.push_back(name);
  return names;
}

}  // namespace tandem::test
