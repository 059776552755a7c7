// Writes one flat or nested JSON object into a string, key by key, from its construction to
// close(). For messages that we send; not a DOM, and it does not check that a key comes once.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "codec/json_text.hpp"

namespace tandem::codec {

/// `out` outlives the writer. A nested object is another writer on key("name").
class JsonObjectWriter {
 public:
  explicit JsonObjectWriter(std::string& out) : out_(out) { out_ += '{'; }
  /// The first key is "type", as in most protocols of messages.
  JsonObjectWriter(std::string& out, std::string_view type) : JsonObjectWriter(out) {
    text("type", type);
  }

  /// Writes the key; the caller appends exactly one JSON value to what it returns.
  std::string& key(std::string_view name) {
    if (out_.back() != '{') out_ += ',';
    append_json_string(out_, name);
    out_ += ':';
    return out_;
  }
  void text(std::string_view name, std::string_view value) { append_json_string(key(name), value); }
  void text_if_any(std::string_view name, std::string_view value) {
    if (!value.empty()) text(name, value);
  }
  void number(std::string_view name, std::int64_t value) { key(name) += std::to_string(value); }
  /// `json` is put in as it is.
  void raw(std::string_view name, std::string_view json) { key(name) += json; }
  void close() { out_ += '}'; }

 private:
  std::string& out_;
};

}  // namespace tandem::codec
