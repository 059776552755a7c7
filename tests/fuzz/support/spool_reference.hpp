// A spool segment made from an input, damaged as the input says, and what a scan must find in it.
#pragma once

#include <string>
#include <vector>

#include "store/spool_format.hpp"
#include "tests/fuzz/support/input.hpp"

namespace tandem::fuzz {

struct Found {
  std::uint64_t lsn = 0;
  std::string payload;
  bool operator==(const Found&) const = default;
};

struct Scan {
  std::vector<Found> frames;
  std::vector<store::Damage> damage;
  bool operator==(const Scan&) const = default;
};

inline void read_all(store::SegmentScanner& scanner, Scan& scan) {
  while (const auto frame = scanner.next())
    scan.frames.push_back({frame->lsn, std::string(frame->payload)});
  scan.damage = scanner.damage();
}

/// All at once, or as far as `first` and then the rest.
inline Scan scan_of(std::string_view bytes, std::size_t first) {
  Scan scan;
  store::SegmentScanner scanner(bytes.substr(0, first), 1);
  read_all(scanner, scan);
  scanner.extend(bytes);
  read_all(scanner, scan);
  return scan;
}

/// Records rise, and damage lies inside, in order.
inline void check(const Scan& scan, std::size_t size) {
  std::uint64_t lsn = 0;
  for (const Found& frame : scan.frames) {
    must(frame.lsn > lsn, "lsns rise");
    lsn = frame.lsn;
  }
  std::size_t end = 0;
  for (const auto& [begin, stop] : scan.damage) {
    must(begin >= end && begin < stop && stop <= size, "damage is in order and inside");
    end = stop;
  }
}

class Segment {
 public:
  explicit Segment(Bytes input) {
    Reader in(input);
    store::append_segment_header(bytes_, {.epoch = 7, .first_lsn = 1});
    const auto count = 1 + in.number(1) % 6;
    for (std::uint64_t lsn = 1; lsn <= count; ++lsn) {
      const std::string payload(text_of(in.take(in.number(1))));
      store::append_frame(bytes_, {.lsn = lsn, .type = 4, .flags = 0, .payload = payload});
      written_.push_back({lsn, payload});
    }
    whole_ = bytes_;
    while (!in.is_empty()) damage(in);
  }

  [[nodiscard]] const std::string& bytes() const noexcept { return bytes_; }
  [[nodiscard]] const std::string& whole() const noexcept { return whole_; }
  [[nodiscard]] const std::vector<Found>& written() const noexcept { return written_; }
  /// What damage left; nothing that was never written.
  [[nodiscard]] bool wrote_all(const std::vector<Found>& found) const {
    for (const Found& frame : found) {
      if (frame.lsn > written_.size() || written_[frame.lsn - 1] != frame) return false;
    }
    return true;
  }

 private:
  /// Some bytes are overwritten, or the end is torn off.
  void damage(Reader& in) {
    const auto at = in.number(2) % bytes_.size();
    const Bytes with = in.take(1 + in.number(1) % 8);
    if (with.empty()) return bytes_.resize(at);
    bytes_.replace(at, with.size(), text_of(with));
  }

  std::string bytes_;
  std::string whole_;
  std::vector<Found> written_;
};

}  // namespace tandem::fuzz
