"""Runs the tests of accounts on one bridge, in their order: it begins without users. Prints ok / not ok lines and the closing
line."""

import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent), str(Path(__file__).resolve().parent.parent / "api"),
                str(Path(__file__).resolve().parent.parent / "calls")]

from world import World  # noqa: E402  (first: it makes deploy/lib known)
from checks import TESTS  # noqa: E402
import first_setup  # noqa: E402, F401  (registers its tests)
import roles  # noqa: E402, F401
import forgery  # noqa: E402, F401
import sessions  # noqa: E402, F401
import guessing  # noqa: E402, F401
import own_password  # noqa: E402, F401
import secrets_kept  # noqa: E402, F401
from people import Browser  # noqa: E402
from results import Results  # noqa: E402


def main():
    # The proxy in front of it is every test that names an address.
    world = World(PHONE_HASH_KEY="an-invented-key-of-thirty-two-letters", TRUSTED_PROXIES="127.0.0.1", LOG_LEVEL="debug")
    results = Results()
    try:
        world.secrets = set()  # whatever must never be seen again
        world.nobody = Browser(world)
        results.run_all(TESTS, world)
    finally:
        world.close()
    return results.close()


if __name__ == "__main__":
    sys.exit(main())
