#include "store/do_not_call.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <istream>
#include <memory>

#include "store/json_text.hpp"

namespace tandem::store {

namespace {

constexpr std::size_t rows_per_statement = 10'000;

Changed changed_of(const Rows& rows) {
  Changed changed;
  for (int row = 0; row < rows.size(); ++row) changed.ids.push_back(rows.integer(row, 0));
  return changed;
}

class Sha256 {
 public:
  Sha256() { EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr); }
  void add(std::string_view bytes) { EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()); }
  std::string finish() {
    std::array<unsigned char, 32> bytes{};
    EVP_DigestFinal_ex(context_.get(), bytes.data(), nullptr);
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (const unsigned char byte : bytes) {
      text += digits[byte >> 4U];
      text += digits[byte & 15U];
    }
    return text;
  }

 private:
  struct Free {
    void operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }
  };
  std::unique_ptr<EVP_MD_CTX, Free> context_{EVP_MD_CTX_new()};
};

/// 0 for what is no number of the registry.
std::int64_t read_number(std::string_view line) {
  if (line.starts_with("+1")) line.remove_prefix(2);
  std::int64_t digits = 1;
  int count = 0;
  for (const char c : line) {
    if (c == ',' && count == 3) continue;
    if (c < '0' || c > '9') return 0;
    digits = digits * 10 + (c - '0');
    if (++count > 10) return 0;
  }
  return count == 10 && digits % 10'000'000'000 >= 2'000'000'000 ? digits : 0;
}

void insert_numbers(Connection& connection, std::int64_t import_id,
                    const std::vector<std::int64_t>& digits) {
  for (std::size_t begin = 0; begin < digits.size(); begin += rows_per_statement) {
    ArrayText numbers;
    const std::size_t end = std::min(begin + rows_per_statement, digits.size());
    for (std::size_t i = begin; i < end; ++i) numbers.add(digits[i]);
    connection.run(
        "insert into bridge.dnc_imported (import_id, digits) select $1, unnest($2::bigint[])",
        Parameters().add(import_id).add(numbers.finish()));
  }
}

/// In pieces: a whole registry in one statement takes minutes.
void delete_imports_before(Connection& connection, std::int64_t id) {
  std::int64_t deleted = 1;
  while (deleted > 0) {
    deleted = connection
                  .run(
                      "delete from bridge.dnc_imported where ctid = any (array(select ctid from "
                      "bridge.dnc_imported where import_id < $1 limit 50000))",
                      Parameters().add(id))
                  .affected();
  }
}

}  // namespace

std::string Changed::words() const {
  std::string text;
  for (const std::int64_t id : ids) text += (text.empty() ? "" : " ") + std::to_string(id);
  return text;
}

Changed add_do_not_call(Connection& connection, const DoNotCallEntry& entry,
                        const PhoneHash& hash) {
  Changed changed = changed_of(connection.run(
      "insert into bridge.dnc_numbers (phone_number, phone_hash, reason, source, added_by) "
      "values ($1, decode($2, 'hex'), $3, $4, $5) on conflict do nothing returning id",
      Parameters()
          .add(entry.number.expose())
          .add(hash)
          .add(sanitise_text(entry.reason).text)
          .add(entry.source)
          .add(entry.added_by)));
  revoke_consents(connection, entry.number, hash);
  return changed;
}

Changed remove_do_not_call(Connection& connection, const core::PhoneNumber& number,
                           const PhoneHash& hash) {
  return changed_of(
      connection.run("delete from bridge.dnc_numbers where phone_number = $1 or "
                     "phone_hash = decode($2, 'hex') returning id",
                     Parameters().add(number.expose()).add(hash)));
}

std::vector<DoNotCallEntry> list_do_not_call(Connection& connection, int limit) {
  const Rows rows = connection.run(
      "select phone_number, reason, source, added_by, "
      "(extract(epoch from added_at) * 1000000)::bigint from bridge.dnc_numbers "
      "where phone_number is not null order by added_at desc, id desc limit $1",
      Parameters().add(limit));
  std::vector<DoNotCallEntry> entries;
  for (int row = 0; row < rows.size(); ++row) {
    const auto text = [&](int column) { return std::string(rows.text(row, column)); };
    entries.push_back({core::PhoneNumber(text(0)), text(1), text(2), text(3), rows.wall(row, 4)});
  }
  return entries;
}

