// Writing small JSON objects, and making text safe for those who refuse what C++ strings may hold.
// Not a DOM: reading is simdjson's.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tandem::store {

/// `text` as PostgreSQL accepts it in text columns: valid UTF-8 without NUL; what is not becomes
/// U+FFFD.
struct SanitisedText {
  std::string text;
  bool changed = false;
};
SanitisedText sanitise_text(std::string_view text);

/// `json` as jsonb accepts it: as sanitise_text, and the escapes \u0000 and of lone surrogates
/// become \ufffd. Whether it is JSON at all is not judged.
SanitisedText sanitise_json(std::string_view json);

/// One JSON object, written field by field: JsonObject().field("a", 1).field("b", "text").finish()
class JsonObject {
 public:
  JsonObject& field(std::string_view name, std::string_view text);
  JsonObject& field(std::string_view name, const std::string& text) {
    return field(name, std::string_view{text});
  }
  JsonObject& field(std::string_view name, const char* text) {
    return field(name, std::string_view{text});
  }
  JsonObject& field(std::string_view name, std::int64_t number);
  JsonObject& field(std::string_view name, std::int32_t number) {
    return field(name, std::int64_t{number});
  }
  JsonObject& field(std::string_view name, double number);
  /// `json` is put in as it is.
  JsonObject& raw(std::string_view name, std::string_view json);
  [[nodiscard]] std::string finish() { return std::move(text_) + "}"; }

 private:
  void start(std::string_view name);
  std::string text_ = "{";
};

}  // namespace tandem::store
