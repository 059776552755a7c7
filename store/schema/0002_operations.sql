-- What the bridge itself needs to work: durable jobs, its nodes, how far each spool is imported, and the records
-- that PostgreSQL refused for ever.
create table bridge.jobs (
  id           bigint generated always as identity primary key,
  kind         text        not null,           -- 'analyse'
  key          text        not null,           -- what it is about: a call id
  payload      jsonb       not null default '{}',
  state        text        not null default 'queued'
    check (state in ('queued', 'running', 'done', 'failed', 'needs_review')),
  attempts     integer     not null default 0,
  run_at       timestamptz not null default now(),
  lease_owner  text,
  lease_until  timestamptz,
  fence        bigint      not null default 0, -- rises with every claim: a late worker cannot store its answer
  last_error   text,
  created_at   timestamptz not null default now(),
  finished_at  timestamptz,
  unique (kind, key)
);
alter table bridge.jobs enable row level security;
create index jobs_due on bridge.jobs (kind, run_at) where state in ('queued', 'running');

create table bridge.nodes (
  id          uuid primary key,                -- of its spool directory
  name        text        not null,
  version     text        not null default '',
  state       text        not null default 'ok',
  calls       integer     not null default 0,
  started_at  timestamptz not null default now(),
  seen_at     timestamptz not null default now()
);
alter table bridge.nodes enable row level security;

create table bridge.spool_watermarks (
  node_id     uuid primary key,
  epoch       bigint      not null,
  lsn         bigint      not null,
  updated_at  timestamptz not null default now()
);
alter table bridge.spool_watermarks enable row level security;

create table bridge.dead_letters (
  id           bigint generated always as identity primary key,
  node_id      uuid        not null,
  epoch        bigint      not null,
  lsn          bigint      not null,
  record_type  text        not null,
  call_id      text        not null,
  wall         timestamptz,
  payload      text        not null,
  sqlstate     text        not null,
  reason       text        not null,
  created_at   timestamptz not null default now(),
  unique (node_id, epoch, lsn)
);
alter table bridge.dead_letters enable row level security;
