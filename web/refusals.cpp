#include "web/refusals.hpp"

namespace tandem::web {

dial::RefusalText refusal_text(std::string_view name) noexcept {
  for (int index = 0; index < dial::refusal_count; ++index) {
    const auto& text = dial::describe(static_cast<dial::Refusal>(index));
    if (text.name == name) return text;
  }
  return {{}, name, "This reason is not known to this version.", "a later version"};
}

void write_refusals(JsonWriter& json, const std::vector<std::string>& names) {
  json.begin_array();
  for (const std::string& name : names) {
    const auto text = refusal_text(name);
    json.begin_object()
        .member("code", text.name)
        .member("meaning", text.meaning)
        .member("source", text.source)
        .end_object();
  }
  json.end_array();
}

}  // namespace tandem::web
