import { asProblem, type Problem } from './api';

/** A change that a form or a button asks for: one at a time, with what the bridge says against it. */
export class Order {
  busy = $state(false);
  problem = $state.raw<Problem | null>(null);

  /** True when it was carried out. */
  async run(carryOut: () => Promise<void>): Promise<boolean> {
    if (this.busy) return false;
    this.busy = true;
    this.problem = null;
    try {
      await carryOut();
    } catch (error) {
      this.problem = asProblem(error);
    }
    this.busy = false;
    return this.problem === null;
  }
}
