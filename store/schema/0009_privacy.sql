-- Privacy: keyed hashes of numbers, sealed messages, erasure.

-- HMAC-SHA-256 of phone_number under PHONE_HASH_KEY (store/phone_hash.hpp): written with the call, or later by the
-- daily job for calls that a version or a node without the key wrote.
alter table bridge.calls add column phone_hash bytea;
create index calls_by_phone_hash on bridge.calls (phone_hash, start_time) where phone_hash is not null;
create index calls_without_phone_hash on bridge.calls (id) where phone_hash is null and phone_number is not null;
create index consent_by_phone_hash on bridge.consent (phone_hash) where phone_hash is not null;
create index consent_without_phone_hash on bridge.consent (id) where phone_hash is null;
create index dnc_numbers_without_phone_hash on bridge.dnc_numbers (id) where phone_hash is null;
create index dial_decisions_by_phone_hash on bridge.dial_decisions (phone_hash) where phone_hash is not null;
create index dial_decisions_without_phone_hash on bridge.dial_decisions (id) where phone_hash is null;

-- With TRANSCRIPT_KEY the words of a line are here, sealed under the call's data key, and `message` is empty.
alter table bridge.transcriptions add column sealed_message text;

-- The data key of a call, wrapped by the master key. Deleting this row makes everything sealed of the call unreadable,
-- in backups as well.
create table bridge.call_keys (
  call_id      uuid        primary key,
  wrapped_key  text        not null,
  created_at   timestamptz not null default now()
);
alter table bridge.call_keys enable row level security;

-- Orders to erase a person. Kept, because a spool that comes back later must not bring the person back.
create table bridge.erasures (
  id           uuid        primary key,
  phone_hash   bytea       not null,
  ordered_at   timestamptz not null,            -- calls that began before are erased
  ordered_by   text        not null default '',
  finished_at  timestamptz,
  report       jsonb
);
alter table bridge.erasures enable row level security;
create index erasures_by_phone_hash on bridge.erasures (phone_hash, ordered_at);

-- What importers must not bring back: records of these calls are dropped, but for a wish not to be called again.
create table bridge.erased_calls (
  call_id     uuid        primary key,
  phone_hash  bytea,
  erased_at   timestamptz not null default now()
);
alter table bridge.erased_calls enable row level security;

-- The jobs of a call are deleted with it, whatever their kind.
create index jobs_by_key on bridge.jobs (key);
