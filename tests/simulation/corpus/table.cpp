#include "tests/simulation/corpus/table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace tandem::corpus {

namespace {

/// Characters, not bytes.
std::size_t width(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80;
  }));
}

struct Block {
  std::size_t begin = std::string::npos;
  std::size_t end = std::string::npos;
  [[nodiscard]] bool is_there() const noexcept { return end != std::string::npos; }
};

Block find_block(const std::string& text, const std::string& name) {
  const std::string mark = "<!-- " + name + " -->\n";
  Block block;
  const auto at = text.find(mark);
  if (at == std::string::npos) return block;
  block.begin = at + mark.size();
  block.end = text.find("<!-- end -->", block.begin);
  return block;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const auto& line : lines) text += line + '\n';
  return text;
}

}  // namespace

std::optional<double> percentile(std::vector<double> values, double share) {
  if (values.empty()) return std::nullopt;
  std::sort(values.begin(), values.end());
  const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(values.size())));
  return values[std::max<std::size_t>(rank, 1) - 1];
}

std::string p50_p95(const std::vector<double>& values) {
  if (values.empty()) return "–";
  return fmt::format("{:.0f} / {:.0f}", *percentile(values, 0.5), *percentile(values, 0.95));
}

std::string p50_p95_max(const std::vector<double>& values) {
  if (values.empty()) return "–";
  return fmt::format("{} / {:.0f}", p50_p95(values), *percentile(values, 1));
}

std::vector<std::string> Table::lines() const {
  std::vector<std::size_t> widths(rows_.front().size(), 3);
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width(row[i]));
  }
  std::vector<std::string> lines;
  for (const auto& row : rows_) {
    std::string line = "|";
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string space(widths[i] - width(row[i]), ' ');
      line += i == 0 ? " " + row[i] + space + " |" : " " + space + row[i] + " |";
    }
    lines.push_back(line);
    if (lines.size() > 1) continue;
    std::string rule = "|";
    for (std::size_t i = 0; i < widths.size(); ++i)
      rule += std::string(widths[i] + 1, '-') + (i == 0 ? "-|" : ":|");
    lines.push_back(rule);
  }
  return lines;
}

bool replace_block(std::string& text, const std::string& name,
                   const std::vector<std::string>& lines) {
  const auto block = find_block(text, name);
  if (!block.is_there()) return false;
  text.replace(block.begin, block.end - block.begin, joined(lines));
  return true;
}

bool has_block(const std::string& text, const std::string& name,
               const std::vector<std::string>& lines) {
  const auto block = find_block(text, name);
  return block.is_there() && text.substr(block.begin, block.end - block.begin) == joined(lines);
}

}  // namespace tandem::corpus
