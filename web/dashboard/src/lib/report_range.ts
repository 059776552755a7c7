// The span of the analytics page: days of UTC, both of them included, in the page's address.
import type { BucketWidth } from './report_types';

export interface Range {
  from: string;
  to: string;
  bucket: BucketWidth;
}

const dayMs = 86_400_000;

export const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

const isDay = (text: string | null): text is string =>
  text !== null && /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(`${text}T00:00Z`));

/** So many days that end with the one of `now`. */
export const lastDays = (days: number, now: number): { from: string; to: string } => ({
  from: dayOf(now - (days - 1) * dayMs),
  to: dayOf(now),
});

const isBucket = (text: string | null): text is BucketWidth =>
  text === 'hour' || text === 'day' || text === 'week';

/** What stands in the address; the last 30 days by day where nothing does, or no day. */
export function readRange(search: string, now: number): Range {
  const query = new URLSearchParams(search);
  const bucket = query.get('bucket');
  const [from, to] = [query.get('from'), query.get('to')];
  const span = isDay(from) && isDay(to) ? { from, to } : lastDays(30, now);
  return { ...span, bucket: isBucket(bucket) ? bucket : 'day' };
}

export const pageAddress = ({ from, to, bucket }: Range): string =>
  `/analytics?from=${from}&to=${to}&bucket=${bucket}`;

export const reportAddress = ({ from, to, bucket }: Range): string =>
  `/api/v1/analytics?from=${from}&to=${to}&bucket=${bucket}`;

const lengths: Record<BucketWidth, number> = { hour: dayMs / 24, day: dayMs, week: 7 * dayMs };

/** The part of the report that this bucket covers: the first and the last may stick out of it. */
export function bucketSpan(
  start: string,
  width: BucketWidth,
  report: { from: string; to: string },
): { from: string; to: string } {
  const begin = Math.max(Date.parse(start), Date.parse(report.from));
  const end = Math.min(Date.parse(start) + lengths[width], Date.parse(report.to));
  return { from: new Date(begin).toISOString(), to: new Date(end).toISOString() };
}

/** The list of exactly the calls behind a figure. */
export const callsAddress = (filters: Record<string, string>): string =>
  `/?${new URLSearchParams(filters).toString()}`;
