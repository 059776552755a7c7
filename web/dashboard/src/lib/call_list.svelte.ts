import { admin } from './admin_socket.svelte';
import { asProblem, get, type CallPage, type CallSummary, type Problem } from './api';
import { apiAddress } from './filters';

/** The first page merged into what is shown: new rows come in on top, changed rows change, rows that the filters no
 *  longer match go; older rows that "load more" brought stay. Both lists are newest first. */
export function merge(shown: CallSummary[], first: CallPage): CallSummary[] {
  const last = first.calls.at(-1);
  if (!last || first.next_cursor === null) return first.calls;
  const fresh = new Set(first.calls.map((call) => call.id));
  if (!shown.some((call) => fresh.has(call.id))) return first.calls; // long unseen: there is a hole between
  const older = shown.filter((call) => call.start_time <= last.start_time && !fresh.has(call.id));
  return [...first.calls, ...older];
}

/** What the list may show differently after it. */
const telling = new Set(['call_started', 'state_changed', 'call_ended', 'call_analyzed']);
/** The record follows the call by moments: a first look soon, a second one that sees it surely. */
const looks = [250, 1500];

/** Calls `again` soon after each message of the admin socket that changes a row, but not for every one of many.
 *  Answers the function that ends it. */
export function afterNews(again: () => void): () => void {
  let timers: number[] = [];
  const stop = admin.follow(({ type }) => {
    if (!telling.has(type) || timers.length > 0) return;
    timers = looks.map((delay, index) =>
      window.setTimeout(() => {
        if (index === looks.length - 1) timers = [];
        again();
      }, delay),
    );
  });
  return () => {
    stop();
    timers.forEach((timer) => window.clearTimeout(timer));
  };
}

/** The rows of the call list for one set of filters, how far they reach, and what went wrong last. */
export class CallList {
  calls = $state.raw<CallSummary[]>([]);
  cursor = $state<string | null>(null);
  problem = $state.raw<Problem | null>(null);
  loaded = $state(false);
  loadingMore = $state(false);
  /** The search cannot see all calls. */
  leavesOutSealed = $state(false);
  /** When the rows were last known to be true, ms since 1970. */
  updatedAt = $state(0);

  #search = '';
  #abort = new AbortController();
  #busy = false;
  #pages = 0;

  /** Starts over with other filters. */
  open(search: string): void {
    this.#abort.abort();
    this.#abort = new AbortController();
    this.#search = search;
    this.#busy = false;
    this.#pages = 0;
    this.loadingMore = false;
    this.loaded = false;
    void this.refresh();
  }

  close(): void {
    this.#abort.abort();
  }

  async refresh(): Promise<void> {
    if (this.#busy || this.loadingMore) return;
    this.#busy = true;
    await this.#ask(null, (page) => {
      this.calls = this.loaded ? merge(this.calls, page) : page.calls;
      if (this.calls === page.calls) this.#pages = 1;
      if (this.#pages === 1) this.cursor = page.next_cursor;
      this.leavesOutSealed = page.sealed_not_searched ?? false;
      this.loaded = true;
      this.updatedAt = Date.now();
    });
  }

  async more(): Promise<void> {
    if (this.loadingMore || this.cursor === null) return;
    this.loadingMore = true;
    await this.#ask(this.cursor, (page) => {
      const known = new Set(this.calls.map((call) => call.id));
      this.calls = [...this.calls, ...page.calls.filter((call) => !known.has(call.id))];
      this.cursor = page.next_cursor;
      this.#pages += 1;
    });
  }

  async #ask(cursor: string | null, accept: (page: CallPage) => void): Promise<void> {
    const { signal } = this.#abort;
    try {
      const page = await get<CallPage>(apiAddress(this.#search, cursor), signal);
      if (signal.aborted) return;
      accept(page);
      this.problem = null;
    } catch (error) {
      if (signal.aborted) return;
      this.problem = asProblem(error);
    }
    this.#busy = false;
    this.loadingMore = false;
  }
}
