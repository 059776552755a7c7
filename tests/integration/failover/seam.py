"""What one call looked like around the moment at which its agent was taken away."""

import json
from dataclasses import dataclass, field

BOOKING = ["Hi, I'd like to book a check-up for Thursday.", "Twenty past ten, please.", "Thanks, goodbye."]
NORMAL_ENDS = ("agent_hung_up", "caller_hung_up")  # as the script wants it; who gives up leaves a violation
NUDGED_AFTER_S = 4.0  # freeze_nudge_after: an answer that is owed for so long is asked for


@dataclass
class Seam:
    sid: str
    end_reason: str
    provider: str  # that carried the call last
    violations: list
    outcome: str
    lost_because: str = ""  # "frozen", the provider's reason, or nothing: the call was over before anything was lost
    gap_s: float | None = None
    bridging_phrases: int = 0
    lines_missing: list = field(default_factory=list)
    lines_partial: list = field(default_factory=list)
    frames_dropped: int = 0


def read_seam(world, report, fallback):
    row = world.row(report["sid"])
    call = world.api.get(f"/api/v1/calls/{row['id']}")
    seam = Seam(report["sid"], row["end_reason"], row["provider"], report["violations"], (call.get("outcome") or {}).get("label"))
    events = [(float(at), kind, json.loads(data)) for at, kind, data in world.sql(
        "select extract(epoch from timestamp), event_type, event_data::text from bridge.events "
        f"where call_id = '{row['id']}' order by seq")]
    seam.lost_because, seam.gap_s = loss_of(events, fallback)
    seam.bridging_phrases = sum(kind == "one_moment_played" for _, kind, _ in events)
    said = [line[0] for line in world.sql("select message from bridge.transcriptions where speaker = 'user' and "
                                          f"call_id = '{row['id']}' order by seq")]
    seam.lines_partial = [line for line in BOOKING if line not in said and any(is_part(part, line) for part in said)]
    seam.lines_missing = [line for line in BOOKING if line not in said and line not in seam.lines_partial]
    seam.frames_dropped = call["audio"]["caller_frames_dropped"]
    return seam


def is_part(part, line):
    return len(part) >= 5 and part.rstrip(" .") in line


def loss_of(events, fallback):
    """Why the primary's session was lost, and how long there was no agent: from the loss, or from the moment at which an
    answer was owed that never came, to the fallback's readiness."""
    taken_over = [at for at, kind, data in events if kind == "voice_ready" and data["provider"] == fallback]
    first_ready = next((at for at, kind, _ in events if kind == "voice_ready"), 0)
    if not taken_over or first_ready == taken_over[0]:
        return "", None
    frozen = [(at - NUDGED_AFTER_S, "frozen") for at, kind, _ in events if kind == "agent_frozen"]
    lost = [(at, data["why"]) for at, kind, data in events if kind == "voice_closed" and at >= first_ready]
    at, why = min(frozen[:1] + lost[:1])
    return why, taken_over[0] - at
