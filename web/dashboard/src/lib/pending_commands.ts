// Commands that wait for the bridge's answer, by their id.
import { Problem } from './api';

const patience = 10_000;

const unknown = (why: string): Problem =>
  new Problem(0, why, 'Whether it was done is not known. Look at the call before you do it again.');

interface Waiting {
  settle: (refusal: Problem | null) => void;
  timer: number;
}

export class PendingCommands {
  readonly #waiting = new Map<string, Waiting>();
  #next = 1;

  /** A new id, and what becomes of it: resolves when the bridge accepts it, throws Problem when it does not. */
  add(): { id: string; done: Promise<void> } {
    const id = `c${this.#next}`;
    this.#next += 1;
    const done = new Promise<void>((resolve, reject) => {
      const settle = (refusal: Problem | null): void => (refusal ? reject(refusal) : resolve());
      const timer = window.setTimeout(
        () => this.settle(id, unknown('The bridge did not answer')),
        patience,
      );
      this.#waiting.set(id, { settle, timer });
    });
    return { id, done };
  }

  settle(id: string, refusal: Problem | null): void {
    const waiting = this.#waiting.get(id);
    if (!waiting) return;
    this.#waiting.delete(id);
    window.clearTimeout(waiting.timer);
    waiting.settle(refusal);
  }

  /** The connection is gone, and the answers with it. */
  abandon(): void {
    for (const id of [...this.#waiting.keys()]) this.settle(id, unknown('The connection broke'));
  }
}
