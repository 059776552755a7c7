#include "store/batch_rows.hpp"

#include <fmt/format.h>
#include <openssl/sha.h>
#include <simdjson.h>

#include <array>
#include <map>

#include "store/call_rows.hpp"
#include "store/call_seals.hpp"
#include "store/erasure.hpp"
#include "store/json_text.hpp"

namespace tandem::store {

namespace {

/// Fields are separated by NUL, which none of them can contain any more.
std::string content_of(std::initializer_list<std::string_view> fields) {
  std::string content;
  for (const auto field : fields) content.append(field).push_back('\0');
  return content;
}

/// First half of a SHA-256 as bytea text.
std::string content_hash(std::string_view content) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(content.data()), content.size(), digest.data());
  std::string text = "\\x";
  for (std::size_t i = 0; i < 16; ++i) text += fmt::format("{:02x}", digest[i]);
  return text;
}

/// The columns that transcript entries and events share.
struct LineColumns {
  ArrayText call_ids, seqs, walls, offsets, sanitised, hashes, indexes;

  void add(std::size_t index, const core::Record& record, std::int32_t seq, bool was_sanitised,
           std::string_view hash) {
    indexes.add(static_cast<std::int64_t>(index));
    call_ids.add(sanitise_text(record.call_id.str()).text);
    seqs.add(std::int64_t{seq});
    walls.add(record.wall);
    offsets.add(std::int64_t{record.offset.count()});
    sanitised.add(was_sanitised);
    hashes.add(hash);
  }
  [[nodiscard]] Parameters parameters() const {
    return Parameters()
        .add(indexes.finish())
        .add(call_ids.finish())
        .add(seqs.finish())
        .add(walls.finish())
        .add(offsets.finish())
        .add(sanitised.finish())
        .add(hashes.finish());
  }
};

// In both statements the last SELECT sees the table as it was before the INSERT: it finds lines
// that were there already and say something else.
constexpr auto insert_transcriptions = R"(
with incoming as (
  select * from unnest($1::int[], $2::uuid[], $3::int[], $4::timestamptz[], $5::bigint[],
                       $6::bool[], $7::bytea[], $8::text[], $9::text[], $10::text[], $11::text[],
                       $12::text[])
    as t (index, call_id, seq, at, offset_ms, sanitised, hash, speaker, message, event_type,
          source, sealed_message)),
inserted as (
  insert into bridge.transcriptions (call_id, seq, timestamp, offset_ms, sanitised, content_hash,
                                     speaker, message, event_type, source, sealed_message)
  select call_id, seq, at, offset_ms, sanitised, hash, speaker, message, event_type, source,
         sealed_message
  from incoming order by call_id, seq on conflict do nothing)
select i.index from incoming i join bridge.transcriptions t using (call_id, seq)
where t.content_hash <> i.hash)";

constexpr auto insert_events = R"(
with incoming as (
  select * from unnest($1::int[], $2::uuid[], $3::int[], $4::timestamptz[], $5::bigint[],
                       $6::bool[], $7::bytea[], $8::text[], $9::text[])
    as t (index, call_id, seq, at, offset_ms, sanitised, hash, event_type, event_data)),
inserted as (
  insert into bridge.events (call_id, seq, timestamp, offset_ms, sanitised, content_hash,
                             event_type, event_data)
  select call_id, seq, at, offset_ms, sanitised, hash, event_type, event_data::jsonb from incoming
  order by call_id, seq on conflict do nothing)
select i.index from incoming i join bridge.events e using (call_id, seq)
where e.content_hash <> i.hash)";

class BatchRows {
 public:
  explicit BatchRows(Connection& connection) : connection_(connection), seals_(connection) {}

  void add(std::size_t index, const core::Record& record) {
    std::visit([&](const auto& body) { take(index, record, body); }, record.body);
  }

  std::vector<std::size_t> write() {
    std::vector<std::size_t> conflicts;
    write_stub_calls();
    if (!entries_.call_ids.empty()) {
      const Parameters parameters = entries_.parameters()
                                        .add(speakers_.finish())
                                        .add(messages_.finish())
                                        .add(entry_types_.finish())
                                        .add(sources_.finish())
                                        .add(sealed_messages_.finish());
      collect(connection_.run(insert_transcriptions, parameters), conflicts);
    }
    write_heard();
    if (!events_.call_ids.empty()) {
      const Parameters parameters =
          events_.parameters().add(event_types_.finish()).add(event_data_.finish());
      collect(connection_.run(insert_events, parameters), conflicts);
    }
    return conflicts;
  }

 private:
  struct Heard {
    std::int32_t audio_ms;
    std::int32_t heard_ms;
    bool was_cut;
  };

  template <class CallLevel>
  void take(std::size_t, const core::Record&, const CallLevel&) {}

