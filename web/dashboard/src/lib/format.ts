// How values look. Times are in the viewer's zone; `utc` gives the text for the hover.
const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const day = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });
const dayWithYear = new Intl.DateTimeFormat(undefined, {
  day: 'numeric',
  month: 'short',
  year: 'numeric',
});
const weekday = new Intl.DateTimeFormat(undefined, {
  weekday: 'short',
  day: 'numeric',
  month: 'long',
  year: 'numeric',
  timeZone: 'UTC',
});
const whole = new Intl.NumberFormat(undefined);

const startOfDay = (date: Date): number =>
  new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();

/** "Today 12:41", "Yesterday 09:12", "3 Nov 12:41", "3 Nov 2025 12:41". */
export function localTime(iso: string, now: Date = new Date()): string {
  const date = new Date(iso);
  const days = Math.round((startOfDay(now) - startOfDay(date)) / 86_400_000);
  const sameYear = date.getFullYear() === now.getFullYear();
  const dated = (sameYear ? day : dayWithYear).format(date);
  const name = days === 0 ? 'Today' : days === 1 ? 'Yesterday' : dated;
  return `${name} ${clock.format(date)}`;
}

/** "2026-11-26" → "Thu 26 November 2026"; what is no such day, as it is. */
export function calendarDay(text: string): string {
  const date = new Date(`${text}T00:00:00Z`);
  return Number.isNaN(date.getTime()) ? text : weekday.format(date);
}

export const utcTime = (iso: string): string =>
  `${new Date(iso).toISOString().slice(0, 19).replace('T', ' ')} UTC`;

/** 65 → "1:05", 3700 → "1:01:40". */
export function duration(seconds: number): string {
  const total = Math.max(0, Math.round(seconds));
  const two = (value: number): string => String(value).padStart(2, '0');
  const minutes = Math.floor(total / 60) % 60;
  const hours = Math.floor(total / 3600);
  if (hours > 0) return `${hours}:${two(minutes)}:${two(total % 60)}`;
  return `${minutes}:${two(total % 60)}`;
}

/** "+15555550100" → "+1 555 555 0100"; anything else as it is. */
export function phone(number: string | null): string {
  if (!number) return 'Unknown number';
  const match = /^\+1(\d{3})(\d{3})(\d{4})$/.exec(number);
  return match ? `+1 ${match[1]} ${match[2]} ${match[3]}` : number;
}

export const count = (value: number): string => whole.format(value);

/** 2 100 000 → "2.1 MB"; nothing is below 0.1. */
export const megabytes = (bytes: number): string =>
  `${Math.max(bytes > 0 ? 0.1 : 0, bytes / 1_000_000).toFixed(1)} MB`;

export const milliseconds = (microseconds: number): string =>
  `${whole.format(Math.round(microseconds / 1000))} ms`;

/** For the small ones: 412 → "0.41 ms". */
export const fineMilliseconds = (microseconds: number): string =>
  microseconds < 10_000 ? `${(microseconds / 1000).toFixed(2)} ms` : milliseconds(microseconds);

export const percent = (ratio: number): string => `${Math.round(ratio * 100)} %`;

/** "not_booked" → "Not booked", "no-answer" → "No answer"; nothing for null. */
export function words(name: string | null): string {
  if (!name) return '';
  const text = name.replace(/[_-]+/g, ' ').trim();
  return text.charAt(0).toUpperCase() + text.slice(1);
}

const providers: Record<string, string> = {
  hume: 'Hume EVI',
  gemini: 'Gemini Live',
  openai: 'OpenAI Realtime',
};

export const providerName = (name: string | null): string => providers[name ?? ''] ?? name ?? '';
