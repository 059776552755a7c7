"""The gate against the oracle on random worlds, its zones against the system's zone data, and the commands."""

import collections
import json
import subprocess
import sys
from datetime import datetime
from zoneinfo import ZoneInfo

import commands_proof
import oracle

ZONES = ["America/New_York", "America/Chicago", "America/Denver", "America/Phoenix", "America/Los_Angeles",
         "America/Anchorage", "America/Adak", "Pacific/Honolulu", "America/Puerto_Rico", "Pacific/Guam",
         "Pacific/Pago_Pago"]


def compare(program, count, seed):
    """(worlds compared, allowed worlds, refusals met, list of disagreements)"""
    compared, allowed, met, wrong = 0, 0, collections.Counter(), []
    with subprocess.Popen([program, str(count), str(seed)], stdout=subprocess.PIPE, text=True) as worlds:
        for line in worlds.stdout:
            *world, said = json.loads(line)
            expected = oracle.refusals(world)
            compared += 1
            allowed += not said
            met.update(said)
            if set(said) != expected and len(wrong) < 20:
                wrong.append(f"gate {sorted(set(said) - expected)} oracle {sorted(expected - set(said))} {line.strip()}")
    return compared, allowed, met, wrong


def zone_changes():
    """What `gate_worlds zones` must print, from the system's data."""
    hour_s, begin, end = 3600, 1_704_067_200, 2_082_758_400  # 2024-01-01, 2036-01-01
    for index, name in enumerate(ZONES):
        zone, last = ZoneInfo(name), None
        for second in range(begin, end, hour_s):
            minutes = int(datetime.fromtimestamp(second, zone).utcoffset().total_seconds()) // 60
            if minutes != last:
                yield f"{index} {second} {minutes}"
                last = minutes


def test_worlds(program, count, seed):
    compared, allowed, met, wrong = compare(program, count, seed)
    print(f"  {compared} worlds from seed {seed}: {allowed} allowed, {len(met)} of 35 refusals met, "
          f"{len(wrong)} disagreements")
    return wrong + [f"only {compared} worlds came"] * (compared != count) + ["not all refusals met"] * (len(met) != 35) \
        + ["hardly any world is allowed"] * (allowed < count // 20)


def test_zones(program):
    said = subprocess.run([program, "zones"], stdout=subprocess.PIPE, text=True, check=True).stdout.split("\n")[:-1]
    return [] if said == list(zone_changes()) else ["the offsets differ from zoneinfo's"]


def test_oracle(program):
    """One allowed world, spoilt: the oracle refuses it, so a gate that allows it would be seen."""
    with subprocess.Popen([program, "1000", "7"], stdout=subprocess.PIPE, text=True) as worlds:
        good = next(world for *world, said in map(json.loads, worlds.stdout) if not said and world[3] == "telemarketing")
        worlds.stdout.read()
    spoilt = {"dialling_stopped": (4, True), "clock_unsteady": (5, None), "consent_missing": (8, []),
              "on_internal_list": (9, True), "national_list_missing": (10, "never"), "attempts_unknown": (11, None)}
    cases = {name: oracle.refusals([*good[:at], value, *good[at + 1:]]) for name, (at, value) in spoilt.items()}
    return [f"{name}: {said}" for name, said in cases.items() if said != {name}]


def main(program, tandem, arguments):
    """Prints one line a test; the number of failures."""
    options = dict(zip(arguments[::2], arguments[1::2]))
    count, seed = int(options.get("--worlds", 100_000)), int(options.get("--seed", 1))
    tests = {"O04: gate and slow oracle agree on every reason in random worlds": lambda: test_worlds(program, count, seed),
             "R12: zones follow daylight time as the system's zone data do": lambda: test_zones(program),
             "the oracle sees what a spoilt gate would allow": lambda: test_oracle(program),
             **commands_proof.tests(tandem)}
    failures = 0
    for name, test in tests.items():
        problems = test()
        print(f"{'not ok' if problems else 'ok'} - {name}")
        for problem in problems:
            print(f"    {problem}")
        failures += bool(problems)
    print(f"{len(tests) - failures} passed, {failures} failed")
    return failures


if __name__ == "__main__":
    sys.exit(1 if main(sys.argv[1], sys.argv[2], sys.argv[3:]) else 0)