RegistryFile read_registry(std::istream& file) {
  RegistryFile result;
  Sha256 hash;
  for (std::string line; std::getline(file, line);) {
    hash.add(line);
    if (!file.eof()) hash.add("\n");
    ++result.lines;
    if (!line.empty() && line.back() == '\r') line.pop_back();
    const std::int64_t digits = read_number(line);
    if (digits == 0 && result.wrong_line == 0) result.wrong_line = result.lines;
    if (digits != 0) result.digits.push_back(digits);
  }
  result.sha256 = hash.finish();
  std::sort(result.digits.begin(), result.digits.end());
  result.digits.erase(std::unique(result.digits.begin(), result.digits.end()), result.digits.end());
  return result;
}

std::string sha256_of(std::istream& file) {
  Sha256 hash;
  std::array<char, 16'384> piece{};
  while (file.read(piece.data(), piece.size()) || file.gcount() > 0)
    hash.add({piece.data(), static_cast<std::size_t>(file.gcount())});
  return hash.finish();
}

std::int64_t registry_rows(Connection& connection) {
  const Rows rows = connection.run(
      "select rows_expected from bridge.dnc_imports where state = 'complete' "
      "order by id desc limit 1");
  return rows.empty() ? 0 : rows.integer(0, 0);
}

bool import_registry(Connection& connection, const RegistryFile& file,
                     const RegistryImport& import) {
  const Rows begun = connection.run(
      "insert into bridge.dnc_imports (san, data_date, rows_expected, rows_before, file_sha256, "
      "imported_by) values ($1, $2, $3, $4, $5, $6) returning id",
      Parameters()
          .add(import.san)
          .add(import.data_date)
          .add(static_cast<std::int64_t>(file.digits.size()))
          .add(import.accepts_loss ? std::int64_t{0} : registry_rows(connection))
          .add(file.sha256)
          .add(import.imported_by));
  const std::int64_t id = begun.integer(0, 0);
  insert_numbers(connection, id, file.digits);
  const Rows done = connection.run(
      "update bridge.dnc_imports set state = 'complete', finished_at = now() where id = $1 and "
      "rows_expected = (select count(*) from bridge.dnc_imported where import_id = $1)",
      Parameters().add(id));
  if (done.affected() == 0) return false;
  delete_imports_before(connection, id);
  return true;
}

Changed add_consent(Connection& connection, const ConsentEntry& entry, const PhoneHash& hash) {
  return changed_of(connection.run(
      "insert into bridge.consent (phone_number, phone_hash, purpose, seller, written, wording, "
      "channel, captured_at, evidence) values ($1, decode($2, 'hex'), $3, $4, $5, $6, $7, $8, "
      "jsonb_strip_nulls(jsonb_build_object($9::text, $10::text, 'sha256', $11::text, "
      "'region', nullif($12, '')))) returning id",
      Parameters()
          .add(entry.number.expose())
          .add(hash)
          .add(entry.purpose)
          .add(sanitise_text(entry.seller).text)
          .add(entry.is_written ? "t" : "f")
          .add(sanitise_text(entry.wording).text)
          .add(sanitise_text(entry.channel).text)
          .add(entry.captured_at)
          .add(entry.evidence_kind)
          .add(sanitise_text(entry.evidence).text)
          .add(entry.evidence_sha256)
          .add(entry.region)));
}

Changed revoke_consents(Connection& connection, const core::PhoneNumber& number,
                        const PhoneHash& hash) {
  return changed_of(
      connection.run("update bridge.consent set revoked_at = now() where revoked_at is null and "
                     "(phone_number = $1 or phone_hash = decode($2, 'hex')) returning id",
                     Parameters().add(number.expose()).add(hash)));
}

std::vector<ConsentEntry> list_consents(Connection& connection, const core::PhoneNumber& number) {
  const Rows rows = connection.run(
      "select purpose, seller, written, wording, channel, coalesce(evidence->>'sha256', ''), "
      "coalesce(evidence->>'region', ''), (extract(epoch from captured_at) * 1000000)::bigint, "
      "(extract(epoch from revoked_at) * 1000000)::bigint from bridge.consent "
      "where phone_number = $1 order by captured_at desc, id desc",
      Parameters().add(number.expose()));
  std::vector<ConsentEntry> entries;
  for (int row = 0; row < rows.size(); ++row) {
    const auto text = [&](int column) { return std::string(rows.text(row, column)); };
    ConsentEntry entry;
    entry.number = number;
    entry.purpose = text(0);
    entry.seller = text(1);
    entry.is_written = rows.fact(row, 2);
    entry.wording = text(3);
    entry.channel = text(4);
    entry.evidence_sha256 = text(5);
    entry.region = text(6);
    entry.captured_at = rows.wall(row, 7);
    entry.revoked_at = rows.optional<core::WallTime>(row, 8);
    entries.push_back(std::move(entry));
  }
  return entries;
}

}  // namespace tandem::store
