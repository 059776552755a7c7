-- The audit log becomes a chain: every row holds the hash of the one before, whoever writes it.
-- Times go in as microseconds: the text of a timestamp depends on the session's settings.
create function bridge.audit_hash(previous bytea, id bigint, at timestamptz, actor text, action text, subject text,
                                  detail jsonb) returns bytea language sql stable as $$
  select sha256(coalesce(previous, ''::bytea) || convert_to(
    jsonb_build_array(id, (extract(epoch from at) * 1000000)::bigint, actor, action, subject, detail)::text, 'UTF8'))
$$;

create function bridge.chain_audit() returns trigger language plpgsql as $$
declare
  last record;
begin
  -- Until the writer commits: the chain has one end. 'audit' in ASCII.
  perform pg_advisory_xact_lock(418313038196);
  select a.id, a.hash into last from bridge.audit_log a order by a.id desc limit 1;
  -- The identity was drawn before the lock; writers may have overtaken each other since.
  new.id := coalesce(last.id, 0) + 1;
  new.previous_hash := last.hash;
  new.hash := bridge.audit_hash(new.previous_hash, new.id, new.at, new.actor, new.action, new.subject, new.detail);
  return new;
end $$;
create trigger audit_log_chain before insert on bridge.audit_log for each row execute function bridge.chain_audit();
