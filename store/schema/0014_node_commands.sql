-- What an operator wants of a call that another node carries: that node looks every second for rows of its calls, takes
-- them out and carries them out. A row that nobody took within 30 seconds is void, and goes at the next look; so nothing
-- that somebody said to a caller stays here. Written by a node that does not carry the call, whoever that is.
create table bridge.node_commands (
  id       bigint      generated always as identity primary key,
  call_id  uuid        not null,
  command  jsonb       not null check (jsonb_typeof(command) = 'object'),  -- store/node_commands.cpp
  actor    text        not null,
  asked_at timestamptz not null default now()
);
alter table bridge.node_commands enable row level security;
create index node_commands_by_call on bridge.node_commands (call_id);
