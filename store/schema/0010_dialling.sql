-- Outbound calls: intents, and the facts that the dial gate reads.

-- One row, read in every transaction that may lead to a call: the switch that stops all dialling on all nodes.
create table bridge.dial_switch (
  only_row    boolean     primary key default true check (only_row),
  is_stopped  boolean     not null,
  reason      text        not null default '',
  changed_by  text        not null default '',
  changed_at  timestamptz not null default now()
);
alter table bridge.dial_switch enable row level security;
insert into bridge.dial_switch (is_stopped) values (false);

-- Imports of the national do-not-call registry. The newest row counts, whatever its state: an import that was cut off
-- stops telemarketing until it is repeated.
create table bridge.dnc_imports (
  id               bigint      generated always as identity primary key,
  state            text        not null default 'loading' check (state in ('loading', 'complete')),
  san              text        not null default '',  -- subscription account number at the registry
  data_date        timestamptz not null,             -- of the data, not of the import
  rows_expected    bigint      not null,
  rows_before      bigint      not null default 0,   -- of the complete import before; 0 when a loss was accepted
  file_sha256      text        not null,
  imported_by      text        not null default '',
  started_at       timestamptz not null default now(),
  finished_at      timestamptz
);
alter table bridge.dnc_imports enable row level security;

create table bridge.dnc_imported (
  import_id  bigint not null references bridge.dnc_imports (id) on delete cascade,
  digits     bigint not null,                        -- 12125550123
  primary key (import_id, digits)
);
alter table bridge.dnc_imported enable row level security;

-- What somebody wants dialled. The id is that of the call. A row is committed before the carrier hears of it, and no
-- row is dialled twice: `placing` leads to placed, failed or unknown, and an unknown one is only ever resolved by what
-- the carrier says of it.
create table bridge.dial_intents (
  id               uuid        primary key,
  idempotency_key  text        not null unique,
  phone_number     text,
  phone_hash       bytea,
  from_number      text        not null,
  purpose          text        not null,
  message          text        not null default '',
  requested_by     text        not null default '',
  requested_at     timestamptz not null default now(),
  state            text        not null default 'queued'
    check (state in ('queued', 'placing', 'placed', 'unknown', 'refused', 'failed', 'ended')),
  node             text,
  placing_at       timestamptz,
  call_sid         text        unique,
  error_code       integer,
  finished_at      timestamptz,
  check (phone_number is not null or phone_hash is not null)
);
alter table bridge.dial_intents enable row level security;
create index dial_intents_open on bridge.dial_intents (requested_at)
  where state in ('queued', 'placing', 'placed', 'unknown');
create index dial_intents_by_number on bridge.dial_intents (phone_number, placing_at desc);
create index dial_intents_by_phone_hash on bridge.dial_intents (phone_hash) where phone_hash is not null;
create index dial_intents_by_time on bridge.dial_intents (placing_at desc) where placing_at is not null;

-- An opt-out is a do-not-call row in the transaction that imports it, whichever version of the importer writes. It ends
-- every consent of that person. The call's own row may come later than the event: then it is the one that finds it.
create function bridge.enter_opt_out(the_call uuid, asked_at timestamptz) returns void language plpgsql as $$
declare
  callee record;
begin
  select phone_number, phone_hash into callee from bridge.calls where id = the_call;
  if callee.phone_number is null and callee.phone_hash is null then
    return;
  end if;
  insert into bridge.dnc_numbers (phone_number, phone_hash, reason, source, call_id, added_at)
  values (callee.phone_number, callee.phone_hash, 'asked during a call', 'opt_out', the_call, asked_at)
  on conflict do nothing;
  update bridge.consent set revoked_at = asked_at
  where revoked_at is null and captured_at <= asked_at
    and (phone_number = callee.phone_number or phone_hash = callee.phone_hash);
end $$;

create function bridge.opt_out_of_event() returns trigger language plpgsql as $$
begin
  perform bridge.enter_opt_out(new.call_id, new.timestamp);
  return null;
end $$;
create trigger opt_out_enters_list after insert on bridge.events
  for each row when (new.event_type = 'opt_out') execute function bridge.opt_out_of_event();

create function bridge.opt_out_of_call() returns trigger language plpgsql as $$
begin
  perform bridge.enter_opt_out(new.id, e.timestamp)
  from bridge.events e where e.call_id = new.id and e.event_type = 'opt_out';
  return null;
end $$;
create trigger opt_out_finds_number after update of phone_number on bridge.calls
  for each row when (old.phone_number is null and new.phone_number is not null)
  execute function bridge.opt_out_of_call();

-- Those who asked before there was a trigger.
select bridge.enter_opt_out(call_id, timestamp) from bridge.events where event_type = 'opt_out';
