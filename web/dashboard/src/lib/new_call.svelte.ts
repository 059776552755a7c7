import { asProblem, send, type CallSummary, type Problem } from './api';
import { refusalsOf, type Purpose, type Refusal } from './dial_types';
import { plainNumber } from './e164';

const place = 'tandem.new-call';

/** What survives a reload of the page. */
interface Kept {
  key: string;
  to: string;
  purpose: Purpose | '';
  message: string;
  /** It was sent, and no answer came. */
  isOpen: boolean;
}

/** 128 random bits. crypto.randomUUID is not there on pages without TLS. */
function makeKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function load(): Kept | null {
  try {
    const kept: unknown = JSON.parse(sessionStorage.getItem(place) ?? 'null');
    return typeof kept === 'object' && kept !== null && 'key' in kept ? (kept as Kept) : null;
  } catch {
    return null;
  }
}

function keep(kept: Kept | null): void {
  try {
    if (kept) sessionStorage.setItem(place, JSON.stringify(kept));
    else sessionStorage.removeItem(place);
  } catch {
    // storage is switched off in this browser: a reload then begins a new call
  }
}

/** A call that was sent without an answer, before this page was loaded. */
export const hasOpenCall = (): boolean => load()?.isOpen === true;

/** No decision can have been made about the call: it never reached the gate. */
const neverArrived = (problem: Problem): boolean =>
  problem.status >= 400 && problem.status < 500 && ![408, 409, 425, 429].includes(problem.status);

/** One call that somebody wants placed. Its key goes with every try, so that a double click, a reload and a retry are
 *  one call; a refusal is an answer, and what is asked after it is another call. */
export class NewCall {
  to = $state('');
  purpose = $state<Purpose | ''>('');
  message = $state('');
  busy = $state(false);
  /** Sent, and it is not known what became of it. */
  isOpen = $state(false);
  problem = $state.raw<Problem | null>(null);
  refusals = $state.raw<Refusal[]>([]);

  #key: string;

  constructor() {
    const kept = load();
    this.#key = kept?.key ?? makeKey();
    if (!kept) return;
    this.to = kept.to;
    this.purpose = kept.purpose;
    this.message = kept.message;
    this.isOpen = kept.isOpen;
  }

  /** The id of the call, or null: what is against it stands in problem and refusals. */
  async place(): Promise<string | null> {
    if (this.busy) return null;
    this.busy = this.isOpen = true;
    this.problem = null;
    this.refusals = [];
    this.#keep();
    let id: string | null = null;
    try {
      id = await this.#ask();
      this.#finish();
    } catch (error) {
      this.#take(asProblem(error));
    }
    this.busy = false;
    return id;
  }

  /** What is typed stays, and is another call from now on. */
  startOver(): void {
    this.#finish();
    this.problem = null;
    this.refusals = [];
  }

  /** The form goes. A call without an answer is kept for when it comes back. */
  leave(): void {
    if (!this.isOpen) keep(null);
  }

  async #ask(): Promise<string> {
    const message = this.message.trim();
    const body = {
      to: plainNumber(this.to),
      purpose: this.purpose,
      ...(message ? { message } : {}),
    };
    const headers = { 'Idempotency-Key': this.#key };
    const answer = await send<{ call: CallSummary }>('POST', '/api/v1/calls', body, headers);
    if (!answer) throw new Error('the answer has no call');
    return answer.call.id;
  }

  #take(problem: Problem): void {
    this.problem = problem;
    this.refusals = refusalsOf(problem.body);
    if (neverArrived(problem)) this.#finish();
  }

  /** It was answered. */
  #finish(): void {
    this.isOpen = false;
    this.#key = makeKey();
    keep(null);
  }

  #keep(): void {
    const { to, purpose, message, isOpen } = this;
    keep({ key: this.#key, to, purpose, message, isOpen });
  }
}
