-- What a call writes down. (call_id, seq) is the idempotency key of everything below `calls`.
-- There is no foreign key to calls: the importer of another node may bring a line before the call's own row.
-- Row level security is on everywhere and no policy exists, so only the owner of the tables reads them.
revoke all on schema bridge from public;

create table bridge.calls (
  id             uuid primary key,
  call_sid       text,
  stream_sid     text,
  direction      text check (direction in ('inbound', 'outbound')),
  phone_number   text,                         -- the other party's: caller of an inbound, callee of an outbound call
  from_number    text,
  to_number      text,
  status         text        not null default 'queued',  -- Twilio's words
  status_rank    smallint    not null default 0,         -- status only moves up; see store/call_rows.cpp
  start_time     timestamptz not null,
  answered_time  timestamptz,
  end_time       timestamptz,
  duration       integer,                      -- seconds
  end_reason     text,
  answered_by    text,
  provider       text,
  chat_id        text,
  chat_group_id  text,
  chat_time      timestamptz,                  -- when chat_id was opened: the newest session wins
  node           text,
  purpose        text,
  recorded_at    timestamptz not null default now()  -- the database's clock beside the node's
);
alter table bridge.calls enable row level security;
create index calls_newest_first on bridge.calls (start_time desc, id desc);
create index calls_by_number    on bridge.calls (phone_number, start_time desc);
create index calls_by_sid       on bridge.calls (call_sid);
create index calls_by_status    on bridge.calls (status, start_time desc);
create index calls_by_duration  on bridge.calls (duration);

create table bridge.transcriptions (
  call_id        uuid        not null,
  seq            integer     not null check (seq >= 0),
  speaker        text        not null check (speaker in ('user', 'assistant')),
  message        text        not null,
  timestamp      timestamptz not null,
  offset_ms      bigint      not null,
  event_type     text        not null,
  audio_ms       integer,
  heard_ms       integer,
  heard_ratio    double precision
    generated always as (case when audio_ms > 0 then heard_ms::double precision / audio_ms end) stored,
  source         text        not null default 'live' check (source in ('live', 'history')),
  sanitised      boolean     not null default false,  -- characters PostgreSQL refuses became U+FFFD
  content_hash   bytea       not null,
  recorded_at    timestamptz not null default now(),
  message_words  tsvector generated always as (to_tsvector('simple', message)) stored,
  primary key (call_id, seq)
);
alter table bridge.transcriptions enable row level security;
create index transcriptions_full_text on bridge.transcriptions using gin (message_words);

create table bridge.events (
  call_id        uuid        not null,
  seq            integer     not null check (seq >= 0),
  event_type     text        not null,
  event_data     jsonb       not null check (jsonb_typeof(event_data) = 'object'),
  timestamp      timestamptz not null,
  offset_ms      bigint      not null,
  sanitised      boolean     not null default false,
  content_hash   bytea       not null,
  recorded_at    timestamptz not null default now(),
  primary key (call_id, seq)
);
alter table bridge.events enable row level security;
create index events_by_type on bridge.events (event_type, timestamp desc);

create table bridge.booking_analysis (
  call_id             uuid primary key,
  state               text not null default 'queued'
    check (state in ('queued', 'running', 'done', 'failed', 'needs_review')),
  booking_detected    boolean,                 -- null when unclear
  outcome             text check (outcome in ('booked', 'not_booked', 'unclear')),
  confidence_score    double precision check (confidence_score between 0 and 1),
  booking_indicators  jsonb not null default '[]' check (jsonb_typeof(booking_indicators) = 'array'),
  reason              text,
  model               text,
  prompt_version      text,
  attempts            integer not null default 0,
  analysis_timestamp  timestamptz,
  raw_answer          text,
  queued_at           timestamptz not null default now()
);
alter table bridge.booking_analysis enable row level security;
create index booking_analysis_by_outcome on bridge.booking_analysis (outcome);
create index booking_analysis_by_state   on bridge.booking_analysis (state);

create table bridge.analytics (
  call_id           uuid primary key,
  total_messages    integer          not null default 0,
  booking_status    text             not null default 'pending',
  response_times    jsonb            not null default '[]',  -- one object per turn, stages in microseconds
  talk_ratio        double precision not null default 0,
  interruptions     integer          not null default 0,
  uplink_transit    jsonb            not null default '{}',  -- percentiles in microseconds
  downlink_transit  jsonb            not null default '{}',
  audio             jsonb            not null default '{}',  -- every frame accounted for
  recorded_at       timestamptz      not null default now()
);
alter table bridge.analytics enable row level security;
