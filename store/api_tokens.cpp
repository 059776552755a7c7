#include "store/api_tokens.hpp"

#include <fmt/format.h>
#include <openssl/sha.h>

#include <array>

namespace tandem::store {

namespace {

constexpr const char* columns =
    "id, name, role, (extract(epoch from created_at) * 1000000)::bigint, "
    "(extract(epoch from expires_at) * 1000000)::bigint, "
    "(extract(epoch from last_used_at) * 1000000)::bigint, revoked_at is not null";

ApiToken token_of(const Rows& rows, int row) {
  return {.id = std::string(rows.text(row, 0)),
          .name = std::string(rows.text(row, 1)),
          .role = std::string(rows.text(row, 2)),
          .created = rows.wall(row, 3),
          .expires = rows.optional<core::WallTime>(row, 4),
          .last_used = rows.optional<core::WallTime>(row, 5),
          .is_revoked = rows.fact(row, 6)};
}

}  // namespace

std::string digest(std::string_view secret) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> hash{};
  SHA256(reinterpret_cast<const unsigned char*>(secret.data()), secret.size(), hash.data());
  return fmt::format("\\x{:02x}", fmt::join(hash, ""));
}

ApiToken add_token(Connection& connection, const std::string& name, const std::string& role,
                   const std::string& token_digest, std::optional<std::chrono::seconds> lifetime) {
  std::optional<std::int64_t> seconds;
  if (lifetime) seconds = lifetime->count();
  return token_of(
      connection.run(
          std::string("insert into bridge.api_tokens (name, role, token_hash, expires_at) "
                      "values ($1, $2, $3::bytea, now() + make_interval(secs => $4::bigint)) "
                      "returning ") +
              columns,
          Parameters().add(name).add(role).add(token_digest).add(seconds)),
      0);
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
  const Rows rows = connection.run(std::string("select ") + columns +
                                   " from bridge.api_tokens order by created_at, id");
  std::vector<ApiToken> tokens;
  for (int row = 0; row < rows.size(); ++row) tokens.push_back(token_of(rows, row));
  return tokens;
}

std::optional<std::string> revoke_token(Connection& connection, const std::string& id) {
  const Rows rows = connection.run(
      "update bridge.api_tokens set revoked_at = now() where id::text = $1 and revoked_at is null "
      "returning name",
      Parameters().add(id));
  if (rows.empty()) return std::nullopt;
  return std::string(rows.text(0, 0));
}

}  // namespace tandem::store
