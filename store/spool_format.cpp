#include "store/spool_format.hpp"

#include <algorithm>
#include <cstring>
#include <type_traits>

#include "bridge/core/result.hpp"
#include "store/crc32c.hpp"

namespace tandem::store {

namespace {

constexpr std::string_view segment_magic = "BRSPOOL1";
constexpr std::string_view frame_magic = "RBS1";
constexpr std::uint32_t segment_version = 1;

// offsets within a frame
constexpr std::size_t len_at = 4;
constexpr std::size_t crc_at = 8;
constexpr std::size_t lsn_at = 12;
constexpr std::size_t wall_at = 20;
constexpr std::size_t type_at = 28;
constexpr std::size_t class_at = 30;
constexpr std::size_t flags_at = 31;

// offsets within a segment header
constexpr std::size_t version_at = 8;
constexpr std::size_t node_at = 12;
constexpr std::size_t epoch_at = 28;
constexpr std::size_t first_lsn_at = 36;
constexpr std::size_t key_at = 44;
constexpr std::size_t created_at = 48;
constexpr std::size_t repeated_at = 56;
constexpr std::size_t header_crc_at = 60;

template <class Integer>
void put(char* at, Integer value) noexcept {
  auto bits = static_cast<std::make_unsigned_t<Integer>>(value);
  for (std::size_t i = 0; i < sizeof(Integer); ++i) {
    at[i] = static_cast<char>(static_cast<unsigned char>(bits >> (8 * i)));
  }
}

template <class Integer>
Integer get(const char* at) noexcept {
  std::make_unsigned_t<Integer> bits = 0;
  for (std::size_t i = 0; i < sizeof(Integer); ++i) {
    const auto byte = static_cast<std::make_unsigned_t<Integer>>(static_cast<unsigned char>(at[i]));
    bits = static_cast<std::make_unsigned_t<Integer>>(bits | (byte << (8 * i)));
  }
  return static_cast<Integer>(bits);
}

std::uint32_t frame_crc(std::string_view frame, std::size_t payload_bytes) noexcept {
  const std::uint32_t of_length = crc32c(frame.substr(len_at, 4));
  return masked(
      crc32c(frame.substr(lsn_at, frame_header_bytes - lsn_at + payload_bytes), of_length));
}

core::WallTime wall_from(std::int64_t microseconds) noexcept {
  return core::WallTime{std::chrono::microseconds{microseconds}};
}

}  // namespace

void append_segment_header(std::string& out, const SegmentHeader& header) {
  std::array<char, segment_header_bytes> bytes{};
  std::copy(segment_magic.begin(), segment_magic.end(), bytes.begin());
  put(&bytes[version_at], segment_version);
  std::memcpy(&bytes[node_at], header.node.data(), header.node.size());
  put(&bytes[epoch_at], header.epoch);
  put(&bytes[first_lsn_at], header.first_lsn);
  put(&bytes[key_at], header.key_id);
  put(&bytes[created_at], std::int64_t{header.created.time_since_epoch().count()});
  put(&bytes[repeated_at], header.repeated);
  put(&bytes[header_crc_at], masked(crc32c({bytes.data(), header_crc_at})));
  out.append(bytes.data(), bytes.size());
}

std::optional<SegmentHeader> decode_segment_header(std::string_view bytes) noexcept {
  if (bytes.size() < segment_header_bytes || !bytes.starts_with(segment_magic)) return std::nullopt;
  const char* at = bytes.data();
  if (get<std::uint32_t>(at + version_at) != segment_version) return std::nullopt;
  if (get<std::uint32_t>(at + header_crc_at) != masked(crc32c(bytes.substr(0, header_crc_at)))) {
    return std::nullopt;
  }
  SegmentHeader header;
  std::memcpy(header.node.data(), at + node_at, header.node.size());
  header.epoch = get<std::uint64_t>(at + epoch_at);
  header.first_lsn = get<std::uint64_t>(at + first_lsn_at);
  header.key_id = get<std::uint32_t>(at + key_at);
  header.repeated = get<std::uint32_t>(at + repeated_at);
  header.created = wall_from(get<std::int64_t>(at + created_at));
  return header;
}

void append_frame(std::string& out, const Frame& frame) {
  BRIDGE_ASSERT(frame.payload.size() <= frame_payload_bytes_max);
  const std::size_t start = out.size();
  out.resize(start + framed_size(frame.payload.size()), '\0');
  char* at = out.data() + start;
  std::copy(frame_magic.begin(), frame_magic.end(), at);
  put(at + len_at, static_cast<std::uint32_t>(frame.payload.size()));
  put(at + lsn_at, frame.lsn);
  put(at + wall_at, std::int64_t{frame.wall.time_since_epoch().count()});
  put(at + type_at, frame.type);
  put(at + class_at, static_cast<std::uint8_t>(frame.sync));
  put(at + flags_at, frame.flags);
  std::copy(frame.payload.begin(), frame.payload.end(), at + frame_header_bytes);
  put(at + crc_at,
      frame_crc({at, frame_header_bytes + frame.payload.size()}, frame.payload.size()));
}

std::optional<Frame> decode_frame(std::string_view bytes) noexcept {
  if (bytes.size() < frame_header_bytes || !bytes.starts_with(frame_magic)) return std::nullopt;
  const char* at = bytes.data();
  const auto length = get<std::uint32_t>(at + len_at);
  if (length > frame_payload_bytes_max || framed_size(length) > bytes.size()) return std::nullopt;
  if (get<std::uint32_t>(at + crc_at) != frame_crc(bytes, length)) return std::nullopt;
  const auto sync = get<std::uint8_t>(at + class_at);
  if (sync > static_cast<std::uint8_t>(SyncClass::best_effort)) return std::nullopt;
  return Frame{.lsn = get<std::uint64_t>(at + lsn_at),
               .wall = wall_from(get<std::int64_t>(at + wall_at)),
               .type = get<std::uint16_t>(at + type_at),
               .sync = static_cast<SyncClass>(sync),
               .flags = get<std::uint8_t>(at + flags_at),
               .payload = bytes.substr(frame_header_bytes, length)};
}

std::optional<Frame> SegmentScanner::frame_at(std::size_t offset) const noexcept {
  auto frame = decode_frame(bytes_.substr(offset));
  if (!frame || frame->lsn < next_lsn_) return std::nullopt;
  return frame;
}

std::optional<Frame> SegmentScanner::next() {
  const std::size_t begin = offset_;
  for (; offset_ < bytes_.size(); offset_ += 8) {
    const auto frame = frame_at(offset_);
    if (!frame) continue;
    if (offset_ != begin) damage_.push_back({begin, offset_});
    offset_ += framed_size(frame->payload.size());
    intact_end_ = offset_;
    next_lsn_ = frame->lsn + 1;
    return frame;
  }
  offset_ = bytes_.size();
  if (offset_ > begin) damage_.push_back({begin, offset_});
  return std::nullopt;
}

void SegmentScanner::extend(std::string_view bytes) noexcept {
  bytes_ = bytes;
  offset_ = intact_end_;
  if (!damage_.empty() && damage_.back().begin == intact_end_) damage_.pop_back();
}

}  // namespace tandem::store
