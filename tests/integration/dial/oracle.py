"""A second opinion on every world: may this number be dialled? Written from the compliance rules, place by place, with
the system's zone data and area codes written down by hand; shares no code, no table and no structure with bridge/dial.
"""

import re
from datetime import datetime, timezone
from functools import lru_cache
from zoneinfo import ZoneInfo

DAY_US = 86_400 * 1_000_000
NY, CHI, DEN, PHX, LA = (ZoneInfo(f"America/{city}") for city in
                         ("New_York", "Chicago", "Denver", "Phoenix", "Los_Angeles"))
ANC, ADAK, HNL = ZoneInfo("America/Anchorage"), ZoneInfo("America/Adak"), ZoneInfo("Pacific/Honolulu")
SJU, GUM, PPG = ZoneInfo("America/Puerto_Rico"), ZoneInfo("Pacific/Guam"), ZoneInfo("Pacific/Pago_Pago")

# Area codes that lie in one zone.
ONE_ZONE = {
    NY: "201 NJ 202 DC 203 CT 207 ME 212 NY 239 FL 301 MD 302 DE 304 WV 305 FL 313 MI 317 IN 401 RI 404 GA 407 FL 412 PA "
        "502 KY 603 NH 617 MA 703 VA 704 NC 802 VT 803 SC 860 CT",
    CHI: "205 AL 214 TX 217 IL 225 LA 228 MS 312 IL 314 MO 334 AL 402 NE 405 OK 414 WI 501 AR 504 LA 515 IA 612 MN "
         "615 TN 918 OK",
    DEN: "303 CO 307 WY 406 MT 505 NM 801 UT 915 TX",
    LA: "206 WA 213 CA 415 CA 503 OR 702 NV",
    HNL: "808 HI", SJU: "787 PR 340 VI", GUM: "671 GU 670 MP", PPG: "684 AS",
}
# And those that cross a line: Idaho, Indiana, western Nebraska, Arizona with its reservations, ...
MORE_ZONES = {208: ("ID", DEN, LA), 219: ("IN", CHI, NY), 308: ("NE", CHI, DEN), 520: ("AZ", PHX, DEN),
              602: ("AZ", PHX, DEN), 928: ("AZ", PHX, DEN), 605: ("SD", CHI, DEN), 701: ("ND", CHI, DEN),
              775: ("NV", LA, DEN), 850: ("FL", NY, CHI), 907: ("AK", ANC, ADAK, HNL), 930: ("IN", CHI, NY)}
ABROAD = {416, 604, 876, 242}
# Addresses: the zones of a whole state.
STATE_ZONES = {"FL": (NY, CHI), "TX": (CHI, DEN), "CA": (LA,), "NY": (NY,), "AL": (CHI, NY), "NV": (LA, DEN),
               "TN": (NY, CHI), "MA": (NY,), "HI": (HNL,), "AK": (ANC, ADAK), "OR": (LA, DEN), "CT": (NY,),
               "OK": (CHI,), "LA": (CHI,)}
UNTIL_20 = {"FL", "MD", "OK", "MA"}
NINE_TO_20 = {"CT", "NV"}
NO_SUNDAY = {"AL", "LA"}
THREE_A_DAY = {"FL", "OK"}


def area_table():
    table = {code: (state, *zones) for code, (state, *zones) in MORE_ZONES.items()}
    for zone, text in ONE_ZONE.items():
        words = text.split()
        table.update({int(code): (state, zone) for code, state in zip(words[::2], words[1::2])})
    return table


AREAS = area_table()


def window(state):
    return (9, 20) if state in NINE_TO_20 else (8, 20) if state in UNTIL_20 else (8, 21)


# Nobody knows: every zone of the continent at the federal hours, and every stricter state where it lies.
ANYWHERE = [("", zone) for zone in (NY, CHI, DEN, PHX, LA)] + [
    ("FL", NY), ("FL", CHI), ("MD", NY), ("MA", NY), ("OK", CHI), ("CT", NY), ("NV", LA), ("NV", DEN), ("AL", CHI),
    ("AL", NY), ("LA", CHI), ("CA", LA)]


def places(area, regions):
    """Every (state, zone) in which the callee may be."""
    state, *zones = AREAS.get(area, ("",))
    found = [(state, zone) for zone in zones] or list(ANYWHERE)
    for region in regions:
        if region not in STATE_ZONES:
            found += ANYWHERE
        elif region != state:
            found += [(region, zone) for zone in STATE_ZONES[region]]
    return found


