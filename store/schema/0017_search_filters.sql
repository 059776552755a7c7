-- Searches that other filters narrow. The search row of a call holds what lists filter by, so that thousands of calls
-- with a word are filtered and sorted where they are found, without a look at bridge.calls. Times: docs/record.md. At a
-- million calls this migration takes minutes; calls go on, their lines wait in the spool.
set local maintenance_work_mem = '256MB';
lock table bridge.call_search in access exclusive mode;
alter table bridge.call_search rename to call_search_until_0016;
alter table bridge.call_search_until_0016 rename constraint call_search_pkey to call_search_until_0016_pkey;
drop index bridge.call_search_words;

create table bridge.call_search (
  call_id        uuid        not null,
  start_time     timestamptz not null,         -- this and the rest: as in bridge.calls, kept by a trigger there
  answered_time  timestamptz,
  duration       integer,
  direction      text,
  phone_number   text,
  status         text        not null,
  provider       text,
  outcome_label  text        not null,
  words          tsvector    not null          -- without positions
) with (fillfactor = 90,                       -- a change of the rest stays in its page
        autovacuum_vacuum_insert_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.02);
alter table bridge.call_search enable row level security;
alter table bridge.call_search alter column words set storage external;  -- hardly gets smaller, is often unpacked
alter table bridge.call_search alter column words set statistics 1000;

insert into bridge.call_search
select c.id, c.start_time, c.answered_time, c.duration, c.direction, c.phone_number, c.status, c.provider,
       c.outcome_label, s.words
from bridge.call_search_until_0016 s join bridge.calls c on c.id = s.call_id order by c.start_time;
drop table bridge.call_search_until_0016;
alter table bridge.call_search add primary key (call_id);
-- The list of fresh entries is read through by every search: short.
create index call_search_words on bridge.call_search using gin (words) with (gin_pending_list_limit = 512);
-- Beside it, so that both narrow a search before a row is fetched.
create index call_search_number_parts on bridge.call_search using gin (bridge.number_parts(phone_number))
  with (gin_pending_list_limit = 512);
alter index bridge.call_search_number_parts alter column 1 set statistics 1000;

-- Answered or not, with an outcome: both ways without the table.
drop index bridge.calls_outcome_newest, bridge.calls_unanswered_newest;
create index calls_outcome_newest on bridge.calls (outcome_label, start_time desc, id desc)
  include (status, direction, provider, duration, has_words, phone_number, answered_time);
create index calls_unanswered_newest on bridge.calls (start_time desc, id desc)
  include (outcome_label, status, direction, provider, duration, has_words, phone_number)
  where answered_time is null;

-- What goes together: without that the planner looks for booked calls among those that nobody answered.
create statistics bridge.calls_filters (mcv)
  on outcome_label, status, direction, provider, (answered_time is null) from bridge.calls;
create statistics bridge.calls_hours on (extract(hour from start_time at time zone 'UTC')) from bridge.calls;
create statistics bridge.calls_weekdays on (extract(isodow from start_time at time zone 'UTC')) from bridge.calls;
analyze bridge.calls;
analyze bridge.call_search;

-- Whoever adds the row of a call locks the call: a change that comes meanwhile waits, and then finds the row.
create function bridge.gather_words(of_calls uuid[]) returns void language plpgsql as $$
begin
  perform from bridge.calls where id = any (of_calls) order by id for no key update;
  delete from bridge.call_search where call_id = any (of_calls);
  insert into bridge.call_search
  select c.id, c.start_time, c.answered_time, c.duration, c.direction, c.phone_number, c.status, c.provider,
         c.outcome_label, w.words
  from (select call_id, bridge.words_of_all(strip(message_words)) as words from bridge.transcriptions
        where call_id = any (of_calls) group by call_id order by call_id) w
  join bridge.calls c on c.id = w.call_id
  on conflict (call_id) do nothing;
end $$;

create or replace function bridge.add_words() returns trigger language plpgsql as $$
begin
  perform from bridge.calls
  where not has_words and id in (select call_id from new_lines) order by id for no key update;
  insert into bridge.call_search as s
  select c.id, c.start_time, c.answered_time, c.duration, c.direction, c.phone_number, c.status, c.provider,
         c.outcome_label, w.words
  from (select call_id, bridge.words_of_all(strip(message_words)) as words from new_lines group by call_id) w
  join bridge.calls c on c.id = w.call_id
  order by c.id
  on conflict (call_id) do update set words = s.words || excluded.words
    where s.words is distinct from s.words || excluded.words;
  update bridge.calls set has_words = true where not has_words and id in (select call_id from new_lines);
  return null;
end $$;

create or replace function bridge.replace_words() returns trigger language plpgsql as $$
begin
  perform bridge.gather_words(array[old.call_id]);
  return null;
end $$;

create or replace function bridge.remove_words() returns trigger language plpgsql as $$
begin
  perform bridge.gather_words(array(select distinct call_id from old_lines));
  update bridge.calls c set has_words = false
  where id in (select call_id from old_lines) and not exists (select from bridge.call_search where call_id = c.id);
  return null;
end $$;

create function bridge.follow_call() returns trigger language plpgsql as $$
begin
  update bridge.call_search set start_time = new.start_time, answered_time = new.answered_time,
    duration = new.duration, direction = new.direction, phone_number = new.phone_number, status = new.status,
    provider = new.provider, outcome_label = new.outcome_label
  where call_id = new.id;
  return null;
end $$;
create trigger calls_reach_search after update on bridge.calls for each row
  when (new.has_words and
        (old.start_time, old.answered_time, old.duration, old.direction, old.phone_number, old.status, old.provider,
         old.outcome_label) is distinct from
        (new.start_time, new.answered_time, new.duration, new.direction, new.phone_number, new.status, new.provider,
         new.outcome_label))
  execute function bridge.follow_call();
