-- Lists, search and reports at a million calls. Plans and times: docs/record.md, tests/bench/record.

-- 1. Lists. What an operator calls the outcome (web::outcome_label) stands in the call's own row, so that one index
-- answers any filter; bridge.booking_analysis stays the truth and a trigger follows it.
alter table bridge.calls add column analysis_label text;

update bridge.calls c set analysis_label =
  case when b.state = 'done' then coalesce(b.outcome, 'needs_review')
       when b.state in ('failed', 'needs_review') then b.state else 'pending' end
from bridge.booking_analysis b where b.call_id = c.id;

alter table bridge.calls add column outcome_label text not null
  generated always as (coalesce(analysis_label, case when end_time is null then 'pending' else 'none' end)) stored;

-- Has a row in bridge.call_search below: a search passes over calls that nobody answered without looking there.
alter table bridge.calls add column has_words boolean not null default false;
update bridge.calls set has_words = true where id in (select call_id from bridge.transcriptions);

create function bridge.label_call() returns trigger language plpgsql as $$
declare
  label text := case when tg_op = 'DELETE' then null
                     when new.state = 'done' then coalesce(new.outcome, 'needs_review')
                     when new.state in ('failed', 'needs_review') then new.state
                     else 'pending' end;
begin
  update bridge.calls set analysis_label = label
  where id = case when tg_op = 'DELETE' then old.call_id else new.call_id end
    and analysis_label is distinct from label;
  return null;
end $$;
create trigger booking_analysis_labels_call after insert or update of state, outcome or delete
  on bridge.booking_analysis for each row execute function bridge.label_call();

-- Every index holds every filter: a list is found without touching the table, whatever the filters are, and only the
-- rows of the page are fetched. They take the place of the narrow ones.
create index calls_newest on bridge.calls (start_time desc, id desc)
  include (outcome_label, status, direction, provider, duration, has_words, phone_number);
create index calls_outcome_newest on bridge.calls (outcome_label, start_time desc, id desc)
  include (status, direction, provider, duration, has_words, phone_number);
create index calls_status_newest on bridge.calls (status, start_time desc, id desc)
  include (outcome_label, direction, provider, duration, has_words, phone_number);
create index calls_direction_newest on bridge.calls (direction, start_time desc, id desc)
  include (outcome_label, status, provider, duration, has_words, phone_number);
create index calls_provider_newest on bridge.calls (provider, start_time desc, id desc)
  include (outcome_label, status, direction, duration, has_words, phone_number);
create index calls_duration_newest on bridge.calls (duration, start_time desc, id desc)
  include (outcome_label, status, direction, provider, has_words, phone_number);
create index calls_number_newest on bridge.calls (phone_number, start_time desc, id desc);
drop index bridge.calls_newest_first, bridge.calls_by_status, bridge.calls_by_duration, bridge.calls_by_number;

-- Answers without the table need its visibility map fresh, and the planner its statistics.
alter table bridge.calls set (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.02,
                              autovacuum_analyze_scale_factor = 0.02);

-- Some digits of a number: every end of the number is a lexeme, so that any part of it is a prefix of one, and the
-- number as it stands, for how it begins. Plain PostgreSQL; trigrams would need an extension that not every server
-- has, and find nothing below three digits.
create function bridge.number_parts(number text) returns tsvector
language sql immutable parallel safe as $$
  select array_to_tsvector(array(
    select substr(d, i) from (select regexp_replace(number, '[^0-9]', '', 'g') as d) digits,
                             generate_series(1, length(d)) i) || array_remove(array[nullif(number, '')], null))
$$;
create index calls_number_parts on bridge.calls using gin (bridge.number_parts(phone_number));
alter index bridge.calls_number_parts alter column 1 set statistics 1000;

-- 2. Search of what was said: the words of a call, all its lines together. Twenty times fewer rows than lines, and
-- words from different lines find the call. Kept by triggers, so a line that is changed or erased leaves no word.
create table bridge.call_search (
  call_id  uuid primary key,
  words    tsvector not null                   -- without positions
) with (autovacuum_vacuum_insert_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.02);
alter table bridge.call_search enable row level security;
alter table bridge.call_search alter column words set statistics 1000;

create aggregate bridge.words_of_all(tsvector) (sfunc = tsvector_concat, stype = tsvector, initcond = '');

