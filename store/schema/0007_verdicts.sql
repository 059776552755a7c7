-- Verdicts: what they were judged from, and with what. booking_analysis has the current one of a call, this table
-- every one there was. A question is known by the call, the prompt, the model and when it was asked for (created_at of
-- its job, which tries and nodes that die do not change), so one question has one verdict whoever answers it how often.
create table bridge.verdicts (
  id                  bigint generated always as identity primary key,
  call_id             uuid        not null,
  prompt_version      text        not null,
  model               text        not null,        -- as it was asked for
  model_version       text,                        -- as it named itself
  requested_at        timestamptz not null,
  judged_at           timestamptz not null default now(),
  state               text        not null check (state in ('done', 'needs_review')),
  outcome             text        not null check (outcome in ('booked', 'not_booked', 'unclear')),
  confidence_score    double precision check (confidence_score between 0 and 1),
  booking_indicators  jsonb       not null default '[]' check (jsonb_typeof(booking_indicators) = 'array'),
  reason              text,
  appointment         jsonb,                       -- only of an accepted booking or cancellation
  suspicions          jsonb       not null default '[]' check (jsonb_typeof(suspicions) = 'array'),
  raw_answer          text,
  prompt_tokens       bigint,
  output_tokens       bigint,
  questions           smallint    not null default 1,  -- 2: the first answer was none
  unique (call_id, prompt_version, model, requested_at)
);
alter table bridge.verdicts enable row level security;

alter table bridge.booking_analysis add column appointment jsonb;
alter table bridge.booking_analysis add column suspicions jsonb not null default '[]';

-- What was judged before there was a history.
insert into bridge.verdicts (call_id, prompt_version, model, requested_at, judged_at, state, outcome, confidence_score,
                             booking_indicators, reason, raw_answer)
select call_id, coalesce(prompt_version, ''), coalesce(model, ''), queued_at, coalesce(analysis_timestamp, queued_at),
       state, outcome, confidence_score, booking_indicators, reason, raw_answer
from bridge.booking_analysis
where state in ('done', 'needs_review') and outcome is not null;
