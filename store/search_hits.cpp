#include "store/search_hits.hpp"

#include <algorithm>
#include <unordered_map>

namespace tandem::store {

namespace {

// A call is found by words of all its lines together, so a line is a hit with any one of them.
// Lines of the page's calls only: at most some fifty calls are read. What was said is text: without
// its < ts_headline sees no markup to leave out.
constexpr auto find_hits = R"(
select h.call_id, h.seq, h.speaker, h.offset_ms,
  translate(ts_headline('simple', translate(h.message, E'<\x01\x02\x03', E'\x03'), q.any_word,
                        E'StartSel=\x01,StopSel=\x02,MaxWords=30,MinWords=12'), E'\x03', '<')
from (select bridge.search_query($1, '|') as any_word) q,
  unnest($2::uuid[]) as page (id)
cross join lateral (
  select * from bridge.transcriptions t
  where t.call_id = page.id and t.message_words @@ q.any_word order by t.seq limit $3) h)";

}  // namespace

std::vector<SnippetPart> split_snippet(std::string_view marked) {
  std::vector<SnippetPart> parts;
  bool is_match = false;
  while (!marked.empty()) {
    const auto end = std::min(marked.find(is_match ? '\x02' : '\x01'), marked.size());
    if (end > 0) parts.push_back({std::string(marked.substr(0, end)), is_match});
    marked.remove_prefix(std::min(end + 1, marked.size()));
    is_match = !is_match;
  }
  return parts;
}

void add_hits(Connection& connection, const std::string& words, std::vector<CallRow>& calls) {
  ArrayText ids;
  std::unordered_map<std::string, CallRow*> by_id;
  for (CallRow& call : calls) {
    ids.add(call.id);
    by_id[call.id] = &call;
  }
  const Rows rows =
      connection.run(find_hits, Parameters().add(words).add(ids.finish()).add(hits_max));
  for (int row = 0; row < rows.size(); ++row) {
    CallRow& call = *by_id.at(std::string(rows.text(row, 0)));
    call.hits.push_back({.seq = static_cast<std::int32_t>(rows.integer(row, 1)),
                         .speaker = std::string(rows.text(row, 2)),
                         .offset_ms = rows.integer(row, 3),
                         .snippet = split_snippet(rows.text(row, 4))});
  }
}

}  // namespace tandem::store
