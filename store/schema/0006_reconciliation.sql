-- Reconciliation with the voice provider's own history: every session of a call, what the comparison
-- came to, and which lines of the transcript come from the history.

-- calls.chat_id is the newest session only; a call that was resumed or failed over has several.
create table bridge.chats (
  call_id        uuid        not null,
  opened_at      timestamptz not null,
  chat_id        text        not null,
  chat_group_id  text,
  provider       text        not null default '',
  primary key (call_id, opened_at)
);
alter table bridge.chats enable row level security;
create index chats_by_chat  on bridge.chats (chat_id);
create index chats_by_group on bridge.chats (chat_group_id);

create table bridge.reconciliations (
  call_id     uuid        primary key,
  result      text        not null check (result in ('match', 'filled', 'extra', 'unavailable')),
  matched     integer     not null default 0,  -- lines of the history that the record has
  filled      integer     not null default 0,  -- that it lacked: now in transcriptions, source 'history'
  late        integer     not null default 0,  -- of the caller, written down by the provider after the end
  extra       integer     not null default 0,  -- lines of the record that the history lacks
  chats       integer     not null default 0,
  reads       integer     not null default 0,
  reason      text        not null default '', -- of 'unavailable'
  checked_at  timestamptz not null default now()
);
alter table bridge.reconciliations enable row level security;
create index reconciliations_by_result on bridge.reconciliations (result, checked_at desc) where result <> 'match';

-- Where a transcript line with source 'history' comes from. Such lines are numbered from 1 000 000 on: a call
-- numbers its own from 0, and one that was thought lost may still come out of some spool under its own number.
create table bridge.history_lines (
  chat_id        text    not null,
  hume_event_id  text    not null,
  call_id        uuid    not null,
  seq            integer not null,
  primary key (chat_id, hume_event_id),
  foreign key (call_id, seq) references bridge.transcriptions (call_id, seq) on delete cascade
);
alter table bridge.history_lines enable row level security;
create index history_lines_by_call on bridge.history_lines (call_id, seq);

-- The same words, whatever their case and punctuation.
create function bridge.spoken_words(message text) returns text language sql immutable as $$
  select btrim(regexp_replace(lower(translate(message, '''’‘', '')), '[^[:alnum:]]+', ' ', 'g'))
$$;

-- A call's own line that comes after its call was compared (out of the spool of a node that was away) takes the place
-- of the line that was filled in for it; the call is then compared, and judged if it was, once more. In the database,
-- so that it holds in the very transaction that brings the line, whichever version of the program imports it.
create function bridge.make_room_for_late_lines() returns trigger language plpgsql as $$
declare
  late_calls uuid[];
begin
  select array_agg(distinct f.call_id) into late_calls
  from fresh f join bridge.reconciliations r on r.call_id = f.call_id where f.source = 'live';
  if late_calls is null then return null; end if;

  -- Jobs first, in the order in which a worker takes its locks. A higher fence: what it found out before these
  -- lines came is not stored.
  update bridge.jobs set state = 'queued', fence = fence + 1, lease_owner = null, lease_until = null,
    attempts = 0, created_at = now(), finished_at = null, payload = '{}', last_error = null,
    run_at = now() + case when kind = 'reconcile' then interval '10 seconds' else interval '1 second' end
  where kind in ('analyse', 'reconcile') and key = any (late_calls::text[]);
  update bridge.booking_analysis set state = 'queued', queued_at = now() where call_id = any (late_calls);

  delete from bridge.transcriptions t using (
    select distinct on (f.call_id, f.seq) h.call_id, h.seq
    from fresh f
    join bridge.history_lines l on l.call_id = f.call_id
    join bridge.transcriptions h on h.call_id = l.call_id and h.seq = l.seq
    where f.source = 'live' and f.speaker = h.speaker and f.message <> ''
      and bridge.spoken_words(f.message) = bridge.spoken_words(h.message)
    order by f.call_id, f.seq, abs(extract(epoch from f.timestamp - h.timestamp))
  ) twin where t.call_id = twin.call_id and t.seq = twin.seq;
  return null;
end $$;
create trigger transcriptions_late_lines after insert on bridge.transcriptions
  referencing new table as fresh for each statement execute function bridge.make_room_for_late_lines();
