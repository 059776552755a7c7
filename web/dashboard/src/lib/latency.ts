// The stages of a turn, in the order of the wire (contract of the API: they and `unexplained` add up to the gap).
import type { Turn } from './api';

export interface StageKind {
  name: string;
  label: string;
  explains: string;
}

export const stageKinds: readonly StageKind[] = [
  {
    name: 'voice_last_audio_sent',
    label: 'Caller audio sent',
    explains: 'From the moment the caller stopped until their last audio had left for the provider',
  },
  {
    name: 'voice_text_final',
    label: 'Understood',
    explains: 'Until the provider had the final text: end of speech and recognition',
  },
  {
    name: 'voice_first_audio',
    label: 'Answer begun',
    explains: 'Until the first audio of the answer arrived: thinking and speaking',
  },
  {
    name: 'carrier_first_audio',
    label: 'Through the bridge',
    explains: 'Until that audio was handed to the carrier: decoding, resampling, pacing',
  },
  {
    name: 'audible',
    label: 'Carrier',
    explains: 'Until the carrier had it played to the caller',
  },
];

export const unexplainedKind: StageKind = {
  name: 'unexplained',
  label: 'Unexplained',
  explains: 'Part of the gap that no stamp accounts for',
};

export const allKinds: readonly StageKind[] = [...stageKinds, unexplainedKind];

export const stageTime = (turn: Turn, name: string): number =>
  name === unexplainedKind.name
    ? turn.unexplained_us
    : (turn.stages.find((stage) => stage.name === name)?.us ?? 0);

export interface Bar {
  kind: StageKind;
  us: number;
  begin: number;
  width: number;
}

/** The bars of one turn in percent of `scale` microseconds; stages without time have none. */
export function bars(turn: Turn, scale: number): Bar[] {
  let begin = 0;
  return allKinds.flatMap((kind) => {
    const us = Math.max(0, stageTime(turn, kind.name));
    if (us === 0) return [];
    const bar = { kind, us, begin, width: (us / scale) * 100 };
    begin += bar.width;
    return [bar];
  });
}

const steps = [50, 100, 200, 250, 500, 1000, 2000, 5000, 10_000, 20_000, 60_000];

/** The end of the axis and its ticks, in microseconds: at most five round steps that cover the longest gap. */
export function axis(turns: readonly Turn[]): { end: number; ticks: number[] } {
  const longest = Math.max(1, ...turns.map((turn) => turn.gap_us)) / 1000;
  const step = steps.find((candidate) => longest / candidate <= 5) ?? 60_000;
  const number = Math.max(1, Math.ceil(longest / step));
  const ticks = Array.from({ length: number + 1 }, (_, index) => index * step * 1000);
  return { end: number * step * 1000, ticks };
}

/** 500 000 → "0.5 s": short, because a narrow screen has room for little. */
export const axisLabel = (us: number): string => (us === 0 ? '0' : `${us / 1_000_000} s`);

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}