insert into bridge.call_search (call_id, words)
select call_id, bridge.words_of_all(strip(message_words)) from bridge.transcriptions group by call_id;

-- The list of fresh entries is read through by every search: short.
create index call_search_words on bridge.call_search using gin (words) with (gin_pending_list_limit = 512);
drop index bridge.transcriptions_full_text;

-- The question to those words, from text for to_tsquery. There "don't" is a phrase of two, but phrases need positions.
create function bridge.search_query(question text, operator text) returns tsquery
language sql immutable parallel safe as $$
  select regexp_replace(to_tsquery('simple', question)::text, ' (&|<[-0-9]+>) ', ' ' || operator || ' ', 'g')::tsquery
$$;

create function bridge.add_words() returns trigger language plpgsql as $$
begin
  insert into bridge.call_search as s (call_id, words)
  select call_id, bridge.words_of_all(strip(message_words)) from new_lines group by call_id order by call_id
  on conflict (call_id) do update set words = s.words || excluded.words
    where s.words is distinct from s.words || excluded.words;
  update bridge.calls set has_words = true where not has_words and id in (select call_id from new_lines);
  return null;
end $$;
create trigger transcriptions_add_words after insert on bridge.transcriptions
  referencing new table as new_lines for each statement execute function bridge.add_words();

create function bridge.replace_words() returns trigger language plpgsql as $$
begin
  delete from bridge.call_search where call_id = old.call_id;
  insert into bridge.call_search (call_id, words)
  select call_id, bridge.words_of_all(strip(message_words)) from bridge.transcriptions
  where call_id = old.call_id group by call_id
  on conflict (call_id) do nothing;
  return null;
end $$;
create trigger transcriptions_change_words after update of message on bridge.transcriptions
  for each row when (old.message is distinct from new.message) execute function bridge.replace_words();

create function bridge.remove_words() returns trigger language plpgsql as $$
begin
  delete from bridge.call_search where call_id in (select call_id from old_lines);
  insert into bridge.call_search (call_id, words)
  select call_id, bridge.words_of_all(strip(message_words)) from bridge.transcriptions
  where call_id in (select call_id from old_lines) group by call_id
  on conflict (call_id) do nothing;
  update bridge.calls c set has_words = false
  where id in (select call_id from old_lines) and not exists (select from bridge.call_search where call_id = c.id);
  return null;
end $$;
create trigger transcriptions_remove_words after delete on bridge.transcriptions
  referencing old table as old_lines for each statement execute function bridge.remove_words();

create function bridge.forget_words() returns trigger language plpgsql as $$
begin
  truncate bridge.call_search;
  update bridge.calls set has_words = false where has_words;
  return null;
end $$;
create trigger transcriptions_forget_words after truncate on bridge.transcriptions
  for each statement execute function bridge.forget_words();

-- 3. Reports. Cells of an hour and of a day count the calls of one direction and provider. Written once for days that
-- are over (store/analytics_queries.cpp, refresh_reports); younger days are counted when they are asked for.
-- A class is a range of values at most 1/32 wide: store/analytics_cells.cpp has the inverse.
create function bridge.report_class(value bigint) returns integer
language sql immutable parallel safe as $$
  select case when value < 64 then greatest(value, 0)::integer
    else (32 * (floor(ln(value) / ln(2))::integer - 5) + (value >> (floor(ln(value) / ln(2))::integer - 5)))::integer
    end
$$;

create table bridge.report_days (
  day         date primary key,                -- UTC
  written_at  timestamptz not null default now()
);
alter table bridge.report_days enable row level security;

create table bridge.report_cells (
  span           text        not null check (span in ('hour', 'day')),
  start          timestamptz not null,
  direction      text        not null,         -- '' where the call does not say; provider as well
  provider       text        not null,
  calls          bigint      not null,
  answered       bigint      not null,
  booked         bigint      not null,
  not_booked     bigint      not null,
  unclear        bigint      not null,
  interruptions  bigint      not null,
  measured       bigint      not null,         -- calls with a talk ratio
  talk_ratios    double precision not null,    -- their sum
  durations      integer[]   not null,         -- {{class, how many}, ...}, in seconds
  gaps           integer[]   not null,         -- {{class, how many}, ...}, in milliseconds
  primary key (span, start, direction, provider)
);
alter table bridge.report_cells enable row level security;

