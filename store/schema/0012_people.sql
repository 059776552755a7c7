-- People: the sessions of users and the one-time link with which the first of them is made.
-- Session ids and links are 256 random bits, so their SHA-256 needs no salt and no slow hash.
alter table bridge.users add column password_changed_at timestamptz not null default now();

create table bridge.sessions (
  id_hash     bytea primary key,
  user_id     uuid        not null references bridge.users (id) on delete cascade,
  created_at  timestamptz not null default now(),
  seen_at     timestamptz not null default now(), -- to the minute: a write per request would be too many
  expires_at  timestamptz not null
);
alter table bridge.sessions enable row level security;
create index sessions_by_user on bridge.sessions (user_id);
create index sessions_by_expiry on bridge.sessions (expires_at);

create table bridge.setup_links (
  link_hash   bytea primary key,
  created_at  timestamptz not null default now(),
  expires_at  timestamptz not null
);
alter table bridge.setup_links enable row level security;

create index audit_log_by_actor on bridge.audit_log (actor, id desc);
create index audit_log_by_action on bridge.audit_log (action, id desc);
