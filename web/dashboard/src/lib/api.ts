// The shapes of the HTTP API (web/render.cpp writes them) and the one function that fetches them.
// null stands for "not known".
/** `none`: there was no conversation to judge. */
export type OutcomeLabel =
  'booked' | 'not_booked' | 'unclear' | 'pending' | 'needs_review' | 'failed' | 'none';

export interface CallSummary {
  id: string;
  direction: 'inbound' | 'outbound' | null;
  phone_number: string | null;
  from_number: string | null;
  to_number: string | null;
  status: string;
  start_time: string;
  answered_time: string | null;
  end_time: string | null;
  duration: number | null;
  end_reason: string | null;
  answered_by: string | null;
  provider: string | null;
  outcome: { label: OutcomeLabel; confidence: number | null };
  /** Of a search: the first lines that have its words. */
  hits?: Hit[];
}

/** A line of a call that has words of a search; the parts in order are its text. */
export interface Hit {
  seq: number;
  speaker: 'user' | 'assistant';
  offset_ms: number;
  snippet: { text: string; is_match: boolean }[];
}

export interface CallPage {
  calls: CallSummary[];
  next_cursor: string | null;
  /** Of a search: there are calls whose words are sealed, and are not searched. */
  sealed_not_searched?: boolean;
}

export interface Evidence {
  seq: number;
  quote: string;
}

/** What was agreed, as far as it was said. */
export interface Appointment {
  when_text: string | null;
  date: string | null;
  time: string | null;
  party: number | null;
  service: string | null;
  name: string | null;
  phone: string | null;
  kind: 'new' | 'rescheduled' | 'cancelled' | null;
}

/** A line that speaks to the judge instead of to the other end. */
export interface Suspicion {
  seq: number;
  what: string;
}

export interface AudioAccount {
  caller_frames_in: number;
  caller_frames_sent: number;
  caller_frames_dropped: number;
  silence_frames_sent: number;
  agent_ms_received: number;
  agent_ms_sent: number;
  agent_ms_cut: number;
}

export interface Verdict {
  label: OutcomeLabel;
  state: string | null;
  confidence: number | null;
  reason: string | null;
  evidence: Evidence[];
  appointment: Appointment | null;
  suspicions: Suspicion[];
  model: string | null;
  prompt_version: string | null;
  attempts: number;
  analysed_at: string | null;
}

export interface Call extends Omit<CallSummary, 'outcome' | 'hits'> {
  call_sid: string | null;
  stream_sid: string | null;
  chat_id: string | null;
  chat_group_id: string | null;
  node: string | null;
  purpose: string | null;
  outcome: Verdict;
  total_messages: number | null;
  interruptions: number | null;
  talk_ratio: number | null;
  audio: AudioAccount | null;
  reconciliation: Reconciliation | null;
}

/** With the voice provider's own history. */
export interface Reconciliation {
  result: 'match' | 'filled' | 'extra' | 'unavailable';
  matched: number;
  filled: number;
  late: number;
  extra: number;
  reason: string | null;
  checked_at: string;
}

export interface TranscriptEntry {
  seq: number;
  speaker: 'user' | 'assistant';
  message: string;
  timestamp: string;
  offset_ms: number;
  event_type: string;
  audio_ms: number | null;
  heard_ms: number | null;
  heard_ratio: number | null;
  source: string;
}

export interface Stage {
  name: string;
  us: number;
}

export interface Turn {
  turn: number;
  stages: Stage[];
  unexplained_us: number;
  gap_us: number;
}

export interface Percentiles {
  count: number;
  p50_us: number;
  p95_us: number;
  p99_us: number;
  max_us: number;
}

export interface Latency {
  turns: Turn[];
  uplink_transit: Percentiles | null;
  downlink_transit: Percentiles | null;
}

/** An answer that is not what was asked for: what happened and what to do, in words for a person. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly title: string,
    readonly detail: string,
    /** All that the answer says. */
    readonly body: Record<string, unknown> = {},
  ) {
    super(title);
  }
}

async function problemOf(response: Response): Promise<Problem> {
  const body: unknown = await response.json().catch(() => null);
  const words = typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
  const title = typeof words['title'] === 'string' ? words['title'] : response.statusText;
  const detail = typeof words['detail'] === 'string' ? words['detail'] : '';
  return new Problem(response.status, title || `Answer ${response.status}`, detail, words);
}

const unreachable = new Problem(
  0,
  'The bridge does not answer',
  'This page asks again by itself. If it stays like this, look whether `tandem serve` is running.',
);

/** Who asks, as lib/session knows it: what every change carries, and what happens when the bridge knows nobody. */
export const access = { csrf: null as string | null, onNobody: (): void => {} };

/** The answer, if it is one. */
async function accepted(response: Response): Promise<Response> {
  if (response.ok) return response;
  if (response.status === 401) access.onNobody();
  throw await problemOf(response);
}

/** The answer while it comes, for what is long. Throws Problem, or the abort of `signal`. */
export async function open(
  address: string,
  signal: AbortSignal,
  kind = 'application/json',
): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(address, { signal, headers: { Accept: kind } });
  } catch (error) {
    if (signal.aborted) throw error;
    throw unreachable;
  }
  return accepted(response);
}

/** Throws Problem, or the abort of `signal`. */
export async function get<T>(address: string, signal: AbortSignal): Promise<T> {
  return (await (await open(address, signal)).json()) as T;
}

/** Asks for a change; answers what the server made of it, or null for an answer without a body. Throws Problem. */
export async function send<T>(
  method: 'POST' | 'PUT' | 'DELETE',
  address: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<T | null> {
  const csrf = access.csrf === null ? {} : { 'X-CSRF-Token': access.csrf };
  const options: RequestInit = {
    method,
    headers: { Accept: 'application/json', ...csrf, ...headers },
  };
  if (body !== undefined) {
    options.body = JSON.stringify(body);
    options.headers = { ...options.headers, 'Content-Type': 'application/json' };
  }
  let response: Response;
  try {
    response = await fetch(address, options);
  } catch {
    throw new Problem(0, 'The bridge does not answer', 'Nothing was changed. Try again soon.');
  }
  await accepted(response);
  const text = await response.text();
  return text === '' ? null : (JSON.parse(text) as T);
}

export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  return new Problem(0, 'The answer could not be read', String(error));
}
