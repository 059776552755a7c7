"""The report on one call: what the bridge recorded, beside what the Twilio stand-in saw."""

import textwrap

from processes import say

_STAGE_WORDS = {
    "voice_last_audio_sent": "last caller audio sent",
    "voice_text_final": "caller understood",
    "voice_first_audio": "agent answers",
    "carrier_first_audio": "through the bridge",
    "audible": "to the ear",
}
_BARS = "░▒▓█▌"


def collect(bridge, call_id, stand_in):
    """The report as `--json` writes it."""
    call = bridge.get(f"/api/v1/calls/{call_id}")
    transcript = bridge.get(f"/api/v1/calls/{call_id}/transcript")
    latency = bridge.get(f"/api/v1/calls/{call_id}/latency")
    outcome = call.get("outcome") or {}
    entries = transcript.get("transcript") or transcript.get("entries") or transcript.get("lines") or []
    return {
        "call_id": call_id,
        "call_sid": call.get("call_sid"),
        "status": call.get("status"),
        "end_reason": call.get("end_reason"),
        "duration_s": call.get("duration"),
        "turns": [{"role": e["speaker"], "text": e["message"], "heard_ms": e.get("heard_ms"),
                   "audio_ms": e.get("audio_ms"), "offset_ms": e.get("offset_ms")} for e in entries],
        "outcome": {"label": outcome.get("label"), "confidence": outcome.get("confidence"),
                    "evidence": outcome.get("evidence") or [], "reason": outcome.get("reason"),
                    "state": outcome.get("state")},
        "latency": {key: value for key, value in latency.items() if key != "call_id"},
        "audio": call.get("audio") or {},
        "carrier": {"ended_by": stand_in.get("ended_by"), "violations": stand_in.get("violations", []),
                    "warnings": stand_in.get("warnings", []), **_stream_totals(stand_in)},
    }


def _stream_totals(stand_in):
    streams = stand_in.get("streams", [])
    return {key: sum(stream.get(key, 0) for stream in streams)
            for key in ("frames_sent", "agent_ms_received", "agent_ms_played", "agent_ms_flushed")}


def problems(report, expected_label):
    """What a call that went well does not show."""
    found = []
    audio, carrier = report["audio"], report["carrier"]
    name = report["call_id"][:8]
    if report["status"] != "completed":
        found.append(f"{name}: the call's status is {report['status']}, end reason {report['end_reason']}")
    if report["outcome"]["state"] != "done":
        found.append(f"{name}: the analysis is {report['outcome']['state']}: {report['outcome']['reason']}")
    elif expected_label and report["outcome"]["label"] != expected_label:
        found.append(f"{name}: the verdict is {report['outcome']['label']}, the script plays {expected_label}")
    if not audio:
        return found + [f"{name}: no audio account"]
    dropped = audio["caller_frames_dropped"]
    if audio["caller_frames_in"] != audio["caller_frames_sent"] + dropped:
        found.append(f"{name}: caller frames in ≠ sent + dropped")
    if audio["caller_frames_in"] != carrier["frames_sent"]:
        found.append(f"{name}: the carrier sent {carrier['frames_sent']} frames, the bridge counted "
                     f"{audio['caller_frames_in']}")
    left_over = audio["agent_ms_received"] - audio["agent_ms_sent"] - audio.get("agent_ms_cut", 0)
    if abs(left_over) > 1:  # the three are counted in samples and rounded one by one
        found.append(f"{name}: agent audio received ≠ sent + cut")
    found += [f"{name}: the Twilio stand-in objects: {violation}" for violation in carrier["violations"]]
    return found


def show(report):
    say(f"Call        {report['call_id']}: {report['status']}, {report['end_reason']}, {report['duration_s']} s\n")
    for turn in report["turns"]:
        _show_turn(turn)
    _show_outcome(report["outcome"])
    _show_latency(report["latency"])
    _show_audio(report["audio"])


def _show_turn(turn):
    offset = (turn["offset_ms"] or 0) // 1000
    who = "agent" if turn["role"] == "assistant" else "caller"
    head = f"  {offset // 60}:{offset % 60:02d}  {who:<7} "
    say(textwrap.fill(turn["text"] + _heard(turn), 110, initial_indent=head, subsequent_indent=" " * len(head)))


def _heard(turn):
    heard, whole = turn["heard_ms"], turn["audio_ms"]
    if turn["role"] != "assistant" or heard is None:
        return ""
    if whole and heard < whole:
        return f"   [heard {heard / 1000:.1f} of {whole / 1000:.1f} s]"
    return f"   [heard, {heard / 1000:.1f} s]"


def _show_outcome(outcome):
    sure = f", {outcome['confidence']:.0%} sure" if outcome["confidence"] is not None else ""
    say(f"\nOutcome     {outcome['label'] or outcome['state']}{sure}")
    if outcome["reason"]:
        say(textwrap.fill(outcome["reason"], 110, initial_indent=" " * 12, subsequent_indent=" " * 12))
    for evidence in outcome["evidence"]:
        say(f"            [{evidence['seq']}] “{evidence['quote']}”")


def _stages(turn):
    rows = [(_STAGE_WORDS.get(s["name"], s["name"]), s["us"]) for s in turn["stages"]]
    return rows + [("unexplained", turn.get("unexplained_us", 0))]


def _show_latency(latency):
    turns = latency.get("turns") or []
    longest = max((turn["gap_us"] for turn in turns), default=0) or 1
    say("\nLatency     from the caller's last word to the agent's first, as heard")
    for turn in turns:
        bar = "".join(_BARS[i % len(_BARS)] * round(40 * us / longest) for i, (_, us) in enumerate(_stages(turn)))
        parts = ", ".join(f"{words} {us / 1000:.0f}" for words, us in _stages(turn) if us)
        say(f"  turn {turn['turn']:<3}  {turn['gap_us'] / 1000:>5.0f} ms  {bar}")
        say(f"            {parts}")
    for key, words in (("uplink_transit", "caller to agent"), ("downlink_transit", "agent to caller")):
        row = latency.get(key)
        if row:
            say(f"  bridge    {words}: p50 {row['p50_us'] / 1000:.2f}, p95 {row['p95_us'] / 1000:.2f}, "
                f"p99 {row['p99_us'] / 1000:.2f}, max {row['max_us'] / 1000:.2f} ms ({row['count']} frames)")


def _show_audio(audio):
    if not audio:
        return
    cut = audio.get("agent_ms_cut", 0)
    say(f"\nAudio       caller {audio['caller_frames_in']} frames in = {audio['caller_frames_sent']} sent + "
        f"{audio['caller_frames_dropped']} dropped")
    say(f"            agent {audio['agent_ms_received']} ms received = {audio['agent_ms_sent']} ms sent"
        + (f" + {cut} ms cut by the caller" if cut else ""))


def show_table(reports):
    say("\ncall      end                 s  outcome      frames in   p99 up   p99 down")
    for r in reports:
        up, down = r["latency"].get("uplink_transit") or {}, r["latency"].get("downlink_transit") or {}
        say(f"{r['call_id'][:8]}  {r['end_reason'] or '':<16} {r['duration_s'] or 0:>4}  "
            f"{r['outcome']['label'] or '':<11} {r['audio'].get('caller_frames_in', 0):>10} "
            f"{up.get('p99_us', 0) / 1000:>7.2f} {down.get('p99_us', 0) / 1000:>9.2f} ms")
