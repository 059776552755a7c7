#include "store/api_tokens.hpp"

#include <fmt/format.h>
#include <openssl/sha.h>

#include <array>

namespace tandem::store {

std::string digest(std::string_view secret) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> hash{};
  SHA256(reinterpret_cast<const unsigned char*>(secret.data()), secret.size(), hash.data());
  return fmt::format("\\x{:02x}", fmt::join(hash, ""));
}

void add_token(Connection& connection, const std::string& name, const std::string& role,
               const std::string& token_digest, std::optional<std::chrono::seconds> lifetime) {
  std::optional<std::int64_t> seconds;
  if (lifetime) seconds = lifetime->count();
  connection.run(
      "insert into bridge.api_tokens (name, role, token_hash, expires_at) "
      "values ($1, $2, $3::bytea, now() + make_interval(secs => $4::bigint))",
      Parameters().add(name).add(role).add(token_digest).add(seconds));
}

std::optional<Identity> find_token(Connection& connection, const std::string& token_digest) {
  const Rows rows = connection.run(
      "update bridge.api_tokens set last_used_at = now() where token_hash = $1::bytea "
      "and revoked_at is null and (expires_at is null or expires_at > now()) "
      "returning 'token:' || name, role",
      Parameters().add(token_digest));
  if (rows.empty()) return std::nullopt;
  return Identity{std::string(rows.text(0, 0)), std::string(rows.text(0, 1))};
}

std::vector<ApiToken> list_tokens(Connection& connection) {
  const Rows rows = connection.run(
      "select id, name, role, (extract(epoch from created_at) * 1000000)::bigint, "
      "(extract(epoch from expires_at) * 1000000)::bigint, "
      "(extract(epoch from last_used_at) * 1000000)::bigint, revoked_at is not null "
      "from bridge.api_tokens order by created_at, id");
  std::vector<ApiToken> tokens;
  for (int row = 0; row < rows.size(); ++row) {
    ApiToken token{.id = std::string(rows.text(row, 0)),
                   .name = std::string(rows.text(row, 1)),
                   .role = std::string(rows.text(row, 2)),
                   .created = rows.wall(row, 3),
                   .expires = std::nullopt,
                   .last_used = std::nullopt,
                   .is_revoked = rows.fact(row, 6)};
    if (!rows.is_null(row, 4)) token.expires = rows.wall(row, 4);
    if (!rows.is_null(row, 5)) token.last_used = rows.wall(row, 5);
    tokens.push_back(std::move(token));
  }
  return tokens;
}

bool revoke_token(Connection& connection, const std::string& id) {
  const Rows rows = connection.run(
      "update bridge.api_tokens set revoked_at = now() where id::text = $1 and revoked_at is null",
      Parameters().add(id));
  return rows.affected() == 1;
}

}  // namespace tandem::store
