import { asProblem, get } from './api';
import type { Call, Latency, Problem, TranscriptEntry } from './api';
import type { CallEvent } from './live_types';

const terminal = new Set(['completed', 'busy', 'failed', 'no-answer', 'canceled']);

/** One part of the page: what was last known, and what went wrong since. */
export class Part<T> {
  value = $state.raw<T | null>(null);
  problem = $state.raw<Problem | null>(null);

  async ask(address: string, signal: AbortSignal): Promise<void> {
    try {
      const value = await get<T>(address, signal);
      if (signal.aborted) return;
      this.value = value;
      this.problem = null;
    } catch (error) {
      if (!signal.aborted) this.problem = asProblem(error);
    }
  }
}

/** Everything the page of one call shows; asks again while more is to be expected. */
export class CallDetail {
  readonly call = new Part<Call>();
  readonly transcript = new Part<{ entries: TranscriptEntry[] }>();
  readonly latency = new Part<Latency>();
  readonly events = new Part<{ events: CallEvent[] }>();

  readonly #address: string;
  readonly #abort = new AbortController();
  #busy = false;
  #askedAfterEnd = false;

  /** `id` as it stands in the address of the page, still encoded. */
  constructor(id: string) {
    this.#address = `/api/v1/calls/${id}`;
  }

  close(): void {
    this.#abort.abort();
  }

  /** Its address in the API. */
  get address(): string {
    return this.#address;
  }

  /** Asks even when nothing more was to be expected. */
  async refreshAgain(): Promise<void> {
    this.#askedAfterEnd = false;
    await this.refresh();
  }

  /** True while the call runs or its verdict is not there yet. */
  get unfinished(): boolean {
    const call = this.call.value;
    if (!call) return this.call.problem?.status !== 404;
    return !terminal.has(call.status) || call.outcome.label === 'pending';
  }

  async refresh(): Promise<void> {
    if (this.#busy) return;
    if (!this.unfinished && this.#askedAfterEnd && !this.#failed()) return;
    this.#busy = true;
    this.#askedAfterEnd = !this.unfinished; // one more time: the last lines may follow the verdict
    const { signal } = this.#abort;
    await Promise.all([
      this.call.ask(this.#address, signal),
      this.transcript.ask(`${this.#address}/transcript`, signal),
      this.latency.ask(`${this.#address}/latency`, signal),
      this.events.ask(`${this.#address}/events`, signal),
    ]);
    this.#busy = false;
  }

  #failed(): boolean {
    const parts = [this.call, this.transcript, this.latency, this.events];
    return parts.some((part) => part.problem !== null);
  }
}
