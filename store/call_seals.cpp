#include "store/call_seals.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include "store/json_text.hpp"
#include "store/vault.hpp"

namespace tandem::store {

namespace {

std::string place_in(std::string_view call_id, std::string_view place) {
  return fmt::format("{}|{}", call_id, place);
}

std::string sealed_event(std::int32_t seq) { return fmt::format("events|{}", seq); }

}  // namespace

std::string sealed_line(std::int32_t seq) { return fmt::format("transcriptions|{}", seq); }

bool has_words(std::string_view event_type) noexcept {
  return event_type == "operator_say" || event_type == "operator_context" || event_type == "dtmf" ||
         event_type == "emotions";
}

bool CallSeals::is_on() const noexcept {
  return connection_.vault() != nullptr && connection_.vault()->master() != nullptr;
}

std::string CallSeals::seal(const std::string& call_id, std::string_view place,
                            std::string_view text) {
  if (!is_on()) return std::string(text);
  return store::seal(find_or_make(call_id), place_in(call_id, place), text);
}

std::string CallSeals::seal_event(const std::string& call_id, std::int32_t seq,
                                  std::string_view json) {
  if (!is_on()) return std::string(json);
  return JsonObject().field("sealed", seal(call_id, sealed_event(seq), json)).finish();
}

std::string CallSeals::open_event(const std::string& call_id, std::int32_t seq, std::string json) {
  simdjson::dom::parser parser;
  std::string_view sealed;
  if (parser.parse(json)["sealed"].get(sealed) != simdjson::SUCCESS) return json;
  std::string opened = open(call_id, sealed_event(seq), std::string(sealed));
  return opened == unreadable() ? json : opened;
}

std::string CallSeals::digest(const std::string& call_id, std::string_view content) {
  return sealed_digest(find_or_make(call_id), content);
}

std::string CallSeals::open(const std::string& call_id, std::string_view place, std::string text) {
  if (!is_sealed(text)) return text;
  const DataKey* key = is_on() ? find(call_id) : nullptr;
  if (key == nullptr) return std::string(unreadable());
  auto opened = unseal(*key, place_in(call_id, place), text);
  return opened ? std::move(*opened) : std::string(unreadable());
}

const DataKey* CallSeals::remember(const std::string& call_id, std::string_view wrapped) {
  auto& kept = keys_[call_id];
  kept = connection_.vault()->master()->unwrap(wrapped, call_id);
  return kept ? &*kept : nullptr;
}

const DataKey* CallSeals::find(const std::string& call_id) {
  if (const auto known = keys_.find(call_id); known != keys_.end())
    return known->second ? &*known->second : nullptr;
  const Rows rows =
      connection_.run("select wrapped_key from bridge.call_keys where call_id = $1::uuid",
                      Parameters().add(call_id));
  if (!rows.empty()) return remember(call_id, rows.text(0, 0));
  keys_[call_id] = std::nullopt;
  return nullptr;
}

const DataKey& CallSeals::find_or_make(const std::string& call_id) {
  if (const DataKey* known = find(call_id)) return *known;
  const std::string wrapped = connection_.vault()->master()->wrap(make_data_key(), call_id);
  connection_.run(
      "insert into bridge.call_keys (call_id, wrapped_key) values ($1, $2) on conflict do nothing",
      Parameters().add(call_id).add(wrapped));
  // another node may have been first: its key counts
  keys_.erase(call_id);
  const DataKey* key = find(call_id);
  // a key of another master: nothing of this call can be sealed or opened here
  if (key == nullptr) {
    throw PostgresError(SqlErrorClass::schema, "", "the call's key is of another TRANSCRIPT_KEY");
  }
  return *key;
}

}  // namespace tandem::store
