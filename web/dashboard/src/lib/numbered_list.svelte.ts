import { asProblem, get, type Problem } from './api';
import type { Numbered, NumberedPage } from './dial_types';

/** A list of the API that is gone through by cursor, newest first. Asks only when it is told to: who reads numbers of
 *  people stands in the audit log. */
export class NumberedList<Entry extends Numbered> {
  entries = $state.raw<Entry[]>([]);
  cursor = $state<string | null>(null);
  problem = $state.raw<Problem | null>(null);
  loaded = $state(false);
  busy = $state(false);

  readonly #address: string;
  readonly #limit: number;
  #abort = new AbortController();
  #filters = '';

  constructor(address: string, limit = 20) {
    this.#address = address;
    this.#limit = limit;
  }

  /** From the newest on. `filters` as they stand in the API's address: "&allowed=false". */
  async open(filters = this.#filters): Promise<void> {
    this.#abort.abort();
    this.#abort = new AbortController();
    this.#filters = filters;
    await this.#ask('', (page) => page.entries);
  }

  async more(): Promise<void> {
    if (this.busy || this.cursor === null) return;
    await this.#ask(`&cursor=${this.cursor}`, (page) => [...this.entries, ...page.entries]);
  }

  close(): void {
    this.#abort.abort();
  }

  async #ask(cursor: string, take: (page: NumberedPage<Entry>) => Entry[]): Promise<void> {
    const { signal } = this.#abort;
    this.busy = true;
    try {
      const address = `${this.#address}?limit=${this.#limit}${this.#filters}${cursor}`;
      const page = await get<NumberedPage<Entry>>(address, signal);
      this.entries = take(page);
      this.cursor = page.next_cursor;
      this.problem = null;
      this.loaded = true;
    } catch (error) {
      if (signal.aborted) return;
      this.problem = asProblem(error);
    }
    this.busy = false;
  }
}
