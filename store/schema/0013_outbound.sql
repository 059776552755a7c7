-- Placing calls: an intent that the carrier did not act upon is queued again, a repeated request is compared as a whole,
-- and every intent has its row in `calls` from the beginning.
alter table bridge.dial_intents add column not_before timestamptz not null default '-infinity';
alter table bridge.dial_intents add column tries integer not null default 0;
-- Of what was asked for beside number and purpose. Null: asked for by a version that did not keep it.
alter table bridge.dial_decisions add column request_sha256 text;

-- What the carrier's callbacks say of a call reaches its row by the spool, from any node and in any order; from there it
-- reaches the intent. Who writes both locks the call's row first. An intent that was given up and turns up is placed.
create function bridge.carrier_word_of_intent() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' and old.end_reason = 'never_placed' and old.call_sid is null and new.call_sid is not null then
    new.status := 'ringing';
    new.status_rank := 20;
    new.end_time := null;
    new.end_reason := null;
  end if;
  if new.call_sid is not null then
    update bridge.dial_intents set state = 'placed', call_sid = new.call_sid, finished_at = null
    where id = new.id and state in ('placing', 'unknown', 'failed')
      and not exists (select from bridge.dial_intents where call_sid = new.call_sid and id <> new.id);
  end if;
  if new.status_rank >= 40 then
    update bridge.dial_intents set state = 'ended', finished_at = now()
    where id = new.id and state in ('placing', 'unknown', 'placed');
    if new.end_reason is null and new.status in ('busy', 'no-answer', 'failed', 'canceled') then
      new.end_reason := 'not_answered';
    end if;
  end if;
  return new;
end $$;
create trigger carrier_word_reaches_intent before insert or update of call_sid, status_rank on bridge.calls
  for each row when (new.direction = 'outbound') execute function bridge.carrier_word_of_intent();

-- An intent that comes to nothing closes its row, whoever decided so.
create function bridge.close_call_of_intent() returns trigger language plpgsql as $$
begin
  update bridge.calls set
    status = case new.state when 'refused' then 'canceled' else 'failed' end, status_rank = 40, end_time = now(),
    end_reason = case when new.state = 'refused' then 'not_dialled'
                      when new.error_code is null then 'never_placed' else 'carrier_refused' end
  where id = new.id and status_rank < 40 and call_sid is null;
  return null;
end $$;
create trigger intent_closes_call after update of state on bridge.dial_intents
  for each row when (new.state in ('refused', 'failed') and old.state <> new.state)
  execute function bridge.close_call_of_intent();
