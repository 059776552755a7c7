"""The pauses of a call as the telephone saw them: from the caller's last loud frame to the agent's first sample, both on
the carrier's clock. Nothing of the product is asked."""

import math

FRAME_MS = 20
SAMPLES = 8 * FRAME_MS
# what a person takes for speech on a line without noise; the clips are silent around it
LOUD_DBFS = -45.0
_FULL_SCALE_SINE = 32768.0 ** 2 / 2


def is_loud(samples):
    power = sum(sample * sample for sample in samples) / len(samples)
    return power > 0 and 10 * math.log10(power / _FULL_SCALE_SINE) >= LOUD_DBFS


def gaps(caller, heard):
    """`caller`, `heard`: samples of both tracks at 8 kHz, on one clock. Milliseconds, one for each answer of the agent."""
    found, stopped, was_audible = [], None, False
    for frame in range(min(len(caller), len(heard)) // SAMPLES):
        begin, end = frame * SAMPLES, (frame + 1) * SAMPLES
        is_audible = any(heard[begin:end])
        if is_loud(caller[begin:end]):
            stopped = (frame + 1) * FRAME_MS
        elif is_audible and not was_audible and stopped is not None:
            found.append(frame * FRAME_MS - stopped)
            stopped = None
        was_audible = is_audible
    return found
