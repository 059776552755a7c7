-- security_invoker: a view must not lend its owner's rights past row level security.
create view bridge.calls_with_outcome with (security_invoker = true) as
select c.id, c.call_sid, c.stream_sid, c.direction, c.phone_number, c.from_number, c.to_number, c.status,
       c.start_time, c.answered_time, c.end_time, c.duration, c.end_reason, c.answered_by, c.provider,
       c.chat_id, c.chat_group_id, c.node, c.purpose,
       b.state as analysis_state, b.outcome, b.booking_detected, b.confidence_score, b.booking_indicators,
       b.reason as outcome_reason,
       a.total_messages, a.interruptions, a.talk_ratio
from bridge.calls c
left join bridge.booking_analysis b on b.call_id = c.id
left join bridge.analytics a on a.call_id = c.id;

create view bridge.call_summary with (security_invoker = true) as
select c.id as call_id, c.call_sid, c.direction, c.phone_number, c.status, c.start_time, c.end_time, c.duration,
       c.end_reason, coalesce(t.total_messages, 0) as total_messages,
       coalesce(t.user_messages, 0) as user_messages,
       coalesce(t.assistant_messages, 0) as assistant_messages,
       coalesce(b.state, 'none') as analysis_state, b.outcome, b.booking_detected, b.confidence_score
from bridge.calls c
left join lateral (
  select count(*) as total_messages,
         count(*) filter (where speaker = 'user') as user_messages,
         count(*) filter (where speaker = 'assistant') as assistant_messages
  from bridge.transcriptions where call_id = c.id
) t on true
left join bridge.booking_analysis b on b.call_id = c.id;
