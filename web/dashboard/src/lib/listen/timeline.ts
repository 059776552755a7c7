// The last seconds of one track, addressed by sample of the call. What was never written, or is too old, is silence.
import { samplesPerMs } from './packet.ts';

/** 4.1 s; a power of two, so that a position wraps with a mask. */
export const timelineSamples = 32_768;
const mask = timelineSamples - 1;

/** Samples on each side of a position that go into its value: 1 ms. */
export const reach = 8;
const phases = 64;

/** A low pass of 2 * reach taps for each of `phases` places between two samples, the last one included: a sinc under
 *  a Hann window. 0-3.4 kHz is kept within 0.5 dB; what a tone below 3 kHz leaves above 5 kHz is 40 dB down
 *  (tests/browser/listen_checks.mjs measures both). */
const kernel: readonly Float32Array[] = Array.from({ length: phases + 1 }, (_, phase) => {
  const taps = Float32Array.from({ length: 2 * reach }, (_, tap) => {
    const distance = tap - (reach - 1) - phase / phases;
    const window = Math.cos((Math.PI * distance) / (2 * reach)) ** 2;
    return distance === 0 ? 1 : (Math.sin(Math.PI * distance) / (Math.PI * distance)) * window;
  });
  const sum = taps.reduce((all, tap) => all + tap, 0);
  return taps.map((tap) => tap / sum);
});

export class Timeline {
  readonly #samples = new Float32Array(timelineSamples);

  /** Puts `values` at sample `begin` of the call, over what was there (audio that is sent again counts). */
  write(begin: number, values: Float32Array): void {
    for (let index = 0; index < values.length; index += 1)
      this.#samples[(begin + index) & mask] = values[index] ?? 0;
  }

  /** Makes [begin, end) silent, so that the ring does not play it a second time. */
  forget(begin: number, end: number): void {
    for (let index = Math.max(begin, end - timelineSamples); index < end; index += 1)
      this.#samples[index & mask] = 0;
  }

  /** The value at a place between two samples. */
  at(position: number): number {
    const whole = Math.floor(position);
    const taps = kernel[Math.round((position - whole) * phases)];
    if (!taps) return 0;
    let sum = 0;
    for (let tap = 0; tap < taps.length; tap += 1)
      sum += (taps[tap] ?? 0) * (this.#samples[(whole + tap - (reach - 1)) & mask] ?? 0);
    return sum;
  }
}

export const samplesOf = (ms: number): number => Math.round(ms * samplesPerMs);
