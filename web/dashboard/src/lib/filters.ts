import { utcTime } from './format';

// The filters of the call list live in the page's address under the names of the API. Two differ in form: the page
// keeps `from` and `to` as days of the viewer's calendar, the API wants instants (from inclusive, to exclusive).
export const filterNames = [
  'outcome',
  'q',
  'number',
  'from',
  'to',
  'status',
  'direction',
  'provider',
  'answered',
  'hour',
  'weekday',
  'min_duration',
  'max_duration',
] as const;
export type FilterName = (typeof filterNames)[number];

export const pageSize = 50;

export const statuses = [
  'queued',
  'initiated',
  'ringing',
  'in-progress',
  'completed',
  'busy',
  'failed',
  'no-answer',
  'canceled',
] as const;

/** The page's address with one filter changed; an empty value removes it. */
export function withFilter(search: string, name: FilterName, value: string): string {
  const query = new URLSearchParams(search);
  if (value) query.set(name, value);
  else query.delete(name);
  const text = query.toString();
  return text ? `/?${text}` : '/';
}

/** How many filters beside the outcome are set. */
export const activeCount = (query: URLSearchParams): number =>
  filterNames.filter((name) => name !== 'outcome' && query.get(name)).length;

function dayStart(text: string, daysLater: number): string | null {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
  if (!match) return null;
  const date = new Date(Number(match[1]), Number(match[2]) - 1, Number(match[3]) + daysLater);
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}

/** The filters of the page's address as the API wants them. */
function askedFilters(search: string): URLSearchParams {
  const query = new URLSearchParams(search);
  const asked = new URLSearchParams();
  for (const name of filterNames) {
    const value = query.get(name)?.trim();
    if (!value) continue;
    const day = name === 'from' ? dayStart(value, 0) : name === 'to' ? dayStart(value, 1) : null;
    asked.set(name, day ?? value);
  }
  return asked;
}

/** The API address for the filters in `search`, after the row that `cursor` names. */
export function apiAddress(search: string, cursor: string | null): string {
  const asked = askedFilters(search);
  asked.set('limit', String(pageSize));
  if (cursor) asked.set('cursor', cursor);
  return `/api/v1/calls?${asked.toString()}`;
}

/** Where all calls of the filters in `search` are to be had as one file. */
export function exportAddress(search: string, format: 'csv' | 'json'): string {
  const asked = askedFilters(search).toString();
  return `/api/v1/calls/export.${format}${asked ? `?${asked}` : ''}`;
}

/** Monday first, as the API counts them. */
export const weekdayNames = [
  'Mondays',
  'Tuesdays',
  'Wednesdays',
  'Thursdays',
  'Fridays',
  'Saturdays',
  'Sundays',
];
const two = (value: string): string => value.padStart(2, '0');

function instantWords(prefix: string, text: string | null): string {
  if (!text || dayStart(text, 0) !== null || Number.isNaN(Date.parse(text))) return '';
  return `${prefix} ${utcTime(text).replace(':00 UTC', ' UTC')}`;
}

/** The filters that are set and have no field of their own, in words. */
export function filterMarks(search: string): { name: FilterName; words: string }[] {
  const query = new URLSearchParams(search);
  const hour = query.get('hour');
  const weekday = weekdayNames[Number(query.get('weekday') ?? 0) - 1];
  const marks: { name: FilterName; words: string }[] = [
    { name: 'from', words: instantWords('From', query.get('from')) },
    { name: 'to', words: instantWords('Before', query.get('to')) },
    { name: 'hour', words: hour ? `Begun ${two(hour)}:00 to ${two(hour)}:59 UTC` : '' },
    { name: 'weekday', words: weekday ? `${weekday} (UTC)` : '' },
  ];
  return marks.filter(({ words }) => words !== '');
}
