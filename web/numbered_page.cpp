#include "web/numbered_page.hpp"

#include <charconv>

namespace tandem::web {

store::NumberedPage read_numbered_page(Parameters& parameters) {
  store::NumberedPage page;
  page.limit = static_cast<std::int32_t>(
      parameters.number("limit", 1, store::numbered_page_max).value_or(page.limit));
  const auto cursor = parameters.text("cursor", 128);
  if (!cursor) return page;
  const char* const end = cursor->data() + cursor->size();
  const auto parsed = std::from_chars(cursor->data(), end, page.before);
  if (parsed.ec != std::errc() || parsed.ptr != end || page.before < 1)
    parameters.fail("cursor", "unknown_cursor", "the next_cursor of a page before");
  return page;
}

void write_next_cursor(JsonWriter& json, std::int64_t next) {
  json.member_if_known("next_cursor", next == 0 ? "" : std::to_string(next));
}

}  // namespace tandem::web
