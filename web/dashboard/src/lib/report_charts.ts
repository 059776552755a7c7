// What the charts of the analytics page show: columns and points, each with the calls behind it.
import { weekdayNames } from './filters';
import { count, percent, providerName } from './format';
import { bucketSpan, callsAddress } from './report_range';
import type { Counts, Figures, Report, Spread } from './report_types';

export interface Segment {
  /** In units of the axis. */
  value: number;
  kind: 'good' | 'rest' | 'plain';
  /** The calls behind it. */
  href: string;
  /** "12 booked" */
  words: string;
}

export interface Column {
  /** Under the axis; not every one has room. */
  label: string;
  /** In full: "Tue, 3 November 2026". */
  name: string;
  segments: Segment[];
  /** What the whole column says: "60 %". */
  total: string;
}

export interface Point {
  label: string;
  name: string;
  href: string;
  /** By series; null: nothing was measured. */
  values: (number | null)[];
}

type Filters = Record<string, string>;

const utc = (options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat =>
  new Intl.DateTimeFormat(undefined, { ...options, timeZone: 'UTC' });
const shortDay = utc({ day: 'numeric', month: 'short' });
const longDay = utc({ weekday: 'short', day: 'numeric', month: 'long', year: 'numeric' });
const hourOf = utc({ hour: '2-digit', minute: '2-digit' });

function bucketLabel(start: string, report: Report): string {
  const date = new Date(start);
  return report.bucket === 'hour' && date.getUTCHours() !== 0
    ? hourOf.format(date)
    : shortDay.format(date);
}

function bucketName(start: string, report: Report): string {
  const day = longDay.format(new Date(start));
  if (report.bucket === 'hour') return `${day}, ${hourOf.format(new Date(start))} UTC`;
  return report.bucket === 'week' ? `Week from ${day}` : day;
}

interface Bar {
  label: string;
  name: string;
  filters: Filters;
  counts: Counts;
}

export const bucketBars = (report: Report): (Bar & { counts: Figures })[] =>
  report.buckets.map((bucket) => ({
    label: bucketLabel(bucket.start, report),
    name: bucketName(bucket.start, report),
    filters: bucketSpan(bucket.start, report.bucket, report),
    counts: bucket,
  }));

const whole = ({ from, to }: Report): Filters => ({ from, to });
const two = (hour: number): string => String(hour).padStart(2, '0');

/** Whole hours that the viewer's clock is ahead of UTC; null where it is off by parts of an hour. */
export function hoursAhead(minutesBehind = new Date().getTimezoneOffset()): number | null {
  return minutesBehind % 60 === 0 ? -minutesBehind / 60 || 0 : null;
}

/** From midnight on, by the viewer's clock where that is whole hours from UTC. */
export function hourBars(report: Report, ahead: number): Bar[] {
  return Array.from({ length: 24 }, (_, local) => {
    const hour = (((local - ahead) % 24) + 24) % 24;
    const counts = report.by_hour_of_day[hour];
    const name = `${two(local)} to ${two((local + 1) % 24)} o'clock`;
    const filters = { ...whole(report), hour: String(hour) };
    return counts ? [{ label: two(local), name, filters, counts }] : [];
  }).flat();
}

const weekdays = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];
export const weekdayBars = (report: Report): Bar[] =>
  report.by_weekday.map((counts) => ({
    label: weekdays[counts.weekday - 1] ?? '',
    name: weekdayNames[counts.weekday - 1] ?? '',
    filters: { ...whole(report), weekday: String(counts.weekday) },
    counts,
  }));

export const providerBars = (report: Report): (Bar & { counts: Figures })[] =>
  report.by_provider.map((counts) => ({
    label: counts.provider ? providerName(counts.provider) : 'No agent',
    name: counts.provider ? providerName(counts.provider) : 'No agent',
    filters: { ...whole(report), provider: counts.provider ?? 'none' },
    counts,
  }));

/** Bookings and the rest of the clear verdicts, as parts of one. */
export function bookingColumns(bars: Bar[]): Column[] {
  return bars.map(({ label, name, filters, counts }) => {
    const judged = counts.booked + counts.not_booked;
    const part = (
      kind: 'good' | 'rest',
      value: number,
      outcome: string,
      word: string,
    ): Segment => ({
      value: judged > 0 ? value / judged : 0,
      kind,
      href: callsAddress({ ...filters, outcome }),
      words: `${count(value)} ${word}`,
    });
    const total = counts.booking_rate === null ? 'no verdicts' : percent(counts.booking_rate);
    const segments = [
      part('good', counts.booked, 'booked', 'booked'),
      part('rest', counts.not_booked, 'not_booked', 'not booked'),
    ];
    return { label, name, segments, total };
  });
}

/** How many calls were answered, and how many were not. */
export function callColumns(bars: Bar[]): Column[] {
  return bars.map(({ label, name, filters, counts }) => {
    const part = (
      kind: 'plain' | 'rest',
      value: number,
      answered: string,
      word: string,
    ): Segment => ({
      value,
      kind,
      href: callsAddress({ ...filters, answered }),
      words: `${count(value)} ${word}`,
    });
    const segments = [
      part('plain', counts.answered, 'true', 'answered'),
      part('rest', counts.calls - counts.answered, 'false', 'not answered'),
    ];
    return { label, name, segments, total: `${count(counts.calls)} calls` };
  });
}

/** Interruptions for each answered call. */
export function interruptionColumns(bars: (Bar & { counts: Figures })[]): Column[] {
  return bars.map(({ label, name, filters, counts }) => {
    const each = counts.answered > 0 ? counts.interruptions / counts.answered : 0;
    const words = `${count(counts.interruptions)} in ${count(counts.answered)} answered calls`;
    const href = callsAddress({ ...filters, answered: 'true' });
    const segments: Segment[] = [{ value: each, kind: 'plain', href, words }];
    return { label, name, segments, total: counts.answered > 0 ? each.toFixed(1) : 'no calls' };
  });
}

/** 50th, 95th and 99th percentile. */
export function spreadPoints(
  bars: (Bar & { counts: Figures })[],
  spreadOf: (counts: Figures) => Spread,
): Point[] {
  return bars.map(({ label, name, filters, counts }) => {
    const { count: many, p50, p95, p99 } = spreadOf(counts);
    const values = many > 0 ? [p50, p95, p99] : [null, null, null];
    return { label, name, href: callsAddress({ ...filters, answered: 'true' }), values };
  });
}

const roundSteps = (raw: number): number[] => {
  const power = 10 ** Math.floor(Math.log10(raw));
  return [1, 2, 2.5, 5, 10].map((one) => one * power);
};

/** A round end of an axis that is not below `highest`, and its ticks; `steps` are what counts as round, if given. */
export function roundAxis(
  highest: number,
  steps: readonly number[] = [],
): { end: number; ticks: number[] } {
  const raw = Math.max(highest, Number.MIN_VALUE) / 4;
  const step = [...steps, ...roundSteps(raw)].find((one) => one >= raw * 0.999) ?? raw;
  const number = Math.max(1, Math.ceil(highest / step - 0.001));
  return {
    end: step * number,
    ticks: Array.from({ length: number + 1 }, (_, index) => step * index),
  };
}

/** Round times, in seconds. */
export const timeSteps = [5, 15, 30, 60, 120, 300, 600, 900, 1800, 3600] as const;

/** Which labels have room when each needs `needed` of `width` pixels. */
export function labelStride(columns: number, width: number, needed: number): number {
  return Math.max(1, Math.ceil((columns * needed) / Math.max(width, 1)));
}
