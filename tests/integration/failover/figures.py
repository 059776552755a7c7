"""The figures of docs/voice-providers.md."""

from seam import NORMAL_ENDS


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")


def row(name, seams):
    gaps = [seam.gap_s for seam in seams if seam.gap_s is not None]
    well = sum(seam.end_reason in NORMAL_ENDS and not seam.violations for seam in seams)
    return (f"| {name} | {well} of {len(seams)} | {len(gaps)} | {percentile(gaps, 0.5):.2f} / {percentile(gaps, 0.95):.2f} / "
            f"{max(gaps, default=float('nan')):.2f} s | {sum(len(s.lines_missing) for s in seams)} + "
            f"{sum(len(s.lines_partial) for s in seams)} of {3 * len(seams)} | "
            f"{sum(s.bridging_phrases for s in seams)}, {max((s.bridging_phrases for s in seams), default=0)} | "
            f"{sum(s.outcome == 'booked' for s in seams)} |")


def table(results):
    """`results`: pairs and their seams. A loss and a freeze are different things to a caller, so each has a row."""
    lines = ["| from, to | ended normally | taken over | gap p50 / p95 / max | caller's lines lost + cut | bridging phrases: all, "
             "most in a call | booked |", "|---|---|---|---|---|---|---|"]
    for pair, seams in results:
        lines.append(row(f"{pair.name}, lost", [s for s in seams if s.lost_because != "frozen"]))
        lines.append(row(f"{pair.name}, frozen", [s for s in seams if s.lost_because == "frozen"]))
    return "\n".join(lines)
