"""From the figures of the load generator to the report: derived numbers, targets, a table for people."""

from statistics import median

from processes import say

LATENESS_P99_US_MAX = 500
TARGETS = {"p99_ms": 5.0, "rss_kib_per_call": 150.0, "stamps_share": 0.01}


def derive(figures):
    """What is computed from one run's counters."""
    frames = figures["window_frames"] or 1
    window_ns = figures["window_s"] * 1e9
    messages = figures["uplink"]["from_sent"]["count"] + 2 * figures["downlink"]["from_sent"]["count"]
    bridge, generator = figures["bridge_cpu_ns"], figures["generator_cpu_ns"]
    sent = figures["uplink"]["frames_sent"] + figures["downlink"]["frames_sent"]
    received = figures["uplink"]["frames_received"] + figures["downlink"]["frames_received"]
    return {
        "cpu_us_per_frame": bridge / 1000 / frames,
        "cpu_us_per_message": bridge / 1000 / max(1, messages),
        "cpu_share_of_core": bridge / window_ns,
        "calls_per_core": figures["calls"] / max(1e-9, bridge / window_ns),
        "switches_per_frame": (figures["bridge_waits"] + figures["bridge_preemptions"]) / frames,
        "rss_kib_per_call": (figures["rss_after_kib"] - figures["rss_before_kib"]) / figures["calls"],
        "delivered": received / max(1, sent),
        "missing_frames": sent - received,
        "foreign_cores": max(0.0, (figures["machine_busy_ns"] - bridge - generator) / window_ns),
        "generator_share_of_core": generator / window_ns,
    }


def faults(figures, derived, in_bursts):
    """Why a run says nothing about the bridge, or says that it lost audio."""
    found = []
    # In a burst everything is due at one moment, so all but the first frame are late by intention.
    if not in_bursts and figures["lateness"]["p99_us"] > LATENESS_P99_US_MAX:
        found.append(f"the generator itself was late (p99 {figures['lateness']['p99_us']:.0f} us): a busy machine")
    if not figures["window_frames"]:
        found.append("nothing was relayed")
    if derived["missing_frames"]:
        found.append(f"{derived['missing_frames']} frames did not arrive")
    if figures["calls_lost"]:
        found.append(f"{figures['calls_lost']} calls lost, the first: {figures['first_loss']}")
    if figures["frames_out_of_order"] or figures["silence_frames"]:
        found.append(f"{figures['frames_out_of_order']} frames matched nothing, "
                     f"{figures['silence_frames']} frames of silence were invented")
    return found


