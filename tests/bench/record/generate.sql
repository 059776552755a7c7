-- A record of :calls calls and about :messages lines over two years, invented and repeatable: every choice is a hash
-- of the call's number. psql variables: calls, messages. Into a freshly migrated database of a cluster of its own.
\set ON_ERROR_STOP on
set session_replication_role = replica;  -- the triggers' work is done in bulk below
set maintenance_work_mem = '1GB';
set work_mem = '256MB';
set max_parallel_workers_per_gather = 0;
set max_parallel_maintenance_workers = 0;
set jit = off;

create schema bench;
-- Even over [0, 1) by number and purpose.
create function bench.chance(number bigint, purpose bigint) returns double precision language sql immutable as
  $$ select (hashint8extended(number, purpose) & 4294967295) / 4294967296.0::double precision $$;
-- A word for a rank: the first are what people say on the phone to a restaurant, the rest are made of syllables.
create table bench.words as
  select rank, coalesce((array['the', 'a', 'for', 'you', 'to', 'please', 'and', 'i', 'table', 'at', 'can', 'yes', 'we',
    'have', 'on', 'people', 'no', 'time', 'thank', 'is', 'booking', 'that', 'evening', 'would', 'like', 'tomorrow',
    'name', 'two', 'four', 'friday', 'saturday', 'seven', 'eight', 'call', 'number', 'great', 'sorry', 'available',
    'what', 'see'])[rank],
    (select string_agg(substr('badacedifogulanomirepusetivoxuza', 1 + 2 * ((rank >> (4 * s)) & 15), 2), '')
     from generate_series(0, 4) s where s = 0 or rank >> (4 * s) > 0)) as word
  from generate_series(1, 30000) rank;
-- Ranks even in the logarithm: Zipf's law.
create table bench.sentences as
  select n, string_agg(word, ' ' order by w) as text
  from generate_series(0, 99999) n
  cross join lateral generate_series(1, 3 + floor(14 * bench.chance(n, 1))::int) w
  join bench.words on rank = floor(exp(ln(30000) * bench.chance(n * 20 + w, 2)))::int
  group by n;
analyze bench.words; analyze bench.sentences;

create table bench.calls as
select i, md5('call ' || i)::uuid as id,
  -- a day has its calls from 7 to 21 h; the last day ends now
  date_trunc('day', now()) - interval '729 days' + floor(i * 730.0 / :calls) * interval '1 day'
    + interval '7 hours' + (i * 730.0 / :calls - floor(i * 730.0 / :calls)) * interval '14 hours' as start_time,
  case when bench.chance(i, 3) < 0.3 then 'outbound' else 'inbound' end as direction,
  floor(80000 * power(bench.chance(i, 4), 3))::int as number,
  case when bench.chance(i, 5) < 0.9 then 'hume' when bench.chance(i, 5) < 0.99 then 'gemini' else 'openai' end
    as provider,
  bench.chance(i, 6) as of_status, bench.chance(i, 7) as of_outcome
from generate_series(0, :calls - 1) i;
alter table bench.calls add status text, add duration int, add lines int;
update bench.calls set status = case
    when i >= :calls - 40 then 'in-progress'
    when direction = 'inbound' then case when of_status < 0.97 then 'completed' when of_status < 0.99 then 'no-answer'
                                         else 'failed' end
    when of_status < 0.6 then 'completed' when of_status < 0.8 then 'no-answer' when of_status < 0.92 then 'busy'
    when of_status < 0.98 then 'failed' else 'canceled' end;
update bench.calls set
  duration = case when status = 'completed' then 5 + floor(-ln(1 - bench.chance(i, 8)) * 95)::int
                  when status <> 'in-progress' then 0 end,
  lines = case when status in ('completed', 'in-progress')
    then 2 + floor(-ln(1 - bench.chance(i, 8)) * (:messages::numeric / :calls / 0.859 - 2))::int else 0 end;


insert into bridge.calls (id, call_sid, stream_sid, direction, phone_number, from_number, to_number, status,
  status_rank, start_time, answered_time, end_time, duration, end_reason, provider, chat_id, chat_group_id, node,
  purpose, has_words, analysis_label)
select id, 'CA' || md5('carrier ' || i), 'MZ' || md5('stream ' || i), direction, phone,
  case when direction = 'inbound' then phone else '+15550100000' end,
  case when direction = 'inbound' then '+15550100000' else phone end,
  status, case when status = 'in-progress' then 30 else 40 end, start_time,
  case when lines > 0 then start_time + interval '2 seconds' end,
  case when status <> 'in-progress' then start_time + (2 + duration) * interval '1 second' end, duration,
  case when status = 'completed' then (array['caller_hung_up', 'agent_hung_up', 'idle'])[1 + (of_outcome * 3)::int % 3]
  end, provider, md5('chat ' || i)::uuid::text, md5('group ' || i)::uuid::text, 'node-' || (i % 4),
  case when direction = 'outbound' then 'reminder' end, lines > 0,
  case when status = 'completed' then case
    when i >= :calls - 200 then 'pending' when of_outcome < 0.18 then 'booked' when of_outcome < 0.88 then 'not_booked'
    when of_outcome < 0.975 then 'unclear' when of_outcome < 0.997 then 'needs_review' else 'failed' end end
