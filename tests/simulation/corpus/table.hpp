// Figures as a Markdown table, which reads well on a terminal too.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace tandem::corpus {

/// Nearest rank: a value that really occurred. Nothing of nothing.
std::optional<double> percentile(std::vector<double> values, double share);
/// "105 / 134": half of the values and 95 % of them are at most that; "–" without values.
std::string p50_p95(const std::vector<double>& values);
std::string p50_p95_max(const std::vector<double>& values);

class Table {
 public:
  explicit Table(std::vector<std::string> header) : rows_{std::move(header)} {}
  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  /// One line each, header and rule included, columns aligned.
  [[nodiscard]] std::vector<std::string> lines() const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

/// Replaces what stands between `<!-- NAME -->` and `<!-- end -->` in a text of lines. False when
/// the marks are missing.
bool replace_block(std::string& text, const std::string& name,
                   const std::vector<std::string>& lines);
/// Whether these lines stand there.
bool has_block(const std::string& text, const std::string& name,
               const std::vector<std::string>& lines);

}  // namespace tandem::corpus