create function bridge.count_calls(unit text, since timestamptz, until timestamptz)
returns setof bridge.report_cells language sql stable as $$
  with facts as materialized (
    select date_trunc(unit, c.start_time, 'UTC') as start, coalesce(c.direction, '') as direction,
           coalesce(c.provider, '') as provider, c.answered_time, c.outcome_label, c.duration,
           a.interruptions, a.talk_ratio, a.response_times
    from bridge.calls c left join bridge.analytics a on a.call_id = c.id
    where c.start_time >= since and c.start_time < until),
  counts as (
    select start, direction, provider, count(*) as calls, count(answered_time) as answered,
           count(*) filter (where outcome_label = 'booked') as booked,
           count(*) filter (where outcome_label = 'not_booked') as not_booked,
           count(*) filter (where outcome_label = 'unclear') as unclear,
           coalesce(sum(interruptions), 0)::bigint as interruptions, count(talk_ratio) as measured,
           coalesce(sum(talk_ratio), 0) as talk_ratios
    from facts group by start, direction, provider),
  durations as (
    select start, direction, provider, array_agg(array[class, many] order by class) as durations
    from (select start, direction, provider, bridge.report_class(duration) as class, count(*)::integer as many
          from facts where duration is not null group by 1, 2, 3, 4) d group by 1, 2, 3),
  gaps as (
    select start, direction, provider, array_agg(array[class, many] order by class) as gaps
    from (select start, direction, provider, bridge.report_class((turn ->> 'gap_us')::bigint / 1000) as class,
                 count(*)::integer as many
          from facts, jsonb_array_elements(response_times) turn where turn ? 'gap_us' group by 1, 2, 3, 4) g
    group by 1, 2, 3)
  select unit, start, direction, provider, calls, answered, booked, not_booked, unclear, interruptions, measured,
         talk_ratios, coalesce(durations, '{}'), coalesce(gaps, '{}')
  from counts left join durations using (start, direction, provider) left join gaps using (start, direction, provider)
$$;

-- A change to a day that was written strikes it off the list. The lock makes refresh_reports wait for whoever is just
-- changing the day, and the other way round; days that are not over yet are never written, so calls that run take no
-- lock. 0x74616e64 is any constant of our own.
create function bridge.forget_report(at timestamptz) returns void language plpgsql as $$
declare
  of_day date := (at at time zone 'UTC')::date;
begin
  if at is null or of_day >= ((now() - interval '1 hour') at time zone 'UTC')::date then return; end if;
  perform pg_advisory_xact_lock_shared(x'74616e64'::integer, of_day - date '2000-01-01');
  delete from bridge.report_days where day = of_day;
end $$;

create function bridge.calls_forget_report() returns trigger language plpgsql as $$
begin
  if tg_op <> 'INSERT' then perform bridge.forget_report(old.start_time); end if;
  if tg_op = 'INSERT' or (tg_op = 'UPDATE' and new.start_time is distinct from old.start_time) then
    perform bridge.forget_report(new.start_time);
  end if;
  return null;
end $$;
create trigger calls_forget_report
  after insert or delete or update of start_time, answered_time, end_time, direction, provider, duration, analysis_label
  on bridge.calls for each row execute function bridge.calls_forget_report();

create function bridge.analytics_forget_report() returns trigger language plpgsql as $$
begin
  perform bridge.forget_report(c.start_time) from bridge.calls c
  where c.id = case when tg_op = 'DELETE' then old.call_id else new.call_id end;
  return null;
end $$;
create trigger analytics_forget_report
  after insert or delete or update of response_times, talk_ratio, interruptions
  on bridge.analytics for each row execute function bridge.analytics_forget_report();

-- 4. Views.
create or replace view bridge.calls_with_outcome with (security_invoker = true) as
select c.id, c.call_sid, c.stream_sid, c.direction, c.phone_number, c.from_number, c.to_number, c.status,
       c.start_time, c.answered_time, c.end_time, c.duration, c.end_reason, c.answered_by, c.provider,
       c.chat_id, c.chat_group_id, c.node, c.purpose,
       b.state as analysis_state, b.outcome, b.booking_detected, b.confidence_score, b.booking_indicators,
       b.reason as outcome_reason,
       a.total_messages, a.interruptions, a.talk_ratio, c.outcome_label
from bridge.calls c
left join bridge.booking_analysis b on b.call_id = c.id
left join bridge.analytics a on a.call_id = c.id;