@lru_cache(maxsize=4096)
def clock(now_us, zone):
    local = datetime.fromtimestamp(now_us // 1_000_000, tz=timezone.utc).astimezone(zone)
    return local.isoweekday() == 7, local.hour * 3600 + local.minute * 60 + local.second


def number_reason(to):
    """What is wrong with the number itself, or its area code."""
    if not re.fullmatch(r"\+[1-9][0-9]{1,14}", to):
        return "number_not_e164", 0
    if to[1] != "1":
        return "country_not_covered", 0
    if not re.fullmatch(r"\+1[2-9][0-9]{2}[2-9][0-9]{6}", to):
        return "number_impossible", 0
    area, exchange, line = to[2:5], to[5:8], to[8:]
    if area.endswith("11") or exchange.endswith("11") or exchange + line == "5551212":
        return "number_of_a_service", 0
    if area == "900" or exchange == "976":
        return "number_premium", 0
    if area in ("800", "822", "833", "844", "855", "866", "877", "888"):
        return "number_toll_free", 0
    if area in ("500", "533", "700", "710"):
        return "number_without_place", 0
    return ("country_not_covered", 0) if int(area) in ABROAD else (None, int(area))


def place_reasons(now, area, regions, attempts, policy):
    day_cap, _, _, _, guard, _, announces, _ = policy
    for state, zone in places(area, regions):
        is_sunday, second = clock(now, zone)
        opens, closes = window(state)
        if second < opens * 3600 or second + guard >= closes * 3600:
            yield "outside_calling_hours"
        if is_sunday and state in NO_SUNDAY:
            yield "no_calls_on_sunday"
        if state == "CA" and not announces:
            yield "state_needs_live_announcement"
        if attempts and state in THREE_A_DAY and attempts[0] >= min(3, day_cap):
            yield "too_many_calls_in_a_day"


def consent_reason(now, purpose, consents, oral_is_enough):
    if consents is None:
        return "consent_unknown"
    fit = [c for c in consents if c[0] == purpose]
    if not fit:
        return "consent_missing"
    revocations = [c[7] for c in consents if c[7] is not None]
    living = [c for c in fit if c[7] is None and c[6] <= now and all(c[6] > when for when in revocations)]
    if not living:
        return "consent_revoked"
    documented = [c for c in living if all(c[2:6])]
    if not documented:
        return "consent_without_evidence"
    if purpose == "telemarketing" and not oral_is_enough and not any(c[1] for c in documented):
        return "consent_not_written"
    return None


def registry_reasons(now, national):
    if national is None:
        yield "national_list_unknown"
    elif national == "never":
        yield "national_list_missing"
    else:
        date, complete, rows, before, listed = national
        if not complete:
            yield "national_list_incomplete"
        if rows < 1:
            yield "national_list_empty"
        if not now - 31 * DAY_US <= date <= now:
            yield "national_list_stale"
        if before > 0 and (before - rows) / before > 0.05:
            yield "national_list_shrunk"
        if listed:
            yield "on_national_list"


def count_reasons(attempts, policy):
    if attempts is None:
        yield "attempts_unknown"
        return
    caps = dict(zip(("too_many_calls_in_a_day", "too_many_calls_in_a_week", "too_many_calls_running",
                     "too_many_calls_today"), policy))
    day, week, under_way, running, today = attempts
    if under_way:
        yield "already_being_called"
    for count, (name, cap) in zip((day, week, running, today), caps.items()):
        if not count < cap:
            yield name


def refusals(world):
    """The set of all reasons why this call must not be placed."""
    (now, to, sender, purpose, stopped, steady, difference, owned, consents, internal, national, attempts, regions,
     policy) = world
    found = {consent_reason(now, purpose, consents, policy[5]), *count_reasons(attempts, policy)}
    reason, area = number_reason(to)
    found.add(reason)
    if reason is None:
        found.update(place_reasons(now, area, regions, attempts, policy))
    if stopped is not False:
        found.add("dialling_stopped")
    if steady is not True or difference is None or difference >= 60:
        found.add("clock_unsteady")
    if owned is None or sender not in owned:
        found.add("caller_id_not_owned")
    if sender == to:
        found.add("caller_id_is_callee")
    if internal is not False:
        found.add("on_internal_list" if internal else "internal_list_unknown")
    if purpose != "informational":
        found.update(registry_reasons(now, national))
    if not 0 <= now - policy[7] * DAY_US <= 120 * DAY_US:
        found.add("hour_rules_stale")
    return found - {None}
