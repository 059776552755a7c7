// What the latency page shows, asked again every two seconds while it can be seen.
import { asProblem, get, type Problem } from './api';
import type { Bottlenecks, LatencyStats } from './latency_types';

export const windows = [
  ['1m', '1 min'],
  ['5m', '5 min'],
  ['15m', '15 min'],
  ['all', 'Since start'],
] as const;

/** What the address asks for; anything else counts as not asked for. */
export function queryOf(search: string): { window: string; provider: string } {
  const query = new URLSearchParams(search);
  const known = windows.some(([word]) => word === query.get('window'));
  return {
    window: known ? (query.get('window') ?? '') : '5m',
    provider: query.get('provider') ?? '',
  };
}

/** The page's own address with another window or provider. */
export function addressWith(search: string, name: string, value: string): string {
  const query = new URLSearchParams(search);
  if (value) query.set(name, value);
  else query.delete(name);
  const text = query.toString();
  return text ? `/latency-monitor?${text}` : '/latency-monitor';
}

export class LatencyMonitor {
  stats = $state.raw<LatencyStats | null>(null);
  bottlenecks = $state.raw<Bottlenecks | null>(null);
  problem = $state.raw<Problem | null>(null);
  updatedAt = $state(0);

  #search = '';
  #abort = new AbortController();
  #busy = false;

  /** Starts over with another question; what is shown stays until the answer comes. */
  open(search: string): void {
    this.#abort.abort();
    this.#abort = new AbortController();
    this.#busy = false;
    const { window, provider } = queryOf(search);
    this.#search = new URLSearchParams(provider ? { window, provider } : { window }).toString();
    void this.refresh();
  }

  close(): void {
    this.#abort.abort();
  }

  async refresh(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    const { signal } = this.#abort;
    try {
      const [stats, bottlenecks] = await Promise.all([
        get<LatencyStats>(`/latency/stats?${this.#search}`, signal),
        get<Bottlenecks>(`/latency/bottlenecks?${this.#search}`, signal),
      ]);
      this.stats = stats;
      this.bottlenecks = bottlenecks;
      this.problem = null;
      this.updatedAt = Date.now();
    } catch (error) {
      if (signal.aborted) return;
      this.problem = asProblem(error);
    }
    this.#busy = false;
  }
}