from bench.calls, lateral (select '+1' || (200 + number / 100) || '55501' || lpad((number % 100)::text, 2, '0')) p (phone)
order by i;

insert into bridge.booking_analysis (call_id, state, booking_detected, outcome, confidence_score, booking_indicators,
  reason, model, prompt_version, attempts, analysis_timestamp)
select c.id, case when label in ('failed', 'needs_review') then label when label = 'pending' then 'queued' else 'done' end,
  case label when 'booked' then true when 'not_booked' then false end,
  case when label in ('booked', 'not_booked', 'unclear') then label end, 0.5 + of_outcome / 2,
  case when label in ('booked', 'not_booked') then '[{"seq": 3, "quote": "see you on friday"}, {"seq": 5, "quote": "thank you"}]'
    else '[]' end::jsonb,
  'The agent offered a time and the caller answered.', 'stand-in', '1', 1, c.end_time + interval '5 seconds'
from bench.calls b join bridge.calls c using (id), lateral (select c.analysis_label as label) l
where label is not null order by i;

insert into bridge.analytics (call_id, total_messages, booking_status, talk_ratio, interruptions, response_times,
  uplink_transit, downlink_transit)
select id, lines, 'done', bench.chance(i, 9), floor(4 * power(bench.chance(i, 10), 2)),
  (select jsonb_agg(jsonb_build_object('turn', t, 'to_last_audio_sent_us', 12000, 'to_text_final_us', 210000,
     'to_first_audio_us', gap - 300000, 'to_carrier_us', 900, 'to_audible_us', 70000, 'unexplained_us', 7100,
     'gap_us', gap))
   from generate_series(1, greatest(1, lines / 2)) t,
     lateral (select 400000 + floor(-ln(1 - bench.chance(i * 1000 + t, 11)) * 500000)::bigint) g (gap)),
  '{"count": 5000, "p50_us": 60, "p95_us": 90, "p99_us": 400, "max_us": 900}',
  '{"count": 5000, "p50_us": 60, "p95_us": 90, "p99_us": 400, "max_us": 900}'
from bench.calls where status = 'completed' order by i;

-- One line in fifty has a name that few others have; calls that are booked say so at their end.
insert into bridge.transcriptions (call_id, seq, speaker, message, timestamp, offset_ms, event_type, audio_ms, heard_ms,
  content_hash)
select id, seq, case when seq % 2 = 0 then 'user' else 'assistant' end,
  s.text
    || case when bench.chance(i * 1000 + seq, 12) < 0.02
         then ' name' || to_hex(floor(exp(ln(2000000) * bench.chance(i * 1000 + seq, 13)))::int) else '' end
    || case when seq = lines - 1 and of_outcome < 0.18 and bench.chance(i, 14) < 0.8 then ' your table is confirmed'
         when seq = lines - 1 and bench.chance(i, 14) < 0.02 then ' it was never confirmed' else '' end,
  start_time + (2 + 4 * seq) * interval '1 second', 4000 * seq,
  case when seq % 2 = 0 then 'user_message' else 'assistant_message' end,
  case when seq % 2 = 1 then 2500 end, case when seq % 2 = 1 then 2500 end, uuid_send(id)
from bench.calls cross join lateral generate_series(0, lines - 1) seq
join bench.sentences s on s.n = (hashint8extended(i * 1000 + seq, 15) & 2147483647) % 100000;

insert into bridge.events (call_id, seq, event_type, event_data, timestamp, offset_ms, content_hash)
select id, seq, 'state_changed', '{"from": "talking", "to": "closing"}', start_time, 0, uuid_send(id)
from bench.calls cross join generate_series(0, 1) seq where lines > 0;

drop index bridge.call_search_words, bridge.call_search_number_parts;
insert into bridge.call_search
select c.id, c.start_time, c.answered_time, c.duration, c.direction, c.phone_number, c.status, c.provider, c.outcome_label,
  (select bridge.words_of_all(strip(message_words)) from bridge.transcriptions t where t.call_id = c.id)
from bridge.calls c where has_words order by c.start_time;
create index call_search_words on bridge.call_search using gin (words) with (gin_pending_list_limit = 512);
create index call_search_number_parts on bridge.call_search using gin (bridge.number_parts(phone_number))
  with (gin_pending_list_limit = 512);
alter index bridge.call_search_number_parts alter column 1 set statistics 1000;
set session_replication_role = origin;
vacuum analyze;
