// What the API answers about dialling (web/render_dial.cpp). null stands for "not known", and for the number of an
// erased person.
export interface Refusal {
  code: string;
  meaning: string;
  source: string;
}

export interface Registry {
  state: 'loading' | 'complete';
  data_date: string;
  age_days: number;
  rows: number;
  rows_before: number;
  imported_by: string | null;
  started_at: string;
  finished_at: string | null;
}

export interface Dialling {
  stopped: boolean;
  reason: string | null;
  changed_by: string | null;
  changed_at: string;
  queued: number;
  placing: number;
  running: number;
  /** The carrier's answer was lost; never dialled again. */
  unresolved: number;
  registry: Registry | null;
  hours_reviewed: string;
  /** What refuses every call for telemarketing now. */
  refusals: Refusal[];
}

export interface Numbered {
  id: number;
}

export interface NumberedPage<Entry extends Numbered> {
  entries: Entry[];
  next_cursor: string | null;
}

export interface OwnNumber extends Numbered {
  phone_number: string | null;
  reason: string | null;
  source: string | null;
  call_id: string | null;
  added_by: string | null;
  added_at: string;
}

export type Purpose = 'informational' | 'telemarketing';

export interface Consent extends Numbered {
  phone_number: string | null;
  purpose: string;
  seller: string | null;
  written: boolean;
  wording: string | null;
  channel: string | null;
  evidence_kind: string | null;
  evidence: string | null;
  evidence_sha256: string | null;
  region: string | null;
  captured_at: string;
  revoked_at: string | null;
  recorded_at: string;
}

export interface Decision extends Numbered {
  phone_number: string | null;
  purpose: string;
  allowed: boolean;
  refusals: Refusal[];
  facts: Record<string, unknown>;
  call_id: string | null;
  decided_by: string | null;
  decided_at: string;
}

/** The refusals that an answer brings, or none. */
export function refusalsOf(body: Record<string, unknown>): Refusal[] {
  const listed = body['refusals'];
  return Array.isArray(listed) ? (listed as Refusal[]) : [];
}
