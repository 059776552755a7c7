-- Lists that open behind the figures of reports, and the decisions of the gate.

-- Calls that nobody answered may be few: found without a look at all others.
create index calls_unanswered_newest on bridge.calls (start_time desc, id desc) where answered_time is null;

-- Decisions of one kind, newest first; allowed ones may be few.
create index dial_decisions_by_verdict on bridge.dial_decisions (allowed, id desc);
