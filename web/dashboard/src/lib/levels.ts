// How loud both tracks of a call were, from its events of type "levels", and the shapes of the timeline. Pure.
import type { EventData } from './event_words';

export interface Levels {
  stepMs: number;
  /** dBFS of each step from the beginning of the call; silence where nothing is known. */
  caller: number[];
  agent: number[];
}

export const silence = -99;
/** The floor of the picture; quieter is as good as silent. */
export const floorDbfs = -60;
/** Louder than this counts as speech in the summary. */
const speechDbfs = -45;

const numbers = (value: unknown): number[] =>
  Array.isArray(value) ? value.map((one) => (Number.isFinite(one) ? Number(one) : silence)) : [];

/** null when the call has no levels. */
export function readLevels(events: { event_type: string; event_data: EventData }[]): Levels | null {
  const found = events
    .filter((event) => event.event_type === 'levels')
    .map((event) => event.event_data);
  const stepMs = Number(found[0]?.['step_ms']);
  if (!(stepMs >= 10)) return null;
  const levels: Levels = { stepMs, caller: [], agent: [] };
  for (const data of found) {
    const begin = Math.round(Number(data['from_ms']) / stepMs);
    if (!(begin >= 0 && begin < 1_000_000)) continue;
    for (const track of ['caller', 'agent'] as const) {
      const values = levels[track];
      while (values.length < begin) values.push(silence);
      values.splice(begin, values.length, ...numbers(data[track]));
    }
  }
  return levels;
}

export const lengthMs = (levels: Levels): number =>
  Math.max(levels.caller.length, levels.agent.length) * levels.stepMs;

/** 0 to 1. */
export const height = (dbfs: number): number =>
  Math.min(1, Math.max(0, (dbfs - floorDbfs) / -floorDbfs));

/** The loudest of each of `columns` equal parts of the call, 0 to 1. */
export function columnsOf(values: readonly number[], steps: number, columns: number): number[] {
  return Array.from({ length: columns }, (_, column) => {
    const begin = Math.floor((column * steps) / columns);
    const end = Math.max(begin + 1, Math.floor(((column + 1) * steps) / columns));
    return height(Math.max(silence, ...values.slice(begin, end)));
  });
}

/** An SVG path of bars that stand on `base` and reach up (or down, with a negative `size`). */
export function barsPath(heights: readonly number[], base: number, size: number): string {
  return heights
    .map((one, column) =>
      one > 0 ? `M${column + 0.15} ${base}v${(-one * size).toFixed(2)}h.7V${base}z` : '',
    )
    .join('');
}

/** Seconds of speech of a track, as far as a level tells speech. */
export const speechSeconds = (values: readonly number[], stepMs: number): number =>
  (values.filter((dbfs) => dbfs > speechDbfs).length * stepMs) / 1000;
