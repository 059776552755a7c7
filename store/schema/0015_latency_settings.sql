-- What operators set on the latency page: only what differs from the defaults. Every node reads it
-- (bridge/latency_monitor), the audit log tells who set what.
create table bridge.latency_settings (
  name text primary key,
  value_ms bigint not null,
  changed_at timestamptz not null default now(),
  changed_by text not null
);
alter table bridge.latency_settings enable row level security;
