"""Is what the caller heard what the agent said? Plain arithmetic over WAV files, no libraries."""

import io
import math
import wave
from array import array
from operator import mul


def read_wav(data):
    """Rate and mono samples."""
    with wave.open(io.BytesIO(data)) as file:
        samples = array("h", file.readframes(file.getnframes()))
        return file.getframerate(), samples


class PhoneSource:
    """Agent speech at 8 kHz from any of the source's samples on, because utterances need not begin on a multiple of the
    step. A windowed-sinc low pass, independent of the product's resampler on purpose."""

    def __init__(self, rate, samples):
        assert rate % 8000 == 0, f"{rate} Hz is not a multiple of 8 kHz"
        self.step = rate // 8000
        self.length = len(samples)
        half = 6 * self.step
        taps = [self._tap(k, half) for k in range(-half, half + 1)]
        taps = [t / sum(taps) for t in taps]
        padded = [0] * half + list(samples) + [0] * (half + self.step)
        self._phases = [[sum(map(mul, taps, padded[s:s + len(taps)])) for s in range(phase, len(samples), self.step)]
                        for phase in range(self.step)]

    def _tap(self, k, half):
        if self.step == 1:
            return 1.0 if k == 0 else 0.0
        x = k / self.step * 0.9
        sinc = 1.0 if x == 0 else math.sin(math.pi * x) / (math.pi * x)
        return sinc * (0.54 + 0.46 * math.cos(math.pi * k / half))

    def piece(self, start, count):
        """`count` samples at 8 kHz, the first at source sample `start`."""
        start = max(0, start)
        first = start // self.step
        return self._phases[start % self.step][first:first + count]


def dot(a, b):
    return sum(map(mul, a, b))


def correlation(a, b):
    n = min(len(a), len(b))
    power = math.sqrt(dot(a[:n], a[:n]) * dot(b[:n], b[:n]))
    return dot(a, b) / power if power else 0.0


def follow(heard, source, position, window=2000):
    """Walks through `heard` window by window and finds each in `source` near where it must be. Answers the correlation
    over all windows that hold sound and the source sample at which `heard` ends."""
    dots = heard_power = source_power = 0.0
    slack = 170 * source.step  # the piece before may have ended in up to one frame of padding
    for begin in range(0, len(heard), window):
        piece = heard[begin:begin + window]
        if dot(piece, piece) < 900 * len(piece):  # a pause fits everywhere
            position += len(piece) * source.step
            continue
        coarse = max(range(max(0, position - slack), position + slack + 1, source.step),
                     key=lambda offset: correlation(piece, source.piece(offset, len(piece))))
        best = max(range(max(0, coarse - source.step), coarse + source.step + 1),
                   key=lambda offset: correlation(piece, source.piece(offset, len(piece))))
        reference = source.piece(best, len(piece))
        dots += dot(piece, reference)
        heard_power += dot(piece, piece)
        source_power += dot(reference, reference)
        position, slack = best + len(piece) * source.step, 4 * source.step
    return dots / math.sqrt(heard_power * source_power), position