  void take(std::size_t index, const core::Record& record, const core::TranscriptEntry& body) {
    const SanitisedText message = sanitise_text(body.text);
    const std::string type = sanitise_text(body.event_type).text;
    const std::string source = sanitise_text(body.source).text;
    const auto speaker = core::to_string(body.speaker);
    entries_.add(index, record, body.seq, message.changed,
                 hash_of(record, true, {speaker, message.text, type, source}));
    speakers_.add(speaker);
    if (seals_.is_on()) {
      messages_.add(std::string_view{});
      sealed_messages_.add(seals_.seal(record.call_id.str(), sealed_line(body.seq), message.text));
    } else {
      messages_.add(message.text);
      sealed_messages_.add_null();
    }
    entry_types_.add(type);
    sources_.add(source);
    mention(record);
  }

  void take(std::size_t index, const core::Record& record, const core::CallEvent& body) {
    const SanitisedText data = sanitise_json(body.json);
    const std::string type = sanitise_text(body.type).text;
    const bool is_sealed = seals_.is_on() && has_words(type);
    events_.add(index, record, body.seq, data.changed,
                hash_of(record, is_sealed, {type, data.text}));
    event_types_.add(type);
    event_data_.add(is_sealed ? seals_.seal_event(record.call_id.str(), body.seq, data.text)
                              : data.text);
    mention(record);
  }

  void take(std::size_t, const core::Record& record, const core::TranscriptHeard& body) {
    heard_[{sanitise_text(record.call_id.str()).text, body.seq}] = {body.audio_ms, body.heard_ms,
                                                                    body.was_cut};
  }

  /// Of text that is sealed, a digest that tells nothing of a short sentence.
  std::string hash_of(const core::Record& record, bool may_seal,
                      std::initializer_list<std::string_view> fields) {
    const std::string content = content_of(fields);
    if (may_seal && seals_.is_on()) return seals_.digest(record.call_id.str(), content);
    return content_hash(content);
  }

  void mention(const core::Record& record) {
    calls_.try_emplace(sanitise_text(record.call_id.str()).text, record.wall);
  }

  // A line may come before the call's own row (another node, a lost record): it must never be
  // poison. Sorted, so that two importers lock rows in the same order.
  void write_stub_calls() {
    if (calls_.empty()) return;
    ArrayText ids;
    ArrayText walls;
    for (const auto& [id, wall] : calls_) {
      ids.add(id);
      walls.add(wall);
    }
    connection_.run(
        "insert into bridge.calls (id, start_time) select * from unnest($1::uuid[], "
        "$2::timestamptz[]) "
        "on conflict do nothing",
        Parameters().add(ids.finish()).add(walls.finish()));
  }

  void write_heard() {
    if (heard_.empty()) return;
    ArrayText ids;
    ArrayText seqs;
    ArrayText audio;
    ArrayText heard;
    ArrayText cut;
    for (const auto& [key, value] : heard_) {
      ids.add(key.first);
      seqs.add(std::int64_t{key.second});
      audio.add(std::int64_t{value.audio_ms});
      heard.add(std::int64_t{value.heard_ms});
      cut.add(std::int64_t{value.was_cut});
    }
    connection_.run(
        "update bridge.transcriptions t set audio_ms = h.audio_ms, heard_ms = h.heard_ms, "
        "cut_ms = case when h.cut > 0 then h.heard_ms end "
        "from unnest($1::uuid[], $2::int[], $3::int[], $4::int[], $5::int[]) "
        "as h (call_id, seq, audio_ms, heard_ms, cut) "
        "where t.call_id = h.call_id and t.seq = h.seq",
        Parameters()
            .add(ids.finish())
            .add(seqs.finish())
            .add(audio.finish())
            .add(heard.finish())
            .add(cut.finish()));
  }

  static void collect(const Rows& rows, std::vector<std::size_t>& conflicts) {
    for (int row = 0; row < rows.size(); ++row) {
      conflicts.push_back(static_cast<std::size_t>(rows.integer(row, 0)));
    }
  }

  Connection& connection_;
  CallSeals seals_;
  LineColumns entries_;
  ArrayText speakers_, messages_, entry_types_, sources_, sealed_messages_;
  LineColumns events_;
  ArrayText event_types_, event_data_;
  std::map<std::pair<std::string, std::int32_t>, Heard> heard_;
  std::map<std::string, core::WallTime> calls_;
};

}  // namespace

bool is_storable(const core::Record& record) {
  const auto* event = std::get_if<core::CallEvent>(&record.body);
  if (event == nullptr) return true;
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  const std::string json = sanitise_json(event->json).text;
  return parser.parse(json.data(), json.size()).get(object) == simdjson::SUCCESS;
}

std::vector<std::size_t> write_records(Connection& connection,
                                       std::span<const core::Record> records) {
  BatchRows rows(connection);
  ErasureGate gate(connection, records);
  for (std::size_t i = 0; i < records.size(); ++i) {
    if (gate.keeps_out(records[i])) continue;
    write_call_row(connection, records[i]);
    rows.add(i, records[i]);
  }
  return rows.write();
}

}  // namespace tandem::store
