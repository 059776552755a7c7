"""Runs the tests of the API on one bridge with a finished call and thousands of invented ones; prints ok / not ok lines and
the closing line."""

import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent), str(Path(__file__).resolve().parent.parent / "calls")]

from world import World  # noqa: E402  (first: it makes deploy/lib known)
from checks import TESTS  # noqa: E402
import openapi  # noqa: E402, F401  (registers its tests)
import dialling  # noqa: E402, F401
import exports  # noqa: E402, F401
import hostile  # noqa: E402, F401
from client import Http  # noqa: E402
from results import Results  # noqa: E402

INVENTED = 2500


def fill(world):
    """One call from ringing to verdict, and many that only the database knows."""
    report, = world.call(script="booking")
    world.call_id = world.row(report["sid"])["id"]
    world.sql(f"""insert into bridge.calls (id, call_sid, direction, phone_number, from_number, to_number, status, start_time,
        answered_time, end_time, duration, end_reason, provider, purpose)
      select ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid, 'CA' || lpad(n::text, 32, '0'), 'inbound',
        '+1415555' || lpad((n % 100 + 100)::text, 4, '0'), '+1415555' || lpad((n % 100 + 100)::text, 4, '0'), '+14155550199',
        'completed', '2026-10-01'::timestamptz + n * interval '1 minute', '2026-10-01'::timestamptz + n * interval '1 minute',
        '2026-10-01'::timestamptz + n * interval '1 minute' + interval '61 s', 61, 'caller_hung_up', 'hume',
        case n % 4 when 0 then '=1+1' when 1 then E'a,"b"\\r\\nc' when 2 then '@SUM(A1)' else 'caf' || chr(233) end
      from generate_series(1, {INVENTED}) n""")
    world.invented = INVENTED
    world.until("the verdict", lambda: world.sql(
        f"select 1 from bridge.booking_analysis where call_id = '{world.call_id}' and state = 'done'"))


def main():
    world = World(PHONE_HASH_KEY="an-invented-key-of-thirty-two-letters", STORE_EMOTION_SCORES="true")
    results = Results()
    try:
        world.http = Http(world.port)
        fill(world)
        results.run_all(TESTS, world)
    finally:
        world.close()
    return results.close()


if __name__ == "__main__":
    sys.exit(main())
