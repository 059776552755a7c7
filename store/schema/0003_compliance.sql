-- Who may be called, who may look, and who did what. A phone_hash is HMAC-SHA-256 over the E.164 number with a key
-- kept outside the database; it outlives the number itself when a person is erased.
create table bridge.consent (
  id            bigint generated always as identity primary key,
  phone_number  text,
  phone_hash    bytea,
  purpose       text        not null,
  seller        text        not null default '',
  written       boolean     not null default false,
  wording       text        not null default '',  -- exactly what was shown or said
  channel       text        not null default '',
  evidence      jsonb       not null default '{}',
  captured_at   timestamptz not null,
  revoked_at    timestamptz,
  created_at    timestamptz not null default now(),
  check (phone_number is not null or phone_hash is not null)
);
alter table bridge.consent enable row level security;
create index consent_by_number on bridge.consent (phone_number, purpose);

create table bridge.dnc_numbers (
  id            bigint generated always as identity primary key,
  phone_number  text unique,
  phone_hash    bytea unique,
  reason        text        not null default '',
  source        text        not null default '',
  call_id       uuid,
  added_by      text        not null default '',
  added_at      timestamptz not null default now(),
  check (phone_number is not null or phone_hash is not null)
);
alter table bridge.dnc_numbers enable row level security;

create table bridge.dial_decisions (
  id               bigint generated always as identity primary key,
  idempotency_key  text unique,
  phone_number     text,
  phone_hash       bytea,
  purpose          text        not null,
  allowed          boolean     not null,
  refusals         jsonb       not null default '[]',
  facts            jsonb       not null default '{}',
  call_id          uuid,
  decided_by       text        not null default '',
  decided_at       timestamptz not null default now()
);
alter table bridge.dial_decisions enable row level security;
create index dial_decisions_by_number on bridge.dial_decisions (phone_number, decided_at desc);

create table bridge.users (
  id             uuid primary key default gen_random_uuid(),
  name           text        not null unique,
  password_hash  text        not null,
  role           text        not null check (role in ('viewer', 'operator', 'admin')),
  totp_secret    text,
  disabled       boolean     not null default false,
  created_at     timestamptz not null default now(),
  last_login_at  timestamptz
);
alter table bridge.users enable row level security;

create table bridge.api_tokens (
  id            uuid primary key default gen_random_uuid(),
  user_id       uuid references bridge.users (id) on delete cascade,
  name          text        not null,
  token_hash    bytea       not null unique,  -- SHA-256 of the token; the token itself is shown once
  role          text        not null check (role in ('viewer', 'operator', 'admin')),
  created_at    timestamptz not null default now(),
  expires_at    timestamptz,
  revoked_at    timestamptz,
  last_used_at  timestamptz
);
alter table bridge.api_tokens enable row level security;

create table bridge.audit_log (
  id             bigint generated always as identity primary key,
  at             timestamptz not null default now(),
  actor          text        not null,
  action         text        not null,
  subject        text        not null default '',
  detail         jsonb       not null default '{}',
  previous_hash  bytea,
  hash           bytea
);
alter table bridge.audit_log enable row level security;
create index audit_log_by_time on bridge.audit_log (at desc);

create function bridge.refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'audit_log is append-only' using errcode = '42501';
end $$;
create trigger audit_log_append_only before update or delete or truncate on bridge.audit_log
  for each statement execute function bridge.refuse_change();