def collect(chosen, machine, commit, bridge, raw):
    rounds = [{**figures, **derive(figures)} for figures in bridge]
    references = [{**figures, **derive(figures)} for figures in raw]
    # the round with the median cost stands for all
    middle = sorted(rounds, key=lambda r: r["cpu_us_per_frame"])[len(rounds) // 2]
    problems = [fault for figures in rounds for fault in faults(figures, figures, chosen.burst)]
    report = {"machine": machine, "commit": commit, "calls": chosen.calls, "seconds": chosen.seconds,
              "mode": "burst" if chosen.burst else "staggered", "valid": not problems, "problems": problems,
              "bridge": middle, "rounds": rounds, "raw_ref": references}
    if references:
        report["ratios"] = {
            key: median(b[key] / max(1e-9, r[key]) for b, r in zip(rounds, references))
            for key in ("cpu_us_per_frame", "rss_kib_per_call")}
        report["ratios"]["uplink_p50"] = median(
            b["uplink"]["from_sent"]["p50_us"] / r["uplink"]["from_sent"]["p50_us"]
            for b, r in zip(rounds, references))
    return report


def show_round(turn, bridge, raw):
    ours, theirs = derive(bridge), derive(raw)
    say(f"  round {turn + 1}: bridge {ours['cpu_us_per_frame']:.1f} us/frame, raw reference "
        f"{theirs['cpu_us_per_frame']:.1f}; foreign load {ours['foreign_cores']:.2f} and {theirs['foreign_cores']:.2f} "
        f"cores")


def _transit_row(name, samples):
    row = "".join(f"{samples[key] / 1000:>9.3f}" for key in ("p50_us", "p95_us", "p99_us", "p999_us", "max_us"))
    return f"  {name:<34}{row}{samples['count']:>9}"


def _verdict(is_met):
    return "ok" if is_met else "MISSED"


def show(report):
    b = report["bridge"]
    machine = report["machine"]
    say(f"\n{report['calls']} calls at once, {report['mode']}, {b['window_s']:.0f} s; commit {report['commit']}")
    say(f"{machine['cores']} cores, {machine['cpu']}, Linux {machine['kernel']}; "
        f"other programs used {b['foreign_cores']:.2f} cores (PostgreSQL included)\n")
    say(f"  {'transit, ms':<34}{'p50':>9}{'p95':>9}{'p99':>9}{'p99.9':>9}{'max':>9}{'samples':>9}")
    say(_transit_row("caller to agent, from intended", b["uplink"]["from_intended"]))
    say(_transit_row("caller to agent, from sent", b["uplink"]["from_sent"]))
    say(_transit_row("agent to caller, from intended", b["downlink"]["from_intended"]))
    say(_transit_row("agent to caller, from sent", b["downlink"]["from_sent"]))
    say(_transit_row("generator's own lateness", b["lateness"]))
    _show_costs(b)
    share = report["stamps"]["ns_per_frame"] / 1000 / b["cpu_us_per_frame"]
    say(f"  {'timing a frame':<34}{report['stamps']['ns_per_frame']:>9.1f} ns   ({report['stamps']['ns_per_stamp']:.1f} ns per "
        f"stamp; {100 * share:.2f} % of the CPU per frame)")
    _show_reference(report)
    _show_targets(b, report["mode"] == "burst")
    say(f"  timing at most 1 % of the CPU per frame: {_verdict(share <= TARGETS['stamps_share'])}")
    for problem in report["problems"]:
        say(f"  VOID: {problem}")


def _show_costs(b):
    threads = sorted(b["bridge_threads_cpu_ns"].items(), key=lambda item: -item[1])
    shares = ", ".join(f"{name} {100 * ns / b['window_s'] / 1e9:.1f} %" for name, ns in threads if ns > 1e6)
    say(f"\n  {'frames delivered':<34}{b['uplink']['frames_received'] + b['downlink']['frames_received']:>9} of "
        f"{b['uplink']['frames_sent'] + b['downlink']['frames_sent']}")
    say(f"  {'CPU per frame of 20 ms':<34}{b['cpu_us_per_frame']:>9.1f} us   ({b['cpu_us_per_message']:.1f} us per "
        f"wire message; {b['calls_per_core']:.0f} calls would fill a core)")
    say(f"  {'CPU of the bridge':<34}{100 * b['cpu_share_of_core']:>9.1f} % of one core: {shares}")
    say(f"  {'context switches per frame':<34}{b['switches_per_frame']:>9.2f}")
    say(f"  {'memory per call':<34}{b['rss_kib_per_call']:>9.1f} KiB  ({b['rss_before_kib'] / 1024:.1f} MiB without calls)")
    say(f"  {'setting up a call':<34}{1000 * b['ramp_s'] / b['calls']:>9.1f} ms   (webhook to `start`, both handshakes)")


def _show_reference(report):
    if "ratios" not in report:
        return
    ratios, raw = report["ratios"], report["raw_ref"]
    say(f"\n  against the raw reference ({len(raw)} rounds in turns, medians): CPU per frame "
        f"{ratios['cpu_us_per_frame']:.2f}x of {median(r['cpu_us_per_frame'] for r in raw):.1f} us, "
        f"memory {ratios['rss_kib_per_call']:.2f}x of {median(r['rss_kib_per_call'] for r in raw):.1f} KiB, "
        f"uplink p50 {ratios['uplink_p50']:.2f}x")


def _show_targets(b, in_bursts):
    worst = max(b[direction]["from_intended"]["p99_us"] for direction in ("uplink", "downlink")) / 1000
    say(f"\n  every frame delivered: {_verdict(b['missing_frames'] == 0)}")
    if not in_bursts:  # a burst measures CPU; its transit is the length of the burst
        say(f"  transit p99 at most {TARGETS['p99_ms']:.0f} ms: {_verdict(worst <= TARGETS['p99_ms'])}")
    say(f"  at most {TARGETS['rss_kib_per_call']:.0f} KiB per call: "
        f"{_verdict(b['rss_kib_per_call'] <= TARGETS['rss_kib_per_call'])}")
